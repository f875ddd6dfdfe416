"""A folder or file of the user's that hides a package of serbench's is named, with what it hides."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from bench.core.code.shadowing import PACKAGES, refuse_shadow
from bench.core.errors import UsageError

ROOT = Path(__file__).parents[4]
SCRIPT = "import bench\nbench.run(victim='cnn_gru', attack='boundary', k=1)\n"


def said_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What Python says in a folder."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, check=False, capture_output=True, text=True, env=environment, timeout=300
    )


@pytest.fixture(params=["folder", "file"])
def hidden(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Path]:
    """Hides a package by a folder or a file of its name."""

    def make(package: str) -> Path:
        if request.param == "file":
            (tmp_path / f"{package}.py").write_text("raise SystemExit('their code was run')\n")
            return tmp_path / f"{package}.py"
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise SystemExit('their code was run')\n")
        return tmp_path / package

    return make


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("attacks", ["list"]),
        ("victims", ["list", "victims", "--json"]),
        ("defenses", ["run", "--victim=cnn_gru", "--attack=fade_in", "--defense=multi_condition"]),
        ("attacks", ["run", "--victim=cnn_gru", "--attack=boundary"]),
    ],
)
def test_commands_name_the_clash(hidden: Callable[[str], Path], tmp_path: Path, package: str, words: list[str]) -> None:
    theirs = hidden(package)
    said = said_in(tmp_path, "-m", "bench", *words)
    assert said.returncode == 2
    assert said.stdout == ""
    assert said.stderr.startswith(f"bench: serbench's package {package!r}: found the "), said.stderr
    assert said.stderr.count("\n") == 1
    assert str(theirs) in said.stderr
    assert f"expected the one in {ROOT}; rename that" in said.stderr


def test_a_command_that_makes_boards_names_the_clash(
    hidden: Callable[[str], Path], tmp_path: Path, finished_run: tuple[Path, object]
) -> None:
    theirs = hidden("leaderboards")
    if theirs.is_dir():
        (theirs / "__init__.py").write_text("")
    else:
        theirs.write_text("")
    said = said_in(tmp_path, "-m", "bench", "leaderboard", str(finished_run[0]), "--out", "board")
    assert said.returncode == 2, said.stderr
    assert str(theirs) in said.stderr
    assert said.stderr.count("\n") == 1


def test_a_script_is_told(hidden: Callable[[str], Path], tmp_path: Path) -> None:
    theirs = hidden("attacks")
    (tmp_path / "go.py").write_text(SCRIPT)
    said = said_in(tmp_path, "go.py")
    assert said.returncode == 1
    last = said.stderr.strip().splitlines()[-1]
    assert last.startswith("bench.core.errors.UsageError: serbench's package 'attacks': found the ")
    assert str(theirs) in last


def test_a_folder_without_init_hides_nothing(tmp_path: Path) -> None:
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "mine.py").write_text("")
    said = said_in(tmp_path, "-m", "bench", "list", "attacks")
    assert said.returncode == 0, said.stderr
    assert "Label-only search" in said.stdout


def test_one_that_is_imported_already(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    theirs = ModuleType("attacks")
    monkeypatch.setitem(sys.modules, "attacks", theirs)
    refuse_shadow("attacks.boundary")  # made by hand, from nowhere: whatever it has, it has
    theirs.__spec__ = importlib_spec(tmp_path / "attacks.py")
    with pytest.raises(UsageError, match=r"attacks\.py, which Python imports in its place"):
        refuse_shadow("attacks.boundary")


def importlib_spec(file: Path) -> object:
    from importlib.util import spec_from_file_location

    file.write_text("")
    return spec_from_file_location("attacks", file)


def test_other_packages_are_their_own_business() -> None:
    refuse_shadow("serbench_plugin_1")
    refuse_shadow("nowhere_at_all.deep")
    for package in PACKAGES:
        refuse_shadow(package)
