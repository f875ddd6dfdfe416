"""What a release rests on: versions that agree, notes from the changelog, a README that reads well on PyPI."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(name: str) -> str:
    """The text of one of the project's files."""
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_versions_agree() -> None:
    """While a version is worked on, its heading has no day; after a release the next one is a development version."""
    headings = re.findall(r"^## (.+)$", read("CHANGELOG.md"), flags=re.MULTILINE)
    cited = yaml.safe_load(read("CITATION.cff"))["version"]
    if headings[0] == "[Unreleased]":
        assert re.fullmatch(r"\d+\.\d+\.\d+\.dev0", PROJECT["version"])
        assert headings[1].startswith(f"[{cited}] - ")
    else:
        assert re.fullmatch(rf"\[{re.escape(PROJECT['version'])}\] - (unreleased|\d{{4}}-\d\d-\d\d)", headings[0])
        assert cited == PROJECT["version"]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A copy of what a release is told by, as RELEASING.md wants it on the day of release 1.2.3."""
    for name in ("pyproject.toml", "CITATION.cff", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "release_notes.py", tmp_path / ".ci")
    edit(tmp_path / "pyproject.toml", r'^version = ".*"$', 'version = "1.2.3"')
    edit(tmp_path / "CITATION.cff", r"^(date-released: .*\n)?version: .*$", "date-released: 2026-12-01\nversion: 1.2.3")
    edit(
        tmp_path / "CHANGELOG.md",
        r"^## .*$",
        "## [1.2.3] - 2026-12-01\n\n### Changed\n\n- One thing\n  on two lines.\n",
    )
    edit(tmp_path / "CHANGELOG.md", r"\Z", "\n## [0.0.1] - 2025-01-01\n\n- Something old.\n")
    return tmp_path


def edit(path: Path, pattern: str, new: str) -> None:
    """Replace the first match of a pattern, which must be there."""
    text, count = re.subn(pattern, new, path.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert count == 1, pattern
    path.write_text(text, encoding="utf-8")


def release_notes(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / ".ci" / "release_notes.py"), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_the_notes_of_a_release_are_the_changelog(release: Path) -> None:
    said = release_notes(release, "v1.2.3")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("### Changed\n\n- One thing on two lines.\n")
    assert "Something old" not in said.stdout


@pytest.mark.parametrize(
    ("name", "pattern", "new", "found"),
    [
        ("pyproject.toml", r'^version = ".*"$', 'version = "1.2.2"', "pyproject.toml, version: found '1.2.2'"),
        ("CITATION.cff", r"^version: .*$", "version: 1.2.2", "CITATION.cff, version: found '1.2.2'"),
        ("CITATION.cff", r"^date-.*$", "date-released: 2026-12-02", "CITATION.cff, date-released: found '2026-12-02'"),
        ("CITATION.cff", r"^date-.*\n", "", "CITATION.cff, date-released: found 'nothing'"),
        ("CHANGELOG.md", r"^## .*$", "## [1.2.3] - unreleased", "CHANGELOG.md, first heading: found '[1.2.3] - unrel"),
        ("CHANGELOG.md", r"^## .*$", "## [Unreleased]", "CHANGELOG.md, first heading: found '[Unreleased]'"),
        ("CHANGELOG.md", r"### Changed(.|\n)*(?=\n## \[0)", "", "CHANGELOG.md, under its first heading: found nothing"),
    ],
)
def test_a_release_that_does_not_agree_is_refused(release: Path, name: str, pattern: str, new: str, found: str) -> None:
    edit(release / name, pattern, new)
    said = release_notes(release, "v1.2.3")
    assert (said.returncode, said.stdout) == (1, "")
    assert found in said.stderr
    assert all("expected" in line and "RELEASING.md" in line for line in said.stderr.splitlines())


@pytest.mark.parametrize("words", [(), ("1.2.3",), ("v1.2",), ("v1.2.3rc1",), ("v1.2.3", "v1.2.3")], ids=" ".join)
def test_a_tag_that_is_none_is_refused(release: Path, words: tuple[str, ...]) -> None:
    said = release_notes(release, *words)
    assert (said.returncode, said.stdout) == (1, "")
    assert "expected one tag such as v1.2.3" in said.stderr


def test_on_pypi_the_readme_leads_into_the_repository() -> None:
    from hatchling.metadata.core import ProjectMetadata
    from hatchling.plugin.manager import PluginManager

    text = ProjectMetadata(str(ROOT), PluginManager()).core.readme
    base = f"{PROJECT['urls']['Repository']}/blob/v{PROJECT['version']}/"
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert all("://" in link for link in links)
    inside = [link.removeprefix(base) for link in links if link.startswith(base)]
    assert len(inside) > 20
    assert all((ROOT / link).exists() for link in inside)
    assert re.sub(r"\]\([^)]*\)", "", text) == re.sub(r"\]\([^)]*\)", "", read("README.md")), "only links differ"
