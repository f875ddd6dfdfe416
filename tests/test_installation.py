"""What is installed: what the project is built on, at versions that are locked, imported only where it is used."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BUILT_ON = frozenset(
    ("torch", "torchaudio", "librosa", "foolbox", "adversarial-robustness-toolbox", "numpy", "pandas", "tabulate")
)


def required(extra: str | None = None) -> list[Requirement]:
    """What the default installation asks for, or an extra."""
    return list(map(Requirement, PROJECT["dependencies"] if extra is None else PROJECT["optional-dependencies"][extra]))


def test_what_the_project_is_built_on_is_always_installed() -> None:
    always = {canonicalize_name(one.name) for one in required()}
    assert not BUILT_ON - always
    extras = {canonicalize_name(one.name) for extra in PROJECT["optional-dependencies"] for one in required(extra)}
    assert not BUILT_ON & extras


@pytest.mark.parametrize("extra", [None, "dev", "peers"])
def test_what_is_asked_for_is_locked(extra: str | None) -> None:
    pins = dict(
        re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)
    )
    locked = {canonicalize_name(name): version for name, version in pins.items()}
    for one in required(extra):
        version = locked.get(canonicalize_name(one.name))
        assert version is not None, f"requirements.txt: no {one.name}"
        assert one.specifier.contains(version), (
            f"requirements.txt: {one.name}=={version}; pyproject.toml asks for {one}"
        )


@pytest.mark.parametrize("lock", sorted((ROOT / "locks").glob("*.txt")), ids=lambda lock: lock.stem)
def test_locks_with_hashes_have_the_same_versions(lock: Path) -> None:
    """What torch pins by itself, and what one system alone needs, stands in the locks alone."""
    pinned = r"^([\w.-]+)==(\S+)"
    known = dict(re.findall(pinned, (ROOT / "requirements.txt").read_text(encoding="utf-8"), flags=re.MULTILINE))
    entries = re.split(r"\n(?=\w)", lock.read_text(encoding="utf-8").strip())
    found = dict(re.findall(pinned, "\n".join(entries), flags=re.MULTILINE))
    assert len(found) == len(entries)
    assert all("--hash=sha256:" in entry for entry in entries)
    by_torch = re.compile(r"nvidia-.*|cuda-.*|triton|colorama")
    assert {name: version for name, version in found.items() if not by_torch.fullmatch(name)}.items() <= known.items()
    assert {canonicalize_name(one.name) for one in required(None)} <= {canonicalize_name(name) for name in found}


def test_what_is_used_in_places_is_imported_there_alone() -> None:
    """The package, its command line and every component, loaded: none brings in a library to compare with."""
    code = (
        "import pkgutil, sys, bench, bench.cli\n"
        "from importlib.metadata import distribution\n"
        "for one in pkgutil.iter_modules(bench.cli.__path__): __import__(f'bench.cli.{one.name}')\n"
        "entries = [one for one in distribution('serbench').entry_points if one.group.startswith('serbench.')]\n"
        "for one in entries: one.load()\n"
        "print(len(entries), *sorted({'librosa', 'numba', 'foolbox', 'art', 'tabulate'} & set(sys.modules)))\n"
    )
    said = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT)
    assert said.returncode == 0, said.stderr
    count, *imported = said.stdout.split()
    assert int(count) > 50
    assert imported == []
