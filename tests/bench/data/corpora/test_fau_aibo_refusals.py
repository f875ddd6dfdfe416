"""FAU Aibo: copies that lack something, and every way in which one can be bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.data.corpora.fau_aibo import FIVE, TWO, WORDS, FauAibo
from tests.bench.data.corpora.fau_aibo_files import FIVE_TEXT, WORDS_TEXT, by_id, label_file, made_root, read


@pytest.fixture
def root(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    return made_root(tmp_path, sound, strays)


def test_the_other_labels_are_optional(root: Path, refusal: Callable) -> None:
    label_file(root, TWO).unlink()
    (root / "labels" / WORDS).unlink()
    assert "label_2" not in by_id(root)["Ohm_01_000_00"].metadata
    message = refusal(FauAibo(root, labels="two_classes"))
    assert f"{label_file(root, TWO)}: found no such file" in message
    assert "five_classes" in message
    assert f"{label_file(root, WORDS)}: found no such file" in refusal(FauAibo(root, labels="words"))


def test_the_needed_labels_are_asked_for(root: Path, refusal: Callable) -> None:
    label_file(root, FIVE).unlink()
    assert f"{label_file(root, FIVE)}: found no such file; expected the labels of the chunks" in refusal(FauAibo(root))
    assert by_id(root, labels="two_classes")["Ohm_01_000_00"].emotion == "negative"


def test_a_sound_without_a_label_has_none(root: Path, sound: Callable) -> None:
    sound(root / "wav" / "Ohm_02_000_00.wav")
    extra = by_id(root)["Ohm_02_000_00"]
    assert extra.emotion is None
    assert dict(extra.metadata) == {"official_part": "train", "turn": "000", "chunk": "00"}


def test_a_label_without_its_sound_names_both(root: Path, refusal: Callable) -> None:
    (root / "wav" / "Mont_25_001_00.wav").unlink()
    message = refusal(FauAibo(root))
    assert f"{label_file(root, FIVE)}, line 2: found Mont_25_001_00, which has no sound" in message
    assert str(root / "wav" / "Mont_25_001_00.wav") in message


def test_a_line_may_stand_there_twice_but_say_one_thing(root: Path, refusal: Callable) -> None:
    expected = read(root).fingerprint
    label_file(root, FIVE).write_text(FIVE_TEXT + "\n" + FIVE_TEXT)
    assert read(root).fingerprint == expected
    label_file(root, FIVE).write_text(FIVE_TEXT + "Ohm_01_000_00 E 0.6\n")
    assert "line 6: found a second label for Ohm_01_000_00" in refusal(FauAibo(root))


@pytest.mark.parametrize(
    "line",
    [
        "Ohm_01_000_00 Q 0.6",
        "Ohm_01_000_00 A",
        "Ohm_01_000_00 A 1.6",
        "Ohm_01_000_00 A nan",
        "Ohm_01_000 A 1",
        "A",
        "a b c",
    ],
)
def test_a_broken_label_is_named_with_its_line(root: Path, line: str, refusal: Callable) -> None:
    label_file(root, FIVE).write_text(FIVE_TEXT.replace("Ohm_01_000_00 A 0.6", line))
    message = refusal(FauAibo(root))
    assert f"{label_file(root, FIVE)}, line 3: found {line!r}" in message
    assert "label (A, E, N, P, R)" in message


@pytest.mark.parametrize(
    "line", ["Ohm_01_000_00 N N N N N", "Ohm_01_000_00_00 N N N N", "Ohm_01_000_00_00 so N N N N Z"]
)
def test_a_broken_word_is_named_with_its_line(root: Path, line: str, refusal: Callable) -> None:
    (root / "labels" / WORDS).write_text(WORDS_TEXT + line)
    assert f"{root / 'labels' / WORDS}, line 7: found {line!r}" in refusal(FauAibo(root, labels="words"))
    read(root)  # the other labels do not need it


def test_a_word_that_is_marked_twice_in_two_ways(root: Path, refusal: Callable) -> None:
    (root / "labels" / WORDS).write_text(WORDS_TEXT + WORDS_TEXT.replace("T T A", "T A A"))
    assert "line 7: found the word Ohm_01_000_00_00 a second time" in refusal(FauAibo(root, labels="words"))


@pytest.mark.parametrize("stem", ["speech", "Ohm_1_000_00", "Berlin_01_000_00", "Ohm_01_000", "Ohm_01_000_00_00"])
def test_a_name_that_is_not_of_the_corpus(root: Path, stem: str, sound: Callable, refusal: Callable) -> None:
    sound(root / "wav" / f"{stem}.wav")
    assert f"{stem}.wav: found a name that is not of FAU Aibo" in refusal(FauAibo(root))


def test_two_sounds_of_one_chunk(root: Path, sound: Callable, refusal: Callable) -> None:
    sound(root / "wav" / "Ohm_01_000_00.flac")
    assert "a second file of the chunk Ohm_01_000_00, beside Ohm_01_000_00.flac" in refusal(FauAibo(root))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound" * 20])
def test_a_bad_sound_file_is_named(root: Path, content: bytes, refusal: Callable) -> None:
    (root / "wav" / "Ohm_01_000_00.wav").write_bytes(content)
    assert "Ohm_01_000_00.wav" in refusal(FauAibo(root))


def test_folders_that_hold_no_corpus(root: Path, refused_roots: Callable) -> None:
    refused_roots(FauAibo, "wav")
    with pytest.raises(UsageError, match="--corpus-root"):
        read(None)
    with pytest.raises(UsageError, match="five_classes, two_classes or words"):
        read(root, labels="eleven")
