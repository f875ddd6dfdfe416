"""MSP-IMPROV: a small copy in the published layout with the real one's oddities, every way in which a copy can be bad,
and a copy with the published counts."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.core.errors import DataError, UsageError
from bench.core.progress import Silent
from bench.core.types import Dataset, Utterance
from bench.data.corpora.msp_improv import SCENARIOS, MspImprov
from bench.data.corpora.msp_improv_files import EMOTIONS, read_clips
from bench.data.partitions import speaker_groups
from bench.data.splits import subject_independent
from bench.data.tasks import task_named, usable
from bench.testing import check_component, check_dataset

EVALUATION = """UTD-IMPROV-S01A-F01-P-FM01.avi; N; A:3.000000; V:3.500000; D:3.000000 ; N:NaN;
session1-part7; Neutral; Neutral,; A:3.0; V:3.0; D:3.0; N:NaN;
WORKER_12; Happy; Happy,Excited (a bit; really),; A:3.0; V:4.0; D:NaN; N:NaN;
WORKER_12; Happy; Happy,Excited (a bit; really),; A:3.0; V:4.0; D:NaN; N:NaN;

UTD-IMPROV-S01A-F01-T-MF01.avi; A; A:1.250000; V:1.500000; D:4.000000 ; N:4.500000;
WORKER_12; Angry; Angry,Frustrated,; A:1.0; V:1.0; D:4.0; N:5.0;

UTD-IMPROV-S01A-M02-S-MF03.avi; X; A:NaN; V:2.000000; D:NaN ; N:3.0;

UTD-IMPROV-S20H-M06-R-MM01.avi; H; A:2.0; V:4.75; D:3.0;
"""
SOUNDS = {
    "session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav": ("M01", "improvised"),
    "session1/S01A/T/MSP-IMPROV-S01A-F01-T-MF01.wav": ("F01", "improvised"),
    "session2/S01A/S/MSP-IMPROV-S01A-M02-S-MF03.wav": ("F02", "improvised"),
    "session6/S20H/R/MSP-IMPROV-S20H-M06-R-MM01.wav": ("M06", "scripted"),
}
FIRST, TARGET, DISPUTED, READ = (Path(name).stem for name in SOUNDS)

# The paper, Table 4: clips by scenario and by what was perceived.
TABLE_4 = {
    "T": {"A": 115, "S": 106, "H": 136, "N": 283, "O": 1, "X": 11},
    "R": {"A": 169, "S": 80, "H": 88, "N": 241, "O": 3, "X": 39},
    "S": {"A": 470, "S": 633, "H": 1_048, "N": 1_789, "O": 70, "X": 371},
    "P": {"A": 38, "S": 66, "H": 1_372, "N": 1_164, "O": 11, "X": 134},
}


@pytest.fixture
def root(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    root = tmp_path / "MSP-IMPROV"
    for index, name in enumerate(SOUNDS):
        sound(root / name, 200.0 + 30 * index, rate=48_000)
    (root / "Evalution.txt").write_bytes(EVALUATION.replace("\n", "\r\n").encode("utf-8-sig"))
    said = root / "Human_transcriptions" / "All_human_transcriptions"
    said.mkdir(parents=True)
    (said / f"{FIRST}.txt").write_bytes(b"How can I\r\nnot? Na\xefve.\r\n")
    (said / f"{TARGET}.txt").write_bytes(b"")
    (said / "MSP-IMPROV-S09N-F01-S-FM09.txt").write_text("Nobody's.")
    strays(
        root / "session1" / "._S01A",
        root / "session1" / "S01A" / "P" / f"._{FIRST}.wav",
        root / "session1" / "S01A" / "P" / f"{FIRST}.avi",
        root / "session1" / "S01A" / ".DS_Store",
        said / f"._{FIRST}.txt",
        root / "readme.txt",
    )
    return root


def read(root: Path | None, **options: Any) -> Dataset:
    return MspImprov(root, **options).read(Silent())


def by_id(root: Path, **options: Any) -> dict[str, Utterance]:
    return {utterance.id: utterance for utterance in read(root, **options).utterances}


def change(root: Path, old: str, new: str) -> Path:
    path = root / "Evalution.txt"
    assert old in EVALUATION
    path.write_text(EVALUATION.replace(old, new))
    return path


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


def test_a_clip_may_stand_there_twice_but_say_one_thing(root: Path, refusal: Callable) -> None:
    expected = read(root).fingerprint
    path = root / "Evalution.txt"
    path.write_text(EVALUATION + EVALUATION)
    assert read(root).fingerprint == expected
    path.write_text(EVALUATION + "UTD-IMPROV-S01A-F01-P-FM01.avi; H; A:3.0; V:3.5; D:3.0 ; N:NaN;\n")
    assert f"{path}, line 12: found {FIRST} a second time, after {path}, line 1" in refusal(MspImprov(root))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("; N; A:3.0", "; Q; A:3.0", "line 1: found 'UTD-IMPROV-S01A-F01-P-FM01.avi; Q;"),
        ("A:3.000000;", "", "line 1: found 'UTD-"),
        ("A:3.000000", "A:high", "line 1: found 'UTD-"),
        ("A:3.000000", "A:3.0; A:3.0", "line 1: found 'UTD-"),
        ("V:3.500000", "V:5.5", "line 1: found V:5.5; expected 1 to 5"),
        ("A:3.000000", "A:0.5", "line 1: found A:0.5; expected 1 to 5"),
        ("FM01.avi; N", "FM01; N", "line 1: found 'UTD-IMPROV-S01A-F01-P-FM01; N"),
        ("session1-part7; Neutral;", "Neutral", "line 2: found 'Neutral Neutral,"),
        (
            "WORKER_12; Angry; Angry,Frustrated,; A:1.0",
            "UTD-IMPROV-S01; Angry; ; A:1.0",
            "line 7: found 'UTD-IMPROV-S01",
        ),
    ],
)
def test_a_broken_label_is_named_with_its_line(root: Path, old: str, new: str, said: str, refusal: Callable) -> None:
    path = change(root, old, new)
    if "Neutral Neutral" in said:
        path.write_text(path.read_text().replace("; A:3.0; V:3.0; D:3.0; N:NaN;", ""))
    assert f"{path}, {said}" in refusal(MspImprov(root))


def test_a_file_of_labels_that_is_empty_or_not_there(root: Path, refusal: Callable) -> None:
    path = root / "Evalution.txt"
    path.write_text("\n")
    assert f"{path}: found no clip" in refusal(MspImprov(root))
    path.unlink()
    assert f"{path}: found no such file" in refusal(MspImprov(root))


def test_a_label_without_its_sound_names_both(root: Path, refusal: Callable) -> None:
    (root / next(iter(SOUNDS))).unlink()
    assert f"Evalution.txt, line 1: found {FIRST}, which has no sound; expected {FIRST}.wav" in refusal(MspImprov(root))


def test_a_sound_without_labels_has_none(root: Path, sound: Callable) -> None:
    sound(root / "session3" / "S05N" / "P" / "MSP-IMPROV-S05N-F03-P-FM12.wav")
    extra = by_id(root)["MSP-IMPROV-S05N-F03-P-FM12"]
    assert (extra.speaker, extra.emotion, extra.activation, extra.valence) == ("M03", None, None, None)
    assert "label" not in extra.metadata


@pytest.mark.parametrize(
    "name", ["speech", "MSP-IMPROV-S01B-F01-P-FM01", "MSP-IMPROV-S01A-F07-P-FM01", "MSP-IMPROV-S01A-F01-P-FX01"]
)
def test_a_name_that_is_not_of_the_corpus(root: Path, name: str, sound: Callable, refusal: Callable) -> None:
    path = root / "session1" / "S01A" / "P" / f"{name}.wav"
    sound(path)
    assert f"{path}: found a name that is not of MSP-IMPROV" in refusal(MspImprov(root))


@pytest.mark.parametrize("folder", ["session2/S01A/P", "session1/S02A/P", "session1/S01A/S"])
def test_a_sound_in_another_folder(root: Path, folder: str, sound: Callable, refusal: Callable) -> None:
    path = root / folder / f"{FIRST}.wav"
    sound(path)
    message = refusal(MspImprov(root))
    assert f"{path}: found a name that is not of this folder; expected the folder session1/S01A/P" in message


def test_two_sounds_of_one_turn(root: Path, sound: Callable, refusal: Callable) -> None:
    sound((root / next(iter(SOUNDS))).with_suffix(".flac"))
    assert f"a second file of the turn, beside {FIRST}.flac" in refusal(MspImprov(root))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound" * 20])
def test_a_bad_sound_file_is_named(root: Path, content: bytes, refusal: Callable) -> None:
    path = root / next(iter(SOUNDS))
    path.write_bytes(content)
    assert str(path) in refusal(MspImprov(root))


def test_folders_that_hold_no_corpus(root: Path, refused_roots: Callable) -> None:
    refused_roots(MspImprov, "session1/S01A/P")
    with pytest.raises(UsageError, match="--corpus-root"):
        read(None)
    with pytest.raises(UsageError, match="first or second"):
        read(root, speaker_letter="third")
    with pytest.raises(UsageError, match="active_to_calm or calm_to_active"):
        read(root, activation_scale="second")


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


def test_damaged_labels_give_a_result_or_a_named_error(tmp_path: Path) -> None:
    rng, messages = np.random.default_rng(3), []
    path = tmp_path / "Evalution.txt"
    for _ in range(500):
        damaged = bytearray(EVALUATION.encode())
        for at in rng.integers(len(damaged), size=rng.integers(1, 6)):
            damaged[at] = rng.integers(256)
        path.write_bytes(bytes(damaged[: rng.integers(1, len(damaged) + 1)]))
        try:
            read_clips(path)
        except DataError as error:
            messages.append(str(error))
    assert all(path.name in message for message in messages)
    assert len(messages) > 50


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
