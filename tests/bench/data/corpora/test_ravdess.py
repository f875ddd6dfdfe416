"""RAVDESS: a copy in the published layout with the real one's whole list of names, and every way of being bad."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.core.errors import UsageError
from bench.core.showing.progress import Silent
from bench.core.types import Dataset
from bench.data.corpora.ravdess import EMOTIONS, SPEECH_FOLDER, STATEMENTS, Ravdess

NAMES = ["03-01-01-01-01-01-01", "03-01-05-02-02-02-01", "03-01-02-01-01-01-02", "03-01-08-01-02-01-24"]


def place(root: Path, name: str) -> Path:
    return root / f"Actor_{name[-2:]}" / f"{name}.wav"


@pytest.fixture
def root(tmp_path: Path, sound: Callable) -> Path:
    for index, name in enumerate(NAMES):
        sound(place(tmp_path / "ravdess", name), 200.0 + 40 * index, rate=48_000, channels=1 + index % 2)
    return tmp_path / "ravdess"


def read(root: Path | None) -> Dataset:
    return Ravdess(root).read(Silent())


def test_utterances_have_the_rate_of_their_files(root: Path, rates_read: Callable) -> None:
    assert rates_read(Ravdess(root), root) == {24_000}


def test_names_become_annotations(root: Path) -> None:
    data = read(root)
    assert data.name == "ravdess"
    assert [one.id for one in data.utterances] == NAMES
    angry, last = data.utterances[1], data.utterances[3]
    assert (angry.speaker, angry.emotion, angry.transcript) == ("Actor_01", "anger", "Dogs are sitting by the door")
    assert dict(angry.metadata) == {"sex": "male", "intensity": "strong", "statement": "02", "repetition": "02"}
    assert (last.speaker, last.emotion, last.metadata["sex"]) == ("Actor_24", "surprise", "female")
    assert (angry.waveform.shape, angry.activation, angry.valence, angry.session) == ((1_600,), None, None, None)


def test_the_whole_published_list_of_names(tmp_path: Path, sound: Callable) -> None:
    sound(tmp_path / "one.wav", 200)
    for actor in range(1, 25):
        folder = tmp_path / "whole" / f"Actor_{actor:02d}"
        folder.mkdir(parents=True)
        for emotion in EMOTIONS:
            for intensity in ("01",) if emotion == "01" else ("01", "02"):
                for end in ("01-01", "01-02", "02-01", "02-02"):
                    name = f"03-01-{emotion}-{intensity}-{end}-{actor:02d}.wav"
                    (folder / name).symlink_to(tmp_path / "one.wav")
    data = read(tmp_path / "whole")
    assert len(data.utterances) == 1_440
    counts = Counter(one.emotion for one in data.utterances)
    assert counts == {name: 96 if name == "neutral" else 192 for name in EMOTIONS.values()}
    assert set(Counter(one.speaker for one in data.utterances).values()) == {60}
    assert {one.transcript for one in data.utterances} == set(STATEMENTS.values())


def test_the_published_folder_inside_the_root_will_do(root: Path, tmp_path: Path) -> None:
    before = read(root).fingerprint
    for name in (SPEECH_FOLDER, SPEECH_FOLDER.lower()):
        shutil.copytree(root, tmp_path / name[:3] / name)
        assert read(tmp_path / name[:3]).fingerprint == before
        assert read(tmp_path / name[:3] / name).fingerprint == before


def test_actors_in_the_root_come_before_a_second_copy_inside(root: Path) -> None:
    before = read(root).fingerprint
    shutil.copytree(root, root / SPEECH_FOLDER)
    assert read(root).fingerprint == before


def test_songs_videos_hidden_and_other_files_are_passed_over(root: Path, sound: Callable) -> None:
    before = read(root).fingerprint
    sound(place(root, "03-02-05-01-01-01-01"), 500)
    for name in ("01-01-05-01-01-01-01.mp4", "02-01-05-01-01-01-01.mp4", "._03-01-01-01-01-01-01.wav", "notes.txt"):
        (root / "Actor_01" / name).write_bytes(b"rubbish")
    sound(root / "Audio_Song_Actors_01-24" / "Actor_01" / "03-02-02-01-01-01-01.wav", 600)
    assert read(root).fingerprint == before


def test_the_fingerprint_follows_contents_and_names(root: Path, sound: Callable) -> None:
    before = read(root).fingerprint
    place(root, NAMES[0]).rename(place(root, "03-01-02-01-01-01-01"))
    renamed = read(root).fingerprint
    sound(place(root, NAMES[1]), 999)
    assert len({before, renamed, read(root).fingerprint}) == 3


@pytest.mark.parametrize(
    "stem",
    ["speech", "03-01-09-01-01-01-01", "03-01-05-03-01-01-01", "03-01-01-02-01-01-01", "03-01-05-01-03-01-01",
     "03-01-05-01-01-01", "03-01-05-01-01-01-01 copy", "03-01-05-01-01-01-25", "03-01-05-01-01-01-00"],
)  # fmt: skip
def test_a_name_that_is_not_of_the_corpus(root: Path, stem: str, sound: Callable, refusal: Callable) -> None:
    sound(root / "Actor_01" / f"{stem}.wav", 300)
    message = refusal(Ravdess(root))
    assert f"{stem}.wav" in message
    assert "not of RAVDESS" in message


def test_an_actor_in_another_actors_folder(root: Path, sound: Callable, refusal: Callable) -> None:
    sound(root / "Actor_01" / "03-01-05-01-01-01-02.wav", 300)
    assert "actor 02 in the name, in the folder Actor_01" in refusal(Ravdess(root))


def test_two_files_of_one_utterance(root: Path, refusal: Callable) -> None:
    soundfile.write(root / "Actor_01" / f"{NAMES[0]}.flac", np.full(160, 0.1), 16_000)
    assert "a second file" in refusal(Ravdess(root))


def test_no_folder_given() -> None:
    with pytest.raises(UsageError, match="--corpus-root"):
        read(None)


def test_folders_that_hold_no_corpus(refused_roots: Callable) -> None:
    refused_roots(Ravdess, "Actor_01")


def test_songs_alone_are_no_corpus(tmp_path: Path, sound: Callable, refusal: Callable) -> None:
    sound(tmp_path / "Actor_01" / "03-02-05-01-01-01-01.wav", 300)
    assert "no audio-only speech" in refusal(Ravdess(tmp_path))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound" * 20])
def test_a_bad_sound_file_is_named(root: Path, content: bytes, refusal: Callable) -> None:
    place(root, NAMES[2]).write_bytes(content)
    assert f"{NAMES[2]}.wav" in refusal(Ravdess(root))


def test_a_silent_utterance_is_refused(root: Path, refusal: Callable) -> None:
    soundfile.write(place(root, NAMES[2]), np.zeros(4_800), 48_000)
    assert "silence" in refusal(Ravdess(root))
