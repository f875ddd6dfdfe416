"""A user's file finds what `python FILE` would give it, and leaves nothing behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import attacks
from bench.core.code.surroundings import files_beside, surroundings_of
from bench.core.code.userfile import load_file
from bench.core.errors import UsageError

MODEL = """
import argparse, os, sys
from utils import NAME
from attacks import MINE

parser = argparse.ArgumentParser()
parser.add_argument("--checkpoint", default="x.pt")
CHECKPOINT = parser.parse_args().checkpoint
os.chdir(os.path.dirname(os.path.abspath(__file__)))
sys.path.append("/somewhere/else")
print("loading ...")

def late():
    import more
    with open("weights.txt") as weights:
        return weights.read(), more.NAME, sys.path[-1]
"""


def repository(folder: Path, name: str) -> Path:
    folder.mkdir()
    (folder / "model.py").write_text(MODEL)
    (folder / "utils.py").write_text(f"import more\nNAME = {name!r}\n")
    (folder / "more.py").write_text(f"NAME = {name!r}\n")
    (folder / "attacks").mkdir()
    (folder / "attacks" / "__init__.py").write_text("from attacks.inner import MINE\n")
    (folder / "attacks" / "inner.py").write_text(f"MINE = 'mine of {name}'\n")
    (folder / "weights.txt").write_text(f"weights of {name}")
    return folder / "model.py"


def test_each_of_two_repositories_finds_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (Path.cwd(), sys.path[:], sys.argv[:])
    loaded = {}
    for name in ("one", "two"):
        file = repository(tmp_path / name, name)
        loaded[name] = (file, load_file(file, str(file), "test", as_script=True))
    for name, (file, module) in loaded.items():
        assert (name, f"mine of {name}", "x.pt") == (module.NAME, module.MINE, module.CHECKPOINT)
        with surroundings_of(file).entered():
            assert module.late() == (f"weights of {name}", name, "/somewhere/else")
    assert (Path.cwd(), sys.path, sys.argv) == before
    assert not {"utils", "more", "attacks.inner"} & set(sys.modules)
    assert sys.modules["attacks"] is attacks
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "loading ...\nloading ...\n")


def test_what_fails_leaves_nothing_either(tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text("import os, sys\nos.chdir('/')\nsys.path.clear()\nsys.exit(3)\n")
    before = (Path.cwd(), sys.path[:])
    with pytest.raises(UsageError, match="SystemExit: 3"):
        load_file(file, str(file), "test", as_script=True)
    assert (Path.cwd(), sys.path) == before


def test_a_folder_that_is_gone_is_named_by_what_is_called(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    file = tmp_path / "model.py"
    file.write_text(f"import os\nos.chdir({str(tmp_path / 'gone')!r})\n")
    load_file(file, str(file), "test", as_script=True)
    (tmp_path / "gone").rmdir()
    before = Path.cwd()
    with pytest.raises(FileNotFoundError, match="gone"), surroundings_of(file).entered():
        pass
    assert Path.cwd() == before
    assert sys.modules["attacks"] is attacks


def test_what_is_imported_from_its_folder(tmp_path: Path) -> None:
    file = repository(tmp_path / "one", "one")
    (file.parent / "random.py").write_text("import utils\n")  # the standard library has that name
    (file.parent / "unused.py").write_text("")
    names = [str(one.relative_to(file.parent)) for one in files_beside(file)]
    assert names == ["attacks/__init__.py", "attacks/inner.py", "more.py", "utils.py"]
    (file.parent / "utils.py").write_text("def (")
    (file.parent / "more.py").unlink()
    assert [one.name for one in files_beside(file)] == ["__init__.py", "inner.py", "utils.py"]
    assert files_beside(tmp_path / "none.py") == []
