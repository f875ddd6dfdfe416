"""Noises from a folder: published layouts, the map, and every way in which a folder can be bad."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.core.errors import UsageError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Silent
from bench.data.noises.folder import Folder

DATA = Path(__file__).parents[5] / "shared" / "data"


def read(root: Path | None, map: Path | None = None) -> NoiseSet:
    return Folder(root, map).read(Silent())


def categories(noises: NoiseSet) -> dict[str, str]:
    return {clip.id: clip.category for clip in noises.clips}


def mapped(root: Path, text: str) -> Path:
    (root / "categories.csv").write_text(text, encoding="utf-8")
    return root / "categories.csv"


def test_a_folder_is_a_category_at_any_depth_format_and_rate(tmp_path: Path, sound: Callable) -> None:
    sound(tmp_path / "crackling_fire" / "1-2-A.wav")
    sound(tmp_path / "002 - Rain" / "far" / "b.flac", rate=44_100)
    sound(tmp_path / "Sneezing" / "c.ogg", rate=22_050, seconds=0.3)
    sound(tmp_path / "My Office" / "d.WAV", rate=8_000)
    (tmp_path / "My Office" / "notes.txt").write_text("x")
    (tmp_path / "My Office" / "._d.wav").write_text("x")
    (tmp_path / ".git").mkdir()
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text("filename\n")
    noises = read(tmp_path)
    assert categories(noises) == {
        "002 - Rain/far/b": "natural",
        "My Office/d": "my office",
        "Sneezing/c": "human",
        "crackling_fire/1-2-A": "natural",
    }
    assert {clip.id: len(clip.waveform) for clip in noises.clips}["002 - Rain/far/b"] == 1_600
    assert noises.name == "folder"
    assert noises.categories == ("human", "my office", "natural")
    assert [clip.label for clip in noises.clips] == ["rain", "My Office", "sneezing", "crackling_fire"]


def test_urbansound8k_by_a_map_and_its_slices_by_their_recording(tmp_path: Path, sound: Callable) -> None:
    for name in ("fold1/7061-6-0-0", "fold2/7061-6-1-0", "fold1/518-4-0-0", "fold3/24347-8-0-88", "fold10/344-3-0-0"):
        sound(tmp_path / f"{name}.wav")
    sound(tmp_path / "fold1" / "344-3-4-0.wav")
    sound(tmp_path / "fold1" / "9031-3-1-0.wav")
    noises = read(tmp_path, mapped(tmp_path, "folder,category\n*/*-3-*-*.wav,natural\n*,exterior\n"))
    assert {clip.category for clip in noises.clips if "-3-" in clip.id} == {"natural"}
    assert {clip.id: clip.source for clip in noises.clips}["fold2/7061-6-1-0"] == "freesound-7061"
    train, test = noises.part("train"), noises.part("test")
    assert not {clip.source for clip in train.clips} & {clip.source for clip in test.clips}


def test_esc50s_own_layout(tmp_path: Path, sound: Callable) -> None:
    for name in ("1-100032-A-0", "1-17367-A-10", "2-82274-B-24", "4-161579-A-40"):
        sound(tmp_path / "audio" / f"{name}.wav")
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text("filename\n")
    wanted = ["natural", "natural", "human", "exterior"]
    assert list(categories(read(tmp_path)).values()) == wanted
    assert list(categories(read(tmp_path / "audio")).values()) == wanted
    assert [clip.label for clip in read(tmp_path).clips] == ["dog", "rain", "coughing", "helicopter"]
    assert [clip.label for clip in read(tmp_path / "audio").clips] == ["dog", "rain", "coughing", "helicopter"]


def test_the_second_release_of_demand(tmp_path: Path, sound: Callable) -> None:
    sound(tmp_path / "SCAFE_48k" / "SCAFE" / "ch01.wav", rate=48_000)
    sound(tmp_path / "PSTATION_16k" / "ch01.wav")
    assert {clip.source: clip.category for clip in read(tmp_path).clips} == {"SCAFE": "crowd", "PSTATION": "station"}


def test_laughing_and_crying_have_categories_and_escs_classes_are_human(tmp_path: Path, sound: Callable) -> None:
    for name in ("Laughter", "cry", "laughing", "004 - Baby cry"):
        sound(tmp_path / name / "1.wav")
    assert {clip.label: clip.category for clip in read(tmp_path).clips} == {
        "Laughter": "laugh",
        "cry": "cry",
        "laughing": "human",
        "crying_baby": "human",
    }


def test_demand_is_read_from_its_first_microphone_and_in_halves(tmp_path: Path, sound: Callable) -> None:
    for channel in (1, 2, 16):
        sound(tmp_path / "OMEETING" / f"ch{channel:02d}.wav", seconds=150, rate=8_000)
    noises = read(tmp_path)
    assert {clip.category for clip in noises.clips} == {"meeting"}
    assert [clip.id for clip in noises.clips] == [
        f"OMEETING/ch01#{half}.{piece}" for half in (1, 2) for piece in (1, 2)
    ]
    assert 150 * 16_000 - sum(len(clip.waveform) for clip in noises.clips) < 8
    assert {clip.label for clip in noises.clips} == {"OMEETING"}
    first, second = noises.clips[:2]
    assert first.waveform.data_ptr() + first.waveform.nbytes == second.waveform.data_ptr(), "views, no copies"
    train, test = noises.part("train"), noises.part("test")
    assert {clip.source for clip in train.clips} | {clip.source for clip in test.clips} == {"OMEETING#1", "OMEETING#2"}


def test_a_clip_begins_where_its_sound_does(tmp_path: Path) -> None:
    bark = 0.4 * np.sin(2 * np.pi * 500 * np.arange(4_000) / 16_000)
    (tmp_path / "dog").mkdir()
    soundfile.write(tmp_path / "dog" / "1.wav", np.concatenate([np.zeros(32_000), bark, np.zeros(8_000)]), 16_000)
    (clip,) = read(tmp_path).clips
    assert abs(len(clip.waveform) - 12_160) <= 2
    assert np.abs(clip.waveform.numpy()[:800]).max() > 0.3


def test_the_map_goes_before_names(tmp_path: Path, sound: Callable) -> None:
    for name in ("rain", "fan", "hall", "talk/a", "talk/b"):
        sound(tmp_path / name / "1.wav")
    sound(tmp_path / "loose.wav")
    text = "folder,category\nrain,Interior\nfan,interior\nhall,-\ntalk/a,crowd\ntalk/b,\nl*.wav,white\n"
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text("\ufeff" + text.replace(",", ";"), encoding="utf-8")
    wanted = {"fan/1": "interior", "loose": "white", "rain/1": "interior", "talk/a/1": "crowd"}
    assert categories(read(tmp_path, elsewhere)) == wanted
    before = read(tmp_path, elsewhere).fingerprint
    mapped(tmp_path, text)
    assert categories(read(tmp_path)) == wanted
    assert read(tmp_path).fingerprint == before
    mapped(tmp_path, text.replace("fan,interior", "fan,human"))
    assert read(tmp_path).fingerprint != before


def test_the_fingerprint_follows_contents(tmp_path: Path, sound: Callable) -> None:
    sound(tmp_path / "rain" / "1.wav")
    before = read(tmp_path).fingerprint
    assert read(tmp_path).fingerprint == before
    sound(tmp_path / "rain" / "1.wav", hertz=501.0)
    assert read(tmp_path).fingerprint != before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("rain,natural\n", "header"),
        ("name,category\nrain,natural\n", "name,category"),
        ("folder,category\nrain\n", "line 2"),
        ("folder,category\nrain,natural,loud\n", "line 2"),
        ("folder,category\n,natural\n", "line 2"),
        ("folder,category\n\nrain,natural\nrain,human\n", "line 4"),
        ("folder,category\nrian,natural\n", "rain"),
        ('folder,category\n"rain,natural\n', "broken CSV"),
    ],
)
def test_a_map_that_says_no_category_is_refused(
    tmp_path: Path, text: str, said: str, sound: Callable, refusal: Callable
) -> None:
    sound(tmp_path / "rain" / "1.wav")
    message = refusal(Folder(tmp_path, mapped(tmp_path, text)))
    assert "categories.csv" in message
    assert said in message


def test_a_map_that_is_not_there_or_not_text(tmp_path: Path, sound: Callable, refusal: Callable) -> None:
    sound(tmp_path / "rain" / "1.wav")
    assert "--noise-map" in refusal(Folder(tmp_path, tmp_path / "none.csv"))
    (tmp_path / "latin.csv").write_bytes("folder,category\ncafé,crowd\n".encode("latin-1"))
    assert "UTF-8" in refusal(Folder(tmp_path, tmp_path / "latin.csv"))
    (tmp_path / "nul.csv").write_bytes(b"folder,category\nra\0in,natural\n")
    refusal(Folder(tmp_path, tmp_path / "nul.csv"))


def test_no_folder_given() -> None:
    with pytest.raises(UsageError, match="--noise-root"):
        read(None)


def test_folders_without_sounds(tmp_path: Path, sound: Callable, refusal: Callable) -> None:
    assert "--noise-root" in refusal(Folder(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    assert "--noise-root" in refusal(Folder(tmp_path / "empty"))
    sound(tmp_path / "bank" / "rain" / "1.wav")
    (tmp_path / "bank" / "human").mkdir()
    assert "bank/human" in refusal(Folder(tmp_path / "bank"))
    (tmp_path / "bank" / "human" / "notes.txt").write_text("x")
    assert "bank/human" in refusal(Folder(tmp_path / "bank"))


def test_everything_dropped(tmp_path: Path, sound: Callable, refusal: Callable) -> None:
    sound(tmp_path / "rain" / "1.wav")
    assert "no sound files" in refusal(Folder(tmp_path, mapped(tmp_path, "folder,category\n*,-\n")))


def test_loose_files_without_a_map(tmp_path: Path, sound: Callable, refusal: Callable) -> None:
    sound(tmp_path / "1.wav")
    assert "--noise-map" in refusal(Folder(tmp_path))


def test_bad_sounds_are_named(tmp_path: Path, sound: Callable, refusal: Callable) -> None:
    sound(tmp_path / "rain" / "1.wav")
    soundfile.write(tmp_path / "rain" / "2.wav", np.zeros(160), 16_000)
    assert "2.wav" in refusal(Folder(tmp_path))
    assert "silence" in refusal(Folder(tmp_path))
    (tmp_path / "rain" / "2.wav").write_bytes(b"rubbish")
    assert "2.wav" in refusal(Folder(tmp_path))
    (tmp_path / "rain" / "2.wav").rename(tmp_path / "rain" / "2.m4a")
    assert "2.m4a" in refusal(Folder(tmp_path))


def test_two_files_of_one_name(tmp_path: Path, sound: Callable, refusal: Callable) -> None:
    sound(tmp_path / "rain" / "1.wav")
    sound(tmp_path / "rain" / "1.flac")
    assert "1.wav" in refusal(Folder(tmp_path))
    assert "1.flac" in refusal(Folder(tmp_path))


def test_a_linked_folder_is_read(tmp_path: Path, sound: Callable) -> None:
    sound(tmp_path / "far" / "rain" / "1.wav")
    (tmp_path / "bank").mkdir()
    try:
        (tmp_path / "bank" / "rain").symlink_to(tmp_path / "far" / "rain", target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")
    assert categories(read(tmp_path / "bank")) == {"rain/1": "natural"}


@pytest.mark.skipif(not (DATA / "esc10").is_dir(), reason="the real recordings are not here")
def test_esc10_as_it_stands() -> None:
    noises = read(DATA / "esc10")
    assert Counter(categories(noises).values()) == {"natural": 200, "human": 80, "interior": 40}
    train, test = noises.part("train"), noises.part("test")
    assert not {clip.source for clip in train.clips} & {clip.source for clip in test.clips}
    assert len(train.clips) > 100
    assert len(test.clips) > 100


@pytest.mark.skipif(not (DATA / "nonspeech").is_dir(), reason="the real recordings are not here")
def test_nonspeech_with_a_map(tmp_path: Path) -> None:
    map = tmp_path / "map.csv"
    map.write_text("folder,category\nn[1-9].wav,crowd\nn1[0-7].wav,crowd\nn89.wav,human\nn9?.wav,human\n*,-\n")
    counts = Counter(categories(read(DATA / "nonspeech", map)).values())
    assert set(counts) == {"crowd", "human"}
    assert counts["human"] == 3
    assert counts["crowd"] >= 16
