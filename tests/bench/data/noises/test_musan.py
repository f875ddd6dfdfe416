"""MUSAN in its published layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.core.showing.progress import Silent
from bench.data.noises.musan import Musan

SUBSETS = (
    *("noise/free-sound", "noise/sound-bible", "music/fma", "music/fma-western-art", "music/hd-classical"),
    *("music/jamendo", "music/rfm", "speech/librivox", "speech/us-gov"),
)


@pytest.fixture
def musan(tmp_path: Path, sound: Callable, litter: Callable) -> Path:
    """Two files in each folder, with the texts that stand beside them; one of the noises is long."""
    root = tmp_path / "musan"
    for order, subset in enumerate(SUBSETS):
        for number in range(2):
            name = f"{subset.replace('/', '-').replace('western-art', 'wa')}-{number:04d}.wav"
            seconds = 130 if name == "noise-free-sound-0001.wav" else 0.1
            sound(root / subset / name, hertz=300 + 20 * order + number, seconds=seconds)
        for text in ("LICENSE", "ANNOTATIONS"):
            (root / subset / text).write_text("x")
    (root / "README").write_text("MUSAN")
    (root / "noise" / "README").write_text("x")
    litter(root)
    litter(root / "noise")
    return root


def test_the_noises_are_read_unless_asked(musan: Path) -> None:
    noises = Musan(musan).read(Silent())
    assert noises.name == "musan"
    assert noises.categories == ("noise",)
    assert {clip.label for clip in noises.clips} == {"free-sound", "sound-bible"}
    assert noises.clips[0].id == "noise/free-sound/noise-free-sound-0000"
    assert len({clip.source for clip in noises.clips}) == 4


def test_long_files_are_cut_and_keep_their_source(musan: Path) -> None:
    noises = Musan(musan).read(Silent())
    pieces = [clip for clip in noises.clips if clip.source == "noise-free-sound-0001"]
    assert [clip.id.rpartition("#")[2] for clip in pieces] == ["1.1", "1.2", "2.1", "2.2"]
    assert all(30 * 16_000 <= len(clip.waveform) < 45 * 16_000 for clip in pieces)
    train, test = noises.part("train"), noises.part("test")
    assert not {clip.source for clip in train.clips} & {clip.source for clip in test.clips}
    assert len(train.clips) + len(test.clips) == len(noises.clips) == 7


def test_parts_alone_are_read_whatever_their_order(musan: Path) -> None:
    noises = Musan(musan, parts=("speech", "music")).read(Silent())
    assert Counter(clip.category for clip in noises.clips) == {"music": 10, "speech": 4}
    assert {clip.label for clip in noises.of("speech")} == {"librivox", "us-gov"}
    assert [clip.category for clip in noises.clips] == ["music"] * 10 + ["speech"] * 4
    assert noises.fingerprint == Musan(musan, parts=("music", "speech")).read(Silent()).fingerprint


@pytest.mark.parametrize("parts", [(), ("babble",), ("music", "music")])
def test_parts_that_there_are_not(parts: tuple) -> None:
    with pytest.raises(UsageError, match="'parts'"):
        Musan(parts=parts)


def test_folders_that_are_wrong(musan: Path, sound: Callable, refusal: Callable) -> None:
    assert f"give {musan} with" in refusal(Musan(musan.parent))
    (musan / "music" / "empty").mkdir()
    assert "empty: found no sound files" in refusal(Musan(musan, parts=("music",)))
    sound(musan / "speech" / "loose.wav")
    assert "loose.wav" in refusal(Musan(musan, parts=("speech",)))
    sound(musan / "noise" / "sound-bible" / "noise-sound-bible-0000.wav", hertz=0.0)
    message = refusal(Musan(musan))
    assert "noise-sound-bible-0000.wav" in message
    assert "silence" in message


def test_no_folder(tmp_path: Path, refusal: Callable) -> None:
    with pytest.raises(UsageError, match="--noise-root"):
        Musan().read(Silent())
    assert "no such folder" in refusal(Musan(tmp_path / "nowhere"))
    assert "no folder noise" in refusal(Musan(tmp_path))
    (tmp_path / "noise").mkdir()
    assert "noise: found no folder of sounds" in refusal(Musan(tmp_path))
