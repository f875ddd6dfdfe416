"""Clips of AudioSet: names, ids, videos."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.core.errors import UsageError
from bench.core.showing.progress import Silent
from bench.data.noises.audioset import AudioSet, _classes, _source, label_of


@pytest.fixture
def clips(tmp_path: Path, sound: Callable, litter: Callable) -> Path:
    for folder in ("Laughter", "Crying, sobbing", "Rain_on_surface", "m_01b_21", "m/07rjzl8", "My kettle"):
        for number, video in enumerate(("-0abcDEF_12", "Yabcdefghij")):
            sound(tmp_path / folder / f"{video}_30.000_40.000.wav", hertz=300 + number)
            sound(tmp_path / folder / f"{video}_70_80.flac", hertz=310 + number)
    litter(tmp_path)
    (tmp_path / "class_labels_indices.csv").write_text("index,mid,display_name\n")
    return tmp_path


def test_labels_by_name_and_by_id(clips: Path) -> None:
    noises = AudioSet(clips).read(Silent())
    assert noises.name == "audioset"
    assert {clip.label: clip.category for clip in noises.clips} == {
        "Laughter": "laugh",
        "Crying, sobbing": "cry",
        "Rain on surface": "natural",
        "Cough": "human",
        "Slam": "interior",
        "My kettle": "my kettle",
    }
    assert {clip.id for clip in noises.heard("slam")} >= {"m/07rjzl8/-0abcDEF_12_30.000_40.000"}
    assert len({clip.id for clip in noises.clips}) == 24


def test_clips_of_a_video_share_their_source(clips: Path) -> None:
    noises = AudioSet(clips).read(Silent())
    assert {clip.source for clip in noises.clips} == {"youtube--0abcDEF_12", "youtube-Yabcdefghij"}
    train, test = noises.part("train"), noises.part("test")
    assert len(train.of("laugh")) == len(test.of("laugh")) == 2


@pytest.mark.parametrize(
    ("stem", "source"),
    [
        ("-0abcDEF_12", "youtube--0abcDEF_12"),
        ("Y-0abcDEF_12", "youtube--0abcDEF_12"),
        ("-0abcDEF_12_30", "youtube--0abcDEF_12"),
        ("-0abcDEF_12_30.000_40.000", "youtube--0abcDEF_12"),
        ("Yabcdefghij", "youtube-Yabcdefghij"),
        ("kettle in the kitchen", "kettle in the kitchen"),
    ],
)
def test_a_file_name_tells_the_recording(stem: str, source: str) -> None:
    assert _source(stem) == source


@pytest.mark.parametrize(
    ("folder", "label", "category"),
    [
        ("crying_sobbing", "Crying, sobbing", "cry"),
        ("Baby cry, infant cry", "Baby cry, infant cry", "cry"),
        ("m_01j3sz", "Laughter", "laugh"),
        ("_m_01j3sz", "Laughter", "laugh"),
        ("t/dd00001", "Baby laughter", "laugh"),
        ("m_07r660_", "Giggle", "laugh"),
        ("g_122z_qxw", "Firecracker", "exterior"),
        ("Hubbub, speech noise, speech babble", "Hubbub, speech noise, speech babble", "crowd"),
        ("White noise", "White noise", "white"),
        ("Piano", "Piano", "music"),
        ("Thunk", "Thunk", "thunk"),
        ("m_nosuchid", "m_nosuchid", "m_nosuchid"),
    ],
)
def test_a_folder_name_tells_label_and_category(folder: str, label: str, category: str) -> None:
    assert label_of(folder) == (label, category)


def test_the_table_of_classes() -> None:
    by_id, by_name = _classes()
    assert len(by_id) == len(by_name) == 527
    assert {category for _, category in by_id.values()} == {
        *("", "cry", "crowd", "exterior", "human", "interior", "laugh", "music", "natural", "speech", "white"),
    }
    for id, (name, category) in by_id.items():
        wanted = (name, category or name.lower())
        assert label_of(id) == label_of(id.strip("/").replace("/", "_")) == label_of(name) == wanted


@given(st.text(max_size=30))
def test_any_name_has_a_label_and_a_category(name: str) -> None:
    label, category = label_of(name)
    assert category == category.lower() or (label, category) in _classes()[0].values()


def test_folders_that_are_wrong(clips: Path, sound: Callable, refusal: Callable) -> None:
    (clips / "Giggle").mkdir()
    assert "Giggle: found no sound files" in refusal(AudioSet(clips))
    sound(clips / "Giggle" / "-0abcDEF_12.wav", hertz=0.0)
    message = refusal(AudioSet(clips))
    assert "-0abcDEF_12.wav" in message
    assert "silence" in message
    sound(clips / "Giggle" / "-0abcDEF_12.wav")
    sound(clips / "Giggle" / "-0abcDEF_12.flac")
    assert "but for the suffix" in refusal(AudioSet(clips))
    sound(clips / "loose.wav")
    assert "loose.wav: found a sound file outside any folder" in refusal(AudioSet(clips))


def test_no_folder(tmp_path: Path, refusal: Callable) -> None:
    with pytest.raises(UsageError, match="--noise-root"):
        AudioSet().read(Silent())
    assert "no such folder" in refusal(AudioSet(tmp_path / "nowhere"))
    assert "found no folders" in refusal(AudioSet(tmp_path))
