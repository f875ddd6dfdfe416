"""MSP-IMPROV: a small copy in the published layout with the real one's oddities, every way in which a copy can be bad,
and a copy with the published counts."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from bench.data.corpora.msp_improv import SCENARIOS, MspImprov
from bench.data.corpora.msp_improv_files import EMOTIONS
from bench.data.partitions import speaker_groups
from bench.data.splits import subject_independent
from bench.data.tasks import task_named, usable
from bench.testing import check_component, check_dataset
from tests.bench.data.corpora.msp_improv_files import (
    DISPUTED,
    EVALUATION,
    FIRST,
    READ,
    SOUNDS,
    TARGET,
    by_id,
    change,
    made_root,
    read,
)

# The paper, Table 4: clips by scenario and by what was perceived.
TABLE_4 = {
    "T": {"A": 115, "S": 106, "H": 136, "N": 283, "O": 1, "X": 11},
    "R": {"A": 169, "S": 80, "H": 88, "N": 241, "O": 3, "X": 39},
    "S": {"A": 470, "S": 633, "H": 1_048, "N": 1_789, "O": 70, "X": 371},
    "P": {"A": 38, "S": 66, "H": 1_372, "N": 1_164, "O": 11, "X": 134},
}


@pytest.fixture
def root(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    return made_root(tmp_path, sound, strays)


def test_utterances_have_the_rate_of_their_files(root: Path, rates_read: Callable) -> None:
    assert rates_read(MspImprov(root), root) == {24_000}


def test_it_conforms(root: Path) -> None:
    check_component(MspImprov())
    check_dataset(read(root))


def test_order_speakers_styles(root: Path) -> None:
    data = read(root)
    assert data.name == "msp_improv"
    assert [one.id for one in data.utterances] == [FIRST, TARGET, DISPUTED, READ]
    assert [(one.speaker, one.metadata["style"]) for one in data.utterances] == list(SOUNDS.values())
    assert [one.session for one in data.utterances] == ["session1", "session1", "session2", "session6"]
    assert [one.emotion for one in data.utterances] == ["neutral", "anger", None, "happiness"]


def test_everything_that_is_said_of_a_turn(root: Path) -> None:
    neutral = by_id(root)[FIRST]
    assert (neutral.activation, neutral.valence) == (3.0, 3.5)
    assert neutral.transcript == "How can I not? Naïve."
    assert neutral.waveform.shape == (1_600,)
    assert dict(neutral.metadata) == {
        "style": "improvised",
        "scenario": "natural interaction",
        "sentence": "01",
        "intended_emotion": "anger",
        "actor": "F01",
        "gender": "male",
        "label": "N",
        "dominance": "3",
        "annotators": "2",
        "votes": "Happy 1, Neutral 1",
    }


def test_ratings_are_turned_and_what_is_not_rated_is_none(root: Path) -> None:
    found = by_id(root)
    assert (found[TARGET].activation, found[TARGET].valence) == (4.75, 1.5)
    assert (found[TARGET].metadata["naturalness"], found[TARGET].transcript) == ("4.5", None)
    assert (found[DISPUTED].emotion, found[DISPUTED].activation, found[DISPUTED].valence) == (None, None, 2.0)
    assert "annotators" not in found[DISPUTED].metadata
    assert "naturalness" not in found[READ].metadata
    assert by_id(root, activation_scale="calm_to_active")[TARGET].activation == 1.25


def test_the_speakers_letter_is_checked_by_the_target_sentences(root: Path, sound: Callable, refusal: Callable) -> None:
    message = refusal(MspImprov(root, speaker_letter="first"))
    assert "found 0 of 1 target sentences" in message
    assert "choose speaker_letter=second" in message
    sound(root / "session1" / "S01A" / "T" / "MSP-IMPROV-S01A-M01-T-MF02.wav")
    assert by_id(root, speaker_letter="first")[FIRST].speaker == "F01", "as many for as against"
    sound(root / "session1" / "S01A" / "T" / "MSP-IMPROV-S01A-M01-T-MF03.wav")
    assert "choose speaker_letter=first" in refusal(MspImprov(root))
    assert by_id(root, speaker_letter="first")[FIRST].speaker == "F01"


@pytest.mark.parametrize(("angry", "sad", "right"), [(2, 4, "active_to_calm"), (4, 2, "calm_to_active")])
def test_the_direction_of_activation_is_checked_by_anger_and_sadness(
    root: Path, angry: int, sad: int, right: str, sound: Callable, refusal: Callable
) -> None:
    wrong = {"active_to_calm": "calm_to_active", "calm_to_active": "active_to_calm"}[right]
    text = EVALUATION
    for turn, (label, mark) in product(range(10, 20), (("A", angry), ("S", sad))):
        name = f"S02{label}-F01-S-MF{turn}"
        text += f"UTD-IMPROV-{name}.avi; {label}; A:{mark}.0; V:2.0;\n"
        sound(root / "session1" / f"S02{label}" / "S" / f"MSP-IMPROV-{name}.wav", 100.0 + turn)
    (root / "Evalution.txt").write_text(text)
    found = by_id(root, activation_scale=right)
    assert found["MSP-IMPROV-S02A-F01-S-MF10"].activation == 4.0
    assert found["MSP-IMPROV-S02S-F01-S-MF10"].activation == 2.0
    message = refusal(MspImprov(root, activation_scale=wrong))
    assert f"{root / 'Evalution.txt'}: found a mean activation of" in message
    assert f"choose activation_scale={right}" in message


def test_the_release_with_its_sound_in_a_folder(root: Path) -> None:
    expected = read(root).fingerprint
    (root / "Audio").mkdir()
    for session in ("session1", "session2", "session6"):
        (root / session).rename(root / "Audio" / session)
    (root / "Evalution.txt").rename(root / "Evaluation.txt")
    (root / "Human_transcriptions" / "All_human_transcriptions").rename(root / "All_human_transcriptions")
    (root / "All_human_transcriptions" / "session1").mkdir()
    (root / "All_human_transcriptions" / f"{FIRST}.txt").rename(
        root / "All_human_transcriptions" / "session1" / f"{FIRST}.txt"
    )
    assert read(root).fingerprint == expected


def test_transcripts_are_optional(root: Path) -> None:
    shutil.rmtree(root / "Human_transcriptions")
    assert {one.transcript for one in read(root).utterances} == {None}


def test_the_fingerprint_follows_sounds_and_annotations_alone(root: Path, sound: Callable) -> None:
    found = [read(root).fingerprint]
    (root / "notes.txt").write_text("mine")
    assert [read(root).fingerprint] == found
    change(root, "A:3.000000", "A:3.100000")
    found.append(read(root).fingerprint)
    change(root, "session1-part7; Neutral", "session1-part7; Sad")
    found.append(read(root).fingerprint)
    found.append(read(root, activation_scale="calm_to_active").fingerprint)
    sound(root / next(iter(SOUNDS)), 444.0)
    found.append(read(root).fingerprint)
    assert len(set(found)) == 5


def test_the_published_counts(tmp_path: Path, sound: Callable) -> None:
    root, lines = tmp_path / "MSP-IMPROV", []
    sound(tmp_path / "tone.wav")
    for scenario, counts in TABLE_4.items():
        for number, label in enumerate(label for label, count in counts.items() for _ in range(count)):
            session, sex, other = 1 + number % 6, "FM"[number // 6 % 2], "FM"[number // 12 % 2]
            speaker = sex if scenario in "RT" else other
            listener = sex if scenario == "R" else {"F": "M", "M": "F"}[speaker]
            scene = f"S{1 + number // 24 % 20:02d}{'ASHN'[number // 480 % 4]}"
            name = f"{scene}-{sex}0{session}-{scenario}-{listener}{speaker}{number // 12:02d}"
            path = root / f"session{session}" / scene / scenario / f"MSP-IMPROV-{name}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.hardlink_to(tmp_path / "tone.wav")
            lines.append(f"UTD-IMPROV-{name}.avi; {label}; A:{4 if label == 'S' else 2}.0; V:2.0; D:3.0 ; N:NaN;\n")
    (root / "Evalution.txt").write_text("".join(lines))
    data = read(root)
    assert len(data.utterances) == 8_438
    assert len({one.speaker for one in data.utterances}) == 12
    found = Counter((one.metadata["scenario"], one.metadata["label"]) for one in data.utterances)
    assert {s: {label: found[SCENARIOS[s], label] for label in EMOTIONS} for s in TABLE_4} == {
        s: {label: TABLE_4[s][label] for label in EMOTIONS} for s in TABLE_4
    }
    ahsn = usable(data.utterances, task_named("ahsn"), data.name)
    assert len(ahsn) == 7_798 - (169 + 80 + 88 + 241), "what was read is left out"
    groups = speaker_groups(ahsn, 6, data.name)
    for fold in range(6):
        split = subject_independent(ahsn, fold, groups)
        assert {one.session for one in split.test} == {f"session{fold + 1}"}
