"""A Python file of the user's is run as a module of its own: one way for plug-ins and for models."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bench.contracts.registry import Registry
from bench.core.code.userfile import load_file
from bench.core.errors import UsageError
from bench.testing import sample_context
from victims.python import Python

BOTH = """
from victims.python import Python

class Mine(Python):
    pass

def predict(waveforms, rate):
    return ["sad"] * len(waveforms)

COMPONENTS = {"victims": {"mine": Mine}}
"""


def test_two_files_of_one_name_are_two_modules(tmp_path: Path) -> None:
    made = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.py").write_text(f"WHICH = {folder!r}\n")
        made.append(load_file(tmp_path / folder / "same.py", "test", "test"))
    assert [module.WHICH for module in made] == ["a", "b"]
    assert len({module.__name__ for module in made}) == 2
    assert all(sys.modules[module.__name__] is module for module in made)


def test_a_folder_whose_name_is_no_text(tmp_path: Path) -> None:
    """An old disk has umlauts of another encoding."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller"))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system has names of text alone")
    (folder / "mine.py").write_text("WHICH = 1\n")
    assert load_file(folder / "mine.py", "test", "test").WHICH == 1


def test_one_file_may_serve_as_plug_in_and_as_model(tmp_path: Path) -> None:
    """Loading the model leaves the plug-in's classes what they were."""
    file = tmp_path / "both.py"
    file.write_text(BOTH)
    registry = Registry.discover([file])
    before = registry.build("victims", f"mine:{file}:predict")
    Python(f"{file}:predict").loaded(sample_context())
    assert registry.build("victims", f"mine:{file}:predict") == before


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, r"test mine.py: found no Python file '.*mine.py'; expected a .py file; check the path"),
        ("1 / 0", "test mine.py: found ZeroDivisionError: division by zero; expected a file that runs"),
        ("raise SystemExit('no')", "test mine.py: found SystemExit: no"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_stays_behind(tmp_path: Path, text: str | None, found: str) -> None:
    if text is not None:
        (tmp_path / "mine.py").write_text(text)
    with pytest.raises(UsageError, match=found):
        load_file(tmp_path / "mine.py", "test mine.py", "gone")
    assert not [name for name in sys.modules if name.startswith("serbench_gone_")]
