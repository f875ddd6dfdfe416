"""FAU Aibo: a small copy in the challenge's layout with oddities, every way in which a copy can be bad, and a copy with
the published counts."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bench.core.errors import UsageError
from bench.core.progress import Silent
from bench.core.types import Dataset, Utterance
from bench.data.corpora.fau_aibo import FIVE, FIVE_CLASSES, TWO, TWO_CLASSES, WORD_STATES, WORDS, FauAibo
from bench.data.splits import official
from bench.data.tasks import task_named, usable
from bench.testing import check_component, check_dataset

NAMES = ["Mont_01_000_00", "Mont_25_001_00", "Ohm_01_000_00", "Ohm_01_000_01", "Ohm_32_117_02"]
FIVE_TEXT = "Mont_01_000_00 N 1\nMont_25_001_00 R 0.5\nOhm_01_000_00 A 0.6\nOhm_01_000_01 P 0.8\nOhm_32_117_02 E 0.7\n"
TWO_TEXT = "Mont_01_000_00 IDL 1\nMont_25_001_00 IDL 0.5\nOhm_01_000_00 NEG 0.9\nOhm_32_117_02 NEG 0.7\n"
WORDS_TEXT = (
    "Ohm_01_000_00_00 Aibo T T A N X\n"
    "Ohm_01_000_00_01 stopp T R T N E\n"
    "Ohm_01_000_01_00 gut M M J N N\n"
    "Ohm_01_000_01_01 so X M N X X\n"
    "Ohm_32_117_02_00 X X X X X\n"
    "Ohm_31_000_00_00 geh N N N N N\n"
)
SAID = (
    b"Ohm_01_000_00 Aibo stopp\r\nOhm_01_000_01 gut so l\xe4uft\r\n"
    b"# a remark\r\nOhm_01_000_02 nein\r\nMont_01_000_00\r\n"
)

# The challenge's paper, Tables 1 and 2: chunks of the training and the test part.
COUNTS_FIVE = {"A": (881, 611), "E": (2_093, 1_508), "N": (5_590, 5_377), "P": (674, 215), "R": (721, 546)}
COUNTS_TWO = {"NEG": (3_358, 2_465), "IDL": (6_601, 5_792)}


def label_file(root: Path, name: str) -> Path:
    return root / "labels" / "IS2009EmotionChallenge" / name


@pytest.fixture
def root(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    root = tmp_path / "IS2009EmotionChallenge"
    for folder in ("wav", "labels/IS2009EmotionChallenge", "labels/CEICES", "transliteration", "segmentation"):
        (root / folder).mkdir(parents=True)
    for index, name in enumerate(NAMES):
        sound(root / "wav" / f"{name}.wav", 200.0 + 30 * index)
    label_file(root, FIVE).write_bytes(FIVE_TEXT.replace("\n", "\r\n").encode("utf-8-sig"))
    label_file(root, TWO).write_text(TWO_TEXT)
    (root / "labels" / WORDS).write_text(WORDS_TEXT)
    (root / "transliteration" / "transliteration.txt").write_bytes(SAID)
    strays(
        root / "wav" / "._Ohm_01_000_00.wav",
        root / "wav" / ".DS_Store",
        root / "wav" / "filelist.txt",
        label_file(root, f"._{FIVE}"),
        root / "labels" / "CEICES" / "chunk_labels_4cl_aibo_chunk_set.txt",
        root / "segmentation" / "segmentation.txt",
    )
    return root


def read(root: Path | None, **options: Any) -> Dataset:
    return FauAibo(root, **options).read(Silent())


def by_id(root: Path, **options: Any) -> dict[str, Utterance]:
    return {utterance.id: utterance for utterance in read(root, **options).utterances}


def test_utterances_have_the_rate_of_their_files(root: Path, rates_read: Callable) -> None:
    assert rates_read(FauAibo(root), root) == {8_000}


def test_it_conforms(root: Path) -> None:
    check_component(FauAibo())
    check_dataset(read(root))


def test_order_speakers_and_parts(root: Path) -> None:
    data = read(root)
    assert data.name == "fau_aibo"
    assert [one.id for one in data.utterances] == NAMES
    assert [one.speaker for one in data.utterances] == ["Mont_01", "Mont_25", "Ohm_01", "Ohm_01", "Ohm_32"]
    assert [one.session for one in data.utterances] == ["Mont", "Mont", "Ohm", "Ohm", "Ohm"]
    assert [one.metadata["official_part"] for one in data.utterances] == ["test", "test", "train", "train", "train"]


def test_everything_that_is_said_of_a_chunk(root: Path) -> None:
    angry = by_id(root)["Ohm_01_000_00"]
    assert (angry.emotion, angry.transcript, angry.waveform.shape) == ("anger", "Aibo stopp", (1_600,))
    assert (angry.activation, angry.valence, angry.words) == (None, None, None)
    assert dict(angry.metadata) == {
        "official_part": "train",
        "turn": "000",
        "chunk": "00",
        "label_5": "A",
        "confidence_5": "0.6",
        "label_2": "NEG",
        "confidence_2": "0.9",
    }


def test_the_three_sets_of_labels(root: Path) -> None:
    emotions = {
        labels: [one.emotion for one in read(root, labels=labels).utterances]
        for labels in ("five_classes", "two_classes", "words")
    }
    assert emotions == {
        "five_classes": ["neutral", "rest", "anger", "positive", "emphatic"],
        "two_classes": ["idle", "idle", "negative", None, "negative"],
        "words": [None, None, "touchy", None, None],
    }
    assert len({read(root, labels=labels).fingerprint for labels in emotions}) == 3


def test_marks_of_words_are_counted_and_a_tie_decides_nothing(root: Path) -> None:
    found = by_id(root, labels="words")
    assert found["Ohm_01_000_00"].metadata["word_marks"] == "T 4, N 2, A 1, E 1, R 1"
    assert found["Ohm_01_000_01"].metadata["word_marks"] == "M 3, N 3, J 1"
    assert "word_marks" not in found["Ohm_32_117_02"].metadata, "five times X is no mark"
    assert "label_5" in found["Ohm_01_000_01"].metadata
    expected = read(root, labels="words").fingerprint
    (root / "labels" / WORDS).write_text(WORDS_TEXT + WORDS_TEXT)
    assert read(root, labels="words").fingerprint == expected


def test_transcripts_are_optional_and_in_any_usual_encoding(root: Path, refusal: Callable) -> None:
    said = [one.transcript for one in read(root).utterances]
    assert said == [None, None, "Aibo stopp", "gut so läuft", None]
    file = root / "transliteration" / "transliteration.txt"
    file.write_text("Ohm_01_000_01 gut so läuft\n", encoding="utf-8")
    assert by_id(root)["Ohm_01_000_01"].transcript == "gut so läuft"
    file.write_bytes(SAID + b"Ohm_01_000_00 Aibo geh\n")
    assert f"{file}, line 6: found a second text for Ohm_01_000_00" in refusal(FauAibo(root))
    shutil.rmtree(root / "transliteration")
    assert {one.transcript for one in read(root).utterances} == {None}


def test_labels_may_lie_higher_and_the_root_too(root: Path, tmp_path: Path) -> None:
    expected = read(root).fingerprint
    assert read(tmp_path).fingerprint == expected, "the folder above"
    label_file(root, FIVE).rename(root / "labels" / FIVE)
    label_file(root, TWO).rename(root / TWO)
    assert read(root).fingerprint == expected


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


def test_the_fingerprint_follows_sounds_and_annotations_alone(root: Path, sound: Callable) -> None:
    found = [read(root).fingerprint]
    (root / "labels" / "notes.txt").write_text("mine")
    assert [read(root).fingerprint] == found
    label_file(root, FIVE).write_text(FIVE_TEXT.replace("A 0.6", "A 0.7"))
    found.append(read(root).fingerprint)
    label_file(root, FIVE).write_text(FIVE_TEXT.replace("A 0.6", "E 0.6"))
    found.append(read(root).fingerprint)
    sound(root / "wav" / "Ohm_01_000_00.wav", 444.0)
    found.append(read(root).fingerprint)
    assert len(set(found)) == 4


def test_the_tables_of_states() -> None:
    assert len(WORD_STATES) - 1 == 11
    assert set(FIVE_CLASSES) == set(COUNTS_FIVE)
    assert set(TWO_CLASSES) == set(COUNTS_TWO)
    binary = task_named("valence2")
    valence = {
        state: binary.label_of(Utterance("", None, "", emotion=state))
        for state in {*WORD_STATES.values(), *FIVE_CLASSES.values()}
    }
    negative = {state for state, label in valence.items() if label == "negative"}
    positive = {state for state, label in valence.items() if label == "positive"}
    assert negative == {"anger", "emphatic", "reprimanding", "touchy"}
    assert positive == {"joyful", "motherese", "neutral", "positive"}


def test_the_published_counts(tmp_path: Path, sound: Callable) -> None:
    root = tmp_path / "aibo"
    (root / "wav").mkdir(parents=True)
    label_file(root, FIVE).parent.mkdir(parents=True)
    sound(tmp_path / "tone.wav")
    lines: dict[str, list[str]] = {FIVE: [], TWO: []}
    for part, (school, speakers) in enumerate((("Ohm", 26), ("Mont", 25))):
        numbers = count()
        two = [label for label, counts in COUNTS_TWO.items() for _ in range(counts[part])]
        for label, counts in COUNTS_FIVE.items():
            for _ in range(counts[part]):
                number = next(numbers)
                name = f"{school}_{1 + number % speakers:02d}_{number // speakers:03d}_00"
                (root / "wav" / f"{name}.wav").hardlink_to(tmp_path / "tone.wav")
                lines[FIVE].append(f"{name} {label} 1.0\n")
                lines[TWO].append(f"{name} {two[number]} 1.0\n")
    for name, text in lines.items():
        label_file(root, name).write_text("".join(text))
    data = read(root)
    assert len(data.utterances) == 18_216
    assert len({one.speaker for one in data.utterances}) == 51
    parts = ("train", "test")
    five = Counter((one.emotion, one.metadata["official_part"]) for one in data.utterances)
    assert {code: tuple(five[FIVE_CLASSES[code], part] for part in parts) for code in COUNTS_FIVE} == COUNTS_FIVE
    two = Counter((one.metadata["label_2"], one.metadata["official_part"]) for one in data.utterances)
    assert {code: tuple(two[code, part] for part in parts) for code in COUNTS_TWO} == COUNTS_TWO
    valence = task_named("valence2")
    kept = Counter(valence.label_of(one) for one in usable(data.utterances, valence, data.name))
    assert kept == {"negative": 1_492 + 3_601, "positive": 10_967 + 889}
    split = official(data.utterances, data.name)
    assert (len(split.train) + len(split.valid), len(split.test)) == (9_959, 8_257)
    assert {one.session for one in split.train + split.valid} == {"Ohm"}
