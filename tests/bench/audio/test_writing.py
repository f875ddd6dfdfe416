"""Samples as 16-bit PCM at any rate: what is found without a file is what a file gives back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from bench.audio.reading import read_audio
from bench.audio.writing import as_pcm, pcm_of

RATES = (8_000, 11_025, 16_000, 22_050, 44_100, 48_000)


def noise(samples: int, seed: int = 0) -> torch.Tensor:
    """Noise of all frequencies, a part of it beyond full scale once it is resampled."""
    drawn = np.random.default_rng(seed).uniform(-1, 1, samples)
    return torch.from_numpy(drawn).float()


def through_a_file(waveform: torch.Tensor, rate: int, path: Path) -> torch.Tensor:
    """What a file has, as corpora read it."""
    soundfile.write(path, pcm_of(waveform, rate), rate, subtype="PCM_16")
    assert soundfile.info(path).samplerate == rate
    return read_audio(path)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("samples", [4_410, 16_000])
def test_it_is_what_a_file_gives_back(tmp_path: Path, rate: int, samples: int) -> None:
    given = noise(samples)
    assert torch.equal(as_pcm(given, rate), through_a_file(given, rate, tmp_path / "one.wav"))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("samples", [1_001, 4_409, 15_999])
def test_what_was_read_from_a_file_comes_back_as_long_as_it_was(tmp_path: Path, rate: int, samples: int) -> None:
    """However many samples the file has, which need be no whole number at 16 kHz."""
    pcm = np.random.default_rng(1).integers(-9_000, 9_000, samples).astype(np.int16)
    soundfile.write(tmp_path / "first.wav", pcm, rate, subtype="PCM_16")
    read = read_audio(tmp_path / "first.wav")
    again = through_a_file(read, rate, tmp_path / "again.wav")
    assert again.shape == read.shape
    assert torch.equal(as_pcm(read, rate), again)


def test_at_sixteen_kilohertz_it_rounds_and_does_nothing_else() -> None:
    given = noise(999)
    assert torch.equal(as_pcm(given), (given * 32_768).round().clamp(-32_768, 32_767) / 32_768)
    assert torch.equal(as_pcm(as_pcm(given)), as_pcm(given))


@pytest.mark.parametrize("samples", [0, 1, 7])
def test_the_shortest_sounds_keep_their_length(samples: int) -> None:
    for rate in RATES:
        assert as_pcm(noise(samples), rate).shape == (samples,)


def test_a_lower_rate_takes_away_what_lies_above_half_of_it() -> None:
    time = torch.arange(16_000) / 16_000
    low, high = (0.3 * torch.sin(2 * torch.pi * hertz * time) for hertz in (1_000, 6_000))
    through = as_pcm(low + high, 8_000)
    assert float((through - low)[500:-500].abs().max()) < 1e-3
    assert float((as_pcm(low + high, 48_000) - low - high)[500:-500].abs().max()) < 1e-3
