"""IEMOCAP: every way in which a copy can be bad."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import DataError, UsageError
from bench.core.types import Phone, Word
from bench.data.corpora.iemocap import Iemocap
from bench.data.corpora.iemocap_files import read_transcripts, read_turns, read_words
from tests.bench.data.corpora.iemocap_files import (
    EVALUATION,
    HEAD,
    PHSEG,
    TRANSCRIPT,
    WDSEG,
    by_id,
    change,
    evaluation,
    made_release,
    put,
    read,
    wav,
)


@pytest.fixture
def release(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    """Session 1 with a rich dialogue and a scripted one, four sessions with two dialogues of one turn each."""
    return made_release(tmp_path, sound, strays)


def test_alignments_may_be_absent_empty_without_sounds_or_too_long(release: Path, sound: Callable) -> None:
    words = release / "Session1" / "sentences" / "ForcedAlignment" / "Ses01F_impro01" / "Ses01F_impro01_F000.wdseg"
    sound(wav(release, "Ses01F_impro01_F000"), seconds=0.2)
    cut = by_id(release)["Ses01F_impro01_F000"].words
    assert cut is not None
    assert cut[1] == Word("ME", 0.16, 0.2, (Phone("M", 0.16, 0.19), Phone("IY", 0.19, 0.2)))
    sound(wav(release, "Ses01F_impro01_F000"), seconds=0.1)
    short = by_id(release)["Ses01F_impro01_F000"]
    assert (short.words, short.metadata["alignment"]) == (None, "left out: longer than the sound")
    sound(wav(release, "Ses01F_impro01_F000"), seconds=0.25)
    words.with_suffix(".phseg").unlink()
    without = by_id(release)["Ses01F_impro01_F000"].words
    assert without == (Word("EXCUSE", 0.04, 0.12), Word("ME", 0.16, 0.21))
    put(words, "")
    assert by_id(release)["Ses01F_impro01_F000"].words is None
    words.unlink()
    absent = by_id(release)["Ses01F_impro01_F000"]
    assert (absent.words, "alignment" in absent.metadata) == (None, False)


@pytest.mark.parametrize(
    "line", ["    4    11    -181274", "    x    11    -181274 EXCUSE", "   11     4    -1 ME", "    2    11    -1 ME"]
)
def test_a_broken_alignment_is_named_with_its_line(release: Path, line: str, refusal: Callable) -> None:
    words = release / "Session1" / "sentences" / "ForcedAlignment" / "Ses01F_impro01" / "Ses01F_impro01_F000.wdseg"
    put(words, WDSEG.replace("\t    4    11    -181274 EXCUSE(2)", line))
    assert f"{words}, line 3" in refusal(Iemocap(release))


def test_folders_that_hold_no_corpus(refused_roots: Callable) -> None:
    for message in refused_roots(Iemocap):
        assert "dialog/EmoEvaluation/Ses01F_impro01.txt" in message
        assert "sentences/ForcedAlignment/Ses01F_impro01/Ses01F_impro01_F000.wdseg and .phseg" in message


def test_no_folder_given() -> None:
    with pytest.raises(UsageError, match="--corpus-root"):
        read(None)


def test_a_part_of_the_release(release: Path, refusal: Callable) -> None:
    shutil.rmtree(release / "Session3")
    shutil.rmtree(release / "Session5")
    assert "found no Session3, Session5" in refusal(Iemocap(release))


@pytest.mark.parametrize("folder", ["sentences/wav", "dialog/EmoEvaluation"])
def test_a_session_without_a_folder(release: Path, folder: str, refusal: Callable) -> None:
    shutil.rmtree(release / "Session2" / folder)
    assert f"Session2/{folder}: found no such folder" in refusal(Iemocap(release))


def test_a_session_without_sounds(release: Path, refusal: Callable) -> None:
    shutil.rmtree(release / "Session2" / "sentences" / "wav")
    (release / "Session2" / "sentences" / "wav").mkdir()
    assert "Session2/sentences/wav: found no sound files" in refusal(Iemocap(release))


def test_an_annotation_without_sound_names_both(release: Path, refusal: Callable) -> None:
    wav(release, "Ses01F_impro01_M000").unlink()
    message = refusal(Iemocap(release))
    assert f"{evaluation(release, 'Ses01F_impro01')}, line 12" in message
    assert str(wav(release, "Ses01F_impro01_M000")) in message


def test_a_sound_without_annotation_has_no_label(release: Path, sound: Callable) -> None:
    sound(wav(release, "Ses01F_impro01_FXX9"))
    extra = by_id(release)["Ses01F_impro01_FXX9"]
    assert (extra.speaker, extra.emotion, extra.activation, extra.valence) == ("Ses01F", None, None, None)
    assert "label" not in extra.metadata


def test_a_dialogue_without_its_annotation_names_both(release: Path, refusal: Callable) -> None:
    evaluation(release, "Ses01F_impro01").unlink()
    message = refusal(Iemocap(release))
    assert str(evaluation(release, "Ses01F_impro01")) in message
    assert str(wav(release, "Ses01F_impro01_F000").parent) in message


BROKEN: list[tuple[Callable[[Path], None], str]] = [
    (partial(change, old="[2.5000, 3.5000, 1.5000]", new="[2.5000, 3.5000]"), "line 3"),
    (partial(change, old="[2.5000, 3.5000, 1.5000]", new="[2.5000, 1.2.3, 1.5000]"), "line 3"),
    (partial(change, old="2.5000, 3.5000", new="2.5000, nan"), "line 3"),
    (partial(change, old="2.5000, 3.5000", new="2.5000, 5.6000"), "line 3: found activation 5.6; expected 0.5 to 5.5"),
    (partial(change, old="[2.5000, 3.5", new="[0.4000, 3.5"), "line 3: found valence 0.4"),
    (partial(change, old="\tneu\t", new="\tbored\t"), "line 3: found the label 'bored'"),
    (partial(change, old="C-E2:\tNeutral;\t()", new="Neutral"), "line 4: found 'Neutral'"),
    (partial(change, old=HEAD, new="START_TIME"), "line 1: found 'START_TIME'"),
    (partial(change, old="Ses01F_impro01_M000", new="Ses01F_impro01_F000"), "line 12: found Ses01F_impro01_F000 a sec"),
]


@pytest.mark.parametrize(("damage", "named"), BROKEN)
def test_a_broken_annotation_is_named_with_its_line(
    release: Path, damage: Callable, named: str, refusal: Callable
) -> None:
    file = evaluation(release, "Ses01F_impro01")
    damage(file)
    assert f"{file}, {named}" in refusal(Iemocap(release))


def test_two_texts_for_one_utterance(release: Path, refusal: Callable) -> None:
    file = release / "Session1" / "dialog" / "transcriptions" / "Ses01F_impro01.txt"
    put(file, TRANSCRIPT + TRANSCRIPT)
    assert by_id(release)["Ses01F_impro01_M000"].transcript == "Do you have your forms?"
    put(file, TRANSCRIPT + b"Ses01F_impro01_M000 [010.0100-011.3925]: No?\n")
    assert f"{file}, line 6: found a second text for Ses01F_impro01_M000" in refusal(Iemocap(release))


@pytest.mark.parametrize("name", ["speech", "Ses02F_impro01_F000", "Ses01F_impro01", "Ses01X_impro01_F000"])
def test_a_sound_whose_name_is_not_of_the_session(release: Path, name: str, sound: Callable, refusal: Callable) -> None:
    path = wav(release, "Ses01F_impro01_F000").with_name(f"{name}.wav")
    sound(path)
    assert f"{path}: found a name that is not of IEMOCAP's Session1" in refusal(Iemocap(release))


def test_two_sounds_of_one_utterance(release: Path, sound: Callable, refusal: Callable) -> None:
    sound(wav(release, "Ses01F_impro01_F000").parents[1] / "Ses01F_impro02" / "Ses01F_impro01_F000.wav")
    assert "a second file of the name Ses01F_impro01_F000" in refusal(Iemocap(release))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound" * 20])
def test_a_bad_sound_file_is_named(release: Path, content: bytes, refusal: Callable) -> None:
    path = wav(release, "Ses01F_impro01_F000")
    put(path, content)
    assert str(path) in refusal(Iemocap(release))


def test_damaged_files_give_a_result_or_a_named_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    readers: dict[str, tuple[bytes, Callable[[Path], object]]] = {
        "turns.txt": (EVALUATION.encode(), read_turns),
        "said.txt": (TRANSCRIPT, read_transcripts),
        "u.wdseg": (WDSEG.encode(), lambda file: read_words(file.parent, "u")),
        "u.phseg": (PHSEG.encode(), lambda file: read_words(file.parent, "u")),
    }
    for name, (content, reader) in readers.items():
        put(tmp_path / "u.wdseg", WDSEG)
        messages = []
        for _ in range(500):
            damaged = bytearray(content)
            for at in rng.integers(len(damaged), size=rng.integers(1, 6)):
                damaged[at] = rng.integers(256)
            put(tmp_path / name, bytes(damaged[: rng.integers(1, len(damaged) + 1)]))
            try:
                reader(tmp_path / name)
            except DataError as error:
                messages.append(str(error))
        assert all(name in message for message in messages)
        assert (len(messages) > 50) == (name != "said.txt"), name
