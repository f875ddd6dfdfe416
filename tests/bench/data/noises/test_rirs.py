"""Room responses: one channel, from their direct path on, at unit energy, with their T60."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from bench.core.errors import UsageError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Silent
from bench.data.noises.rirs import Rirs

DATA = Path(__file__).parents[5] / "shared" / "data" / "rir"


def response(t60_s: float, rate: int, delay_s: float = 0.05, seconds: float = 1.0) -> NDArray[np.float64]:
    """A direct path of 0.3 after a delay, a reflection twice as strong 20 ms later, and a tail of noise."""
    time = np.arange(round(seconds * rate)) / rate
    tail = 0.05 * np.random.default_rng(0).standard_normal(len(time)) * 10 ** (-3 * time / t60_s)
    tail[0], tail[round(0.02 * rate)] = 0.3, 0.6
    return np.concatenate([np.zeros(round(delay_s * rate)), tail])


def written(path: Path, *channels: NDArray[np.float64], rate: int = 16_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.stack(channels, axis=1), rate, subtype="FLOAT")


def read(root: Path, channel: int = 1) -> NoiseSet:
    return Rirs(root, channel).read(Silent())


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_a_response_begins_with_its_direct_path_and_has_unit_energy(tmp_path: Path, rate: int) -> None:
    written(tmp_path / "hall.wav", response(0.4, rate), rate=rate)
    (clip,) = read(tmp_path).clips
    wave = clip.waveform.numpy()
    assert (clip.id, clip.category, clip.source) == ("hall", "rir", "hall")
    exact = max(1, 2 * 16_000 // rate)  # two samples of the file: a click of 4 kHz rings before it comes
    direct, strongest = int(np.abs(wave[:40]).argmax()), int(np.abs(wave).argmax())
    assert abs(direct - 16) <= exact, "1 ms is kept before the direct path"
    assert abs(strongest - direct - 320) <= 1, "the strongest reflection stays 20 ms later"
    assert np.square(wave.astype(np.float64)).sum() == pytest.approx(1.0, abs=1e-5)
    assert np.abs(wave).max() <= 1.0
    assert float(clip.label.removeprefix("t60=").removesuffix("s")) == pytest.approx(0.4, rel=0.06)
    assert wave.dtype == np.float32


def test_a_lone_click_is_no_louder_than_full_scale(tmp_path: Path) -> None:
    written(tmp_path / "dry.wav", np.eye(1, 8_000, 160)[0] * 0.02)
    (clip,) = read(tmp_path).clips
    assert float(clip.waveform.abs().max()) == 1.0
    assert clip.label == ""


def test_channels_are_chosen_and_never_averaged(tmp_path: Path, refusal: Callable) -> None:
    left, right = response(0.4, 16_000), response(0.4, 16_000, delay_s=0.06)[: len(response(0.4, 16_000))]
    written(tmp_path / "brir.wav", left, -right)
    one, two = read(tmp_path).clips[0], read(tmp_path, 2).clips[0]
    assert one.waveform[16] > 0 > two.waveform[16]
    assert read(tmp_path).fingerprint != read(tmp_path, 2).fingerprint
    message = refusal(Rirs(tmp_path, 3))
    assert "brir.wav: found 2 channels; expected at least 3" in message


def test_channels_that_cancel_each_other(tmp_path: Path) -> None:
    left = response(0.4, 16_000)
    written(tmp_path / "opposed.wav", left, -left)
    assert len(read(tmp_path).clips) == 1


def test_a_folder_is_a_room(tmp_path: Path, litter: Callable) -> None:
    for name in ("kitchen/a", "kitchen/b", "hall/near/a", "hall/far/a", "loose"):
        written(tmp_path / f"{name}.wav", response(0.3, 16_000, seconds=0.6))
    litter(tmp_path)
    noises = read(tmp_path)
    assert noises.name == "rirs"
    assert [clip.source for clip in noises.clips] == ["hall/far", "hall/near", "kitchen", "kitchen", "loose"]
    train, test = noises.part("train"), noises.part("test")
    assert not {clip.source for clip in train.clips} & {clip.source for clip in test.clips}


def test_what_is_no_response_is_refused(tmp_path: Path, sound: Callable, refusal: Callable) -> None:
    file = tmp_path / "a.wav"
    sound(file, seconds=1.0)
    assert "a.wav: found a sound that does not fall by 15 dB" in refusal(Rirs(tmp_path))
    written(file, response(0.3, 16_000), np.zeros(16_800))
    assert len(read(tmp_path).clips) == 1
    assert "a.wav: found nothing but silence" in refusal(Rirs(tmp_path, 2))
    file.write_bytes(file.read_bytes()[:-400])
    assert "a.wav" in refusal(Rirs(tmp_path))
    file.write_bytes(b"rubbish")
    assert "a.wav" in refusal(Rirs(tmp_path))


def test_no_folder(tmp_path: Path, refusal: Callable) -> None:
    with pytest.raises(UsageError, match="--noise-root"):
        Rirs().read(Silent())
    with pytest.raises(UsageError, match="'channel'"):
        Rirs(channel=0)
    assert "no such folder" in refusal(Rirs(tmp_path / "nowhere"))
    assert "no sound files" in refusal(Rirs(tmp_path))


@pytest.mark.skipif(not DATA.is_dir(), reason="the real responses are not here")
def test_real_responses() -> None:
    noises = read(DATA)
    seconds = {clip.id: float(clip.label[4:-1]) for clip in noises.clips}
    assert len(seconds) == 7
    assert 0.1 < min(seconds.values()) == seconds["small_room"]
    assert seconds["small_room"] < seconds["medium_room"] < seconds["large_room"] < seconds["hall"] < 5.0
    for clip in noises.clips:
        assert int((clip.waveform.abs() > 0.1 * clip.waveform.abs().max()).nonzero()[0]) <= 16
