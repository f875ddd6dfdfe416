"""IEMOCAP: a small copy in the published layout with the real one's oddities, every way in which a copy can be bad, and
a copy with the published counts."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from itertools import count
from pathlib import Path

import pytest

from bench.core.types import Phone, Word
from bench.data.corpora.iemocap import EMOTIONS, Iemocap
from bench.data.splits import split_named
from bench.data.tasks import served, task_named, usable
from tests.bench.data.corpora.iemocap_files import (
    DIALOGS,
    HEAD,
    by_id,
    change,
    evaluation,
    made_release,
    put,
    read,
    turn,
    wav,
)

# P3, Table 1: the labels of the utterances of sessions 1 to 5.
TABLE_1 = {
    "neu": (384, 362, 320, 258, 384),
    "xxx": (415, 436, 572, 564, 520),
    "fru": (280, 325, 382, 481, 381),
    "ang": (229, 137, 240, 327, 170),
    "sad": (194, 197, 305, 143, 245),
    "hap": (135, 117, 135, 65, 143),
    "exc": (143, 210, 151, 238, 299),
    "sur": (25, 17, 28, 19, 18),
    "oth": (1, 1, 0, 1, 0),
    "fea": (12, 9, 2, 7, 10),
    "dis": (1, 0, 1, 0, 0),
}


# P3, Table 2: the same after filtering.
TABLE_2 = {
    "frustration": (280, 325, 382, 481, 381),
    "anger": (229, 137, 240, 327, 170),
    "sadness": (194, 197, 305, 143, 245),
    "happiness": (278, 327, 286, 303, 442),
}


@pytest.fixture
def release(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    """Session 1 with a rich dialogue and a scripted one, four sessions with two dialogues of one turn each."""
    return made_release(tmp_path, sound, strays)


def test_utterances_have_the_rate_of_their_files(release: Path, rates_read: Callable) -> None:
    assert rates_read(Iemocap(release), release) == {8_000}


def test_order_speakers_sessions(release: Path) -> None:
    data = read(release)
    assert data.name == "iemocap"
    first = ["Ses01F_impro01_F000", "Ses01F_impro01_M000", "Ses01M_script01_1b_F003"]
    assert [one.id for one in data.utterances] == first + sorted(f"{dialog}_M001" for dialog in DIALOGS)
    assert [one.speaker for one in data.utterances[:3]] == ["Ses01F", "Ses01M", "Ses01F"]
    assert {one.session for one in data.utterances} == {f"Ses0{session}" for session in range(1, 6)}
    assert [one.metadata["style"] for one in data.utterances[:3]] == ["improvised", "improvised", "scripted"]
    assert [one.metadata["gender"] for one in data.utterances[:3]] == ["female", "male", "female"]


def test_everything_that_is_said_of_an_utterance(release: Path) -> None:
    neutral = by_id(release)["Ses01F_impro01_F000"]
    assert (neutral.emotion, neutral.valence, neutral.activation) == ("neutral", 2.5, 3.5)
    assert neutral.transcript == "Excuse me, naïve… café."
    assert dict(neutral.metadata) == {
        "gender": "female",
        "style": "improvised",
        "dialog": "Ses01F_impro01",
        "label": "neu",
        "dominance": "1.5",
        "C-E2": "Neutral",
        "C-E3": "Neutral; Frustration",
        "C-F1": "Neutral; (curious)",
        "A-E3": "val 3; act 2; dom 2",
        "A-E4": "val 2; act 3; dom ; (mildly aggravated but staying polite) / val 3; act 3; dom 1",
    }


def test_no_agreement_leaves_the_ratings(release: Path) -> None:
    disputed = by_id(release)["Ses01F_impro01_M000"]
    assert (disputed.emotion, disputed.valence, disputed.activation) == (None, 5.5, 3.0)
    assert (disputed.metadata["label"], disputed.metadata["dominance"]) == ("xxx", "0.5")
    assert disputed.transcript == "Do you have your forms?"
    assert disputed.words is None


def test_words_and_sounds(release: Path) -> None:
    assert by_id(release)["Ses01F_impro01_F000"].words == (
        Word("EXCUSE", 0.04, 0.12, (Phone("EH", 0.04, 0.07), Phone("K", 0.07, 0.12))),
        Word("ME", 0.16, 0.21, (Phone("M", 0.16, 0.19), Phone("IY", 0.19, 0.21))),
    )


def test_the_folder_may_be_given_from_above(release: Path, tmp_path: Path, refusal: Callable) -> None:
    expected = read(release)
    assert read(tmp_path).fingerprint == expected.fingerprint
    (tmp_path / "a" / "b").mkdir(parents=True)
    release.rename(tmp_path / "a" / "b" / "IEMOCAP_full_release")
    assert read(tmp_path / "a").fingerprint == expected.fingerprint
    (tmp_path / "a" / "b" / "IEMOCAP_full_release").rename(tmp_path / "a" / "IEMOCAP")
    assert read(tmp_path / "a").fingerprint == expected.fingerprint
    shutil.copytree(tmp_path / "a" / "IEMOCAP", tmp_path / "a" / "copy")
    assert "several copies: IEMOCAP, copy" in refusal(Iemocap(tmp_path / "a"))


def test_the_fingerprint_follows_sounds_and_annotations_alone(release: Path, tmp_path: Path, sound: Callable) -> None:
    file = evaluation(release, "Ses01F_impro01")
    found = [read(release).fingerprint]
    put(release / "Session1" / "dialog" / "notes.txt", "mine")
    assert [read(release).fingerprint] == found
    change(file, "[2.5000, 3.5000, 1.5000]", "[2.5000, 3.5000, 2.0000]")
    found.append(read(release).fingerprint)
    change(file, "C-E2:\tAnger", "C-E2:\tSadness")
    found.append(read(release).fingerprint)
    sound(wav(release, "Ses01F_impro01_F000"), 444.0, 0.25)
    found.append(read(release).fingerprint)
    assert len(set(found)) == 4


def published(release: Path, one_tone: Path) -> None:
    """A release whose utterances have the labels of P3's Table 1: half of each label improvised, half scripted."""
    for session in range(1, 6):
        turns: dict[str, str] = {}
        numbers = count()
        for label, counts in TABLE_1.items():
            for index in range(counts[session - 1]):
                dialog = f"Ses0{session}{'FM'[index // 2 % 2]}_{('impro01', 'script01_1')[index % 2]}"
                utterance = f"{dialog}_{'FM'[index // 4 % 2]}{next(numbers):04d}"
                turns[dialog] = turns.get(dialog, "") + turn(utterance, label)
                path = wav(release, utterance)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.hardlink_to(one_tone)
        for dialog, text in turns.items():
            put(evaluation(release, dialog), f"{HEAD}\n\n{text}")


def test_the_published_counts(tmp_path: Path, sound: Callable) -> None:
    sound(tmp_path / "tone.wav", seconds=0.05)
    published(tmp_path / "IEMOCAP_full_release", tmp_path / "tone.wav")
    data = read(tmp_path)
    assert len(data.utterances) == 10_039
    labels = Counter((one.emotion, one.session) for one in data.utterances)
    for code, counts in TABLE_1.items():
        assert tuple(labels[EMOTIONS[code], f"Ses0{session}"] for session in range(1, 6)) == counts

    task = task_named("emotion4")
    kept = usable(data.utterances, task, data.name)
    assert len(kept) == 1_849 + 1_103 + 1_084 + 1_636
    merged = Counter((task.label_of(one), one.session) for one in kept)
    for name, counts in TABLE_2.items():
        assert tuple(merged[name, f"Ses0{session}"] for session in range(1, 6)) == counts

    four = usable(data.utterances, task_named("iemocap4"), data.name)
    assert len(four) == 1_103 + 595 + 1_041 + 1_708 + 1_084 == 5_531

    for fold in range(5):
        split = split_named("leave-one-session-out").split(kept, fold, data.name)
        assert {one.session for one in split.test} == {f"Ses0{fold + 1}"}
        assert len(split.test) == sum(counts[fold] for counts in TABLE_2.values())
    ahsn = usable(data.utterances, task_named("ahsn"), data.name)
    assert {one.metadata["style"] for one in ahsn} == {"improvised"}
    assert len(ahsn) == sum(-(-n // 2) for code in ("ang", "hap", "sad", "neu") for n in TABLE_1[code])
    serves = {asdict(task)["name"] for task in served(data.utterances)}
    assert serves == {"ahsn", "aesn", "valence2", "emotion4", "emotion7", "iemocap4"}  # every rating of this copy is 3
