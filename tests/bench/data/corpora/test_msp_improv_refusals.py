"""MSP-IMPROV: every way in which a copy can be bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import DataError, UsageError
from bench.data.corpora.msp_improv import MspImprov
from bench.data.corpora.msp_improv_files import read_clips
from tests.bench.data.corpora.msp_improv_files import EVALUATION, FIRST, SOUNDS, by_id, change, made_root, read


@pytest.fixture
def root(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    return made_root(tmp_path, sound, strays)


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
