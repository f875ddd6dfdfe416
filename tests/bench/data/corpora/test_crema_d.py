"""CREMA-D: a copy in the published layout with the real one's oddities, and every way in which a copy can be bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.core.errors import UsageError
from bench.core.showing.progress import Silent
from bench.core.types import Dataset
from bench.data.corpora.crema_d import EMOTIONS, FAULTY, SENTENCES, CremaD

NAMES = ["1001_DFA_ANG_XX", "1001_IEO_HAP_HI", "1002_IEO_NEU_XX", "1091_TSI_SAD_XX"]
PEOPLE = '"ActorID","Age","Sex","Race","Ethnicity"\n1001,51,"Male","Caucasian","Not Hispanic"\n1047,22,"Female",,""\n'
TABLE_HEAD = '"","FileName","VoiceVote","VoiceLevel","FaceVote","FaceLevel","MultiModalVote","MultiModalLevel"\n'
TABLE = (
    TABLE_HEAD
    + '"1","1001_DFA_ANG_XX","D","47.33","A","41.8","A","41.5"\n'
    + '"2","1001_IEO_HAP_HI","A:N","39.00:83.67","H","68.25","H","73.2"\n'
    + '"3","1002_IEO_NEU_XX","N","86","N","77.44","A:D:N","39:89:83"\n'
)


@pytest.fixture
def root(tmp_path: Path, sound: Callable) -> Path:
    root = tmp_path / "crema_d"
    (root / "AudioWAV").mkdir(parents=True)
    (root / "processedResults").mkdir()
    for index, name in enumerate(NAMES):
        sound(root / "AudioWAV" / f"{name}.wav", 200.0 + 40 * index)
    (root / "VideoDemographics.csv").write_text(PEOPLE)
    (root / "processedResults" / "summaryTable.csv").write_text(TABLE)
    return root


def read(root: Path | None, **options: Any) -> Dataset:
    return CremaD(root, **options).read(Silent())


def test_utterances_have_the_rate_of_their_files(root: Path, rates_read: Callable) -> None:
    assert rates_read(CremaD(root), root) == {8_000}


def test_names_and_tables_become_annotations(root: Path) -> None:
    data = read(root)
    assert data.name == "crema_d"
    assert [one.id for one in data.utterances] == NAMES
    angry = data.utterances[0]
    assert (angry.speaker, angry.emotion, angry.transcript) == ("1001", "anger", "Don't forget a jacket.")
    assert (angry.activation, angry.valence, angry.waveform.shape) == (None, None, (1_600,))
    assert dict(angry.metadata) == {
        "sentence": "DFA",
        "intended_emotion": "anger",
        "intended_level": "unspecified",
        "age_years": "51",
        "sex": "male",
        "race": "Caucasian",
        "ethnicity": "Not Hispanic",
        "voice_vote": "D",
        "voice_level": "47.33",
        "face_vote": "A",
        "face_level": "41.8",
        "multimodal_vote": "A",
        "multimodal_level": "41.5",
    }
    assert [one.emotion for one in data.utterances] == ["anger", "happiness", "neutral", "sadness"]
    assert "sex" not in data.utterances[3].metadata


def test_labels_by_what_listeners_heard(root: Path) -> None:
    heard = read(root, labels="voice_votes")
    assert [one.emotion for one in heard.utterances] == ["disgust", None, "neutral", None]
    assert heard.utterances[1].metadata["intended_emotion"] == "happiness"
    assert heard.fingerprint != read(root).fingerprint


def test_the_published_tables_are_whole() -> None:
    assert len(SENTENCES) == 12
    assert len(EMOTIONS) == 6
    assert len(FAULTY) == 4


def test_every_published_form_of_name(root: Path, sound: Callable) -> None:
    for sentence in SENTENCES:
        for emotion in EMOTIONS:
            for level in ("LO", "MD", "HI", "XX"):
                sound(root / "AudioWAV" / f"1050_{sentence}_{emotion}_{level}.wav", 300)
    data = read(root)
    assert len(data.utterances) == len(NAMES) + 12 * 6 * 4
    levels = {one.metadata["intended_level"] for one in data.utterances}
    assert levels == {"low", "medium", "high", "unspecified"}


def test_the_faulty_clips_are_left_out_whatever_they_hold(root: Path) -> None:
    before = read(root).fingerprint
    for name in FAULTY:
        (root / "AudioWAV" / f"{name}.wav").write_bytes(b"")
    assert read(root).fingerprint == before


def test_the_clip_whose_name_was_cut_short(root: Path, sound: Callable, refusal: Callable) -> None:
    line = '"9","1040_ITH_SAD_XX","S","50","S","50","S","50"\n'
    (root / "processedResults" / "summaryTable.csv").write_text(TABLE + line)
    sound(root / "AudioWAV" / "1040_ITH_SAD_X.wav", 300)
    one = {one.id: one for one in read(root).utterances}["1040_ITH_SAD_XX"]
    assert (one.metadata["voice_vote"], one.metadata["intended_level"]) == ("S", "unspecified")
    sound(root / "AudioWAV" / "1040_ITH_SAD_XX.wav", 300)
    assert "1040_ITH_SAD_XX" in refusal(CremaD(root))


def test_the_wav_folder_itself_will_do(root: Path) -> None:
    assert read(root / "AudioWAV").fingerprint == read(root).fingerprint


def test_the_tables_are_optional(root: Path, refusal: Callable) -> None:
    (root / "VideoDemographics.csv").unlink()
    (root / "processedResults" / "summaryTable.csv").unlink()
    assert set(read(root).utterances[0].metadata) == {"sentence", "intended_emotion", "intended_level"}
    message = refusal(CremaD(root, labels="voice_votes"))
    assert "summaryTable.csv" in message
    assert "labels=intended" in message


def test_hidden_and_other_files_are_passed_over(root: Path) -> None:
    before = read(root).fingerprint
    for name in ("._1001_DFA_ANG_XX.wav", ".DS_Store", "README.md"):
        (root / "AudioWAV" / name).write_bytes(b"rubbish")
    assert read(root).fingerprint == before


def test_the_fingerprint_follows_contents(root: Path, sound: Callable) -> None:
    before = read(root).fingerprint
    sound(root / "AudioWAV" / f"{NAMES[0]}.wav", 999)
    assert read(root).fingerprint != before


@pytest.mark.parametrize(
    "stem", ["speech", "1000_DFA_ANG_XX", "1092_DFA_ANG_XX", "1001_ABC_ANG_XX", "1001_DFA_JOY_XX", "1001_DFA_ANG_ZZ"]
)
def test_a_name_that_is_not_of_the_corpus(root: Path, stem: str, sound: Callable, refusal: Callable) -> None:
    sound(root / "AudioWAV" / f"{stem}.wav", 300)
    message = refusal(CremaD(root))
    assert f"{stem}.wav" in message
    assert "1001_DFA_ANG_XX.wav" in message


def test_a_copy_without_git_lfs(root: Path, refusal: Callable) -> None:
    for name in NAMES:
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:c6f9\nsize 72862\n"
        (root / "AudioWAV" / f"{name}.wav").write_text(pointer)
    assert "git lfs pull" in refusal(CremaD(root))


def test_no_folder_given_and_no_such_labels(root: Path) -> None:
    with pytest.raises(UsageError, match="--corpus-root"):
        read(None)
    with pytest.raises(UsageError, match="voice_votes"):
        read(root, labels="face_votes")


def test_folders_that_hold_no_corpus(refused_roots: Callable) -> None:
    refused_roots(CremaD)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound" * 20])
def test_a_bad_sound_file_is_named(root: Path, content: bytes, refusal: Callable) -> None:
    (root / "AudioWAV" / f"{NAMES[2]}.wav").write_bytes(content)
    assert f"{NAMES[2]}.wav" in refusal(CremaD(root))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TABLE + '"4","1091_TSI_SAD_XX","Q","1","N","1","N","1"\n', "summaryTable.csv, line 5"),
        (TABLE + '"4","1091_TSI_SAD_XX","A:","1","N","1","N","1"\n', "the vote 'A:'"),
        (TABLE + '"4","1091_TSI_SAD_XX","A"\n', "3 cells under 8 columns"),
        (TABLE.replace("VoiceVote", "Vote"), "no column VoiceVote"),
        (TABLE_HEAD, "no rows"),
        ("", "empty file"),
    ],
)
def test_a_broken_table_of_votes_is_named(root: Path, text: str, said: str, refusal: Callable) -> None:
    (root / "processedResults" / "summaryTable.csv").write_text(text)
    message = refusal(CremaD(root))
    assert "summaryTable.csv" in message
    assert said in message


def test_broken_demographics_are_named(root: Path, refusal: Callable) -> None:
    (root / "VideoDemographics.csv").write_text("ActorID,Age\n1001,51\n")
    assert "VideoDemographics.csv: found no column Sex" in refusal(CremaD(root))
