"""Folders that say what must be in them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.core.errors import RoomError
from bench.core.storage.sealing import SEAL, broken, seal, set_aside


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "kept"
    (made / "in").mkdir(parents=True)
    (made / "a").write_bytes(b"one")
    (made / "in" / "b").write_bytes(b"two")
    seal(made)
    return made


def flip(folder: Path) -> None:
    """Same size, and the same time of the last change."""
    status = (folder / "in" / "b").stat()
    (folder / "in" / "b").write_bytes(b"twp")
    os.utime(folder / "in" / "b", ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (flip, "in/b is not what was written"),
        (lambda folder: (folder / "a").unlink(), "no a"),
        (lambda folder: (folder / "c").write_text(""), "files that nobody wrote there: c"),
        (lambda folder: (folder / SEAL).unlink(), "no readable digests.json"),
        (lambda folder: (folder / SEAL).write_text("{"), "no readable digests.json"),
        (lambda folder: ((folder / SEAL).unlink(), os.mkfifo(folder / SEAL)), "no readable digests.json"),
        (lambda folder: (folder / SEAL).write_text("[]"), "files that nobody wrote there: a, in/b"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, spoil: Callable[[Path], object], said: str) -> None:
    assert broken(folder) is None
    assert broken(folder) is None
    spoil(folder)
    assert (broken(folder) or "").startswith(said)


def test_what_is_damaged_is_set_aside(folder: Path, tmp_path: Path) -> None:
    said: list[str] = []
    set_aside(folder, tmp_path / "damaged", "it is wet", said.append)
    assert not folder.exists()
    (away,) = (tmp_path / "damaged").iterdir()
    assert (away / "a").read_bytes() == b"one"
    assert said == [f"{folder}: it is wet; set aside as {away}, and made anew"]
    set_aside(folder, tmp_path / "damaged", "somebody else was first", said.append)
    assert len(said) == 1


def test_what_cannot_be_moved_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RoomError, match=str(tmp_path)):
        set_aside(folder, tmp_path / "file", "it is wet", print)
