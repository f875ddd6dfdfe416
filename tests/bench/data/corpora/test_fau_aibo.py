"""FAU Aibo: a small copy in the challenge's layout with oddities, every way in which a copy can be bad, and a copy with
the published counts."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from bench.core.types import Utterance
from bench.data.corpora.fau_aibo import FIVE, FIVE_CLASSES, TWO, TWO_CLASSES, WORD_STATES, WORDS, FauAibo
from bench.data.splits import official
from bench.data.tasks import task_named, usable
from bench.testing import check_component, check_dataset
from tests.bench.data.corpora.fau_aibo_files import (
    FIVE_TEXT,
    NAMES,
    SAID,
    WORDS_TEXT,
    by_id,
    label_file,
    made_root,
    read,
)

# The challenge's paper, Tables 1 and 2: chunks of the training and the test part.
COUNTS_FIVE = {"A": (881, 611), "E": (2_093, 1_508), "N": (5_590, 5_377), "P": (674, 215), "R": (721, 546)}
COUNTS_TWO = {"NEG": (3_358, 2_465), "IDL": (6_601, 5_792)}


@pytest.fixture
def root(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    return made_root(tmp_path, sound, strays)


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
