"""What the folder banks share: which files count, and that banks can stand side by side."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.core.errors import DataError, UsageError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Silent
from bench.data.noises.audioset import AudioSet
from bench.data.noises.esc50 import Esc50
from bench.data.noises.files import Recording, given_root, read_clips, sounds_below
from bench.data.noises.folder import Folder


def recordings(root: Path, sound: Callable) -> list[Recording]:
    found = []
    for number, source in enumerate(("one", "two")):
        file = root / f"{source}.wav"
        sound(file, hertz=300 + number)
        found.append(Recording(file, source, "natural", source, "rain"))
    return found


def test_hidden_files_and_what_archivers_leave_are_no_sounds(tmp_path: Path, sound: Callable, litter: Callable) -> None:
    for name in ("b/2.wav", "a/deep/1.FLAC", "c.ogg"):
        sound(tmp_path / name, seconds=0.3)
    litter(tmp_path)
    litter(tmp_path / "b")
    assert [path.relative_to(tmp_path).as_posix() for path in sounds_below(tmp_path)] == [
        "a/deep/1.FLAC",
        "b/2.wav",
        "c.ogg",
    ]


def test_the_fingerprint_follows_everything_that_is_known_of_a_sound(tmp_path: Path, sound: Callable) -> None:
    first, second = recordings(tmp_path, sound)

    def fingerprint(*found: Recording, bank: str = "some") -> str:
        return read_clips(bank, found, Silent(), halves=False).fingerprint

    known = {fingerprint(first, second), fingerprint(second, first), fingerprint(first), fingerprint(first, bank="b")}
    for change in ({"id": "x"}, {"category": "x"}, {"source": "x"}, {"label": "x"}, {"file": second.file}):
        known.add(fingerprint(replace(first, **change), second))
    assert len(known) == 9
    sound(first.file, hertz=301.5)
    known.add(fingerprint(first, second))
    assert len(known) == 10


def test_a_root_that_is_a_file_or_not_given(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="noise bank 'some': found no folder; expected your copy of Some, with a/"):
        given_root("some", "Some", None, "with a/")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="a file, not a folder"):
        given_root("some", "Some", tmp_path / "file", "with a/")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions differ")
def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o000)
    try:
        if next((tmp_path / "locked").iterdir(), None) is None:
            pytest.skip("this user may read everything")
    except PermissionError:
        with pytest.raises(DataError, match="locked"):
            sounds_below(tmp_path)
    finally:
        (tmp_path / "locked").chmod(0o700)


def test_banks_can_stand_side_by_side(tmp_path: Path, sound: Callable) -> None:
    """The same files read by three banks: with the bank's name before them, ids and sources are of that bank alone."""
    for name in ("001 - Dog bark", "004 - Baby cry"):
        for number in range(2):
            sound(tmp_path / name / f"1-10{number}-A.wav", hertz=300 + number)
    banks = [bank.read(Silent()) for bank in (Esc50(tmp_path), Folder(tmp_path), AudioSet(tmp_path))]
    clips = [
        replace(clip, id=f"{bank.name}/{clip.id}", source=f"{bank.name}/{clip.source}")
        for bank in banks
        for clip in bank.clips
    ]
    assert len({clip.id for clip in clips}) == len(clips) == 12
    joined = NoiseSet("joined", tuple(clips), "")
    train, test = joined.part("train"), joined.part("test")
    assert not {clip.source for clip in train.clips} & {clip.source for clip in test.clips}
