"""The noise in an utterance: of known level and colour under tones with pauses, and under real speech."""

from __future__ import annotations

import itertools
import math
from functools import cache
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from bench import SAMPLE_RATE
from bench.audio.signal.noise_estimate import SHORTEST_S, _gain, estimate_noise
from bench.testing import sample_utterances

EMODB = Path(__file__).parents[5] / "shared" / "data" / "emodb" / "wav"
SLOPES = {"white": 0.0, "pink": -0.5, "brown": -1.0, "blue": 0.5}
"""The exponent of frequency in a colour's amplitude."""


def noise(samples: int, colour: str, seed: int) -> Tensor:
    """Gaussian noise of one colour, mean 0, variance 1."""
    white = torch.randn(samples, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    spectrum = torch.fft.rfft(white)
    hz = torch.linspace(0, SAMPLE_RATE / 2, len(spectrum), dtype=torch.float64).clamp(min=20)
    found: Tensor = torch.fft.irfft(spectrum * hz ** SLOPES[colour], n=samples)
    return (found - found.mean()) / found.std(correction=0)


@cache
def speech_like(seed: int, seconds: float = 3.0) -> Tensor:
    """Words of 0.2 to 0.5 s, harmonics that glide and swell, with pauses of 0.1 to 0.3 s; nothing else. RMS 1."""
    draw = torch.Generator().manual_seed(seed)
    parts, left = [], round(seconds * SAMPLE_RATE)
    while left > 0:
        length, pause, pitch, glide = torch.rand(4, generator=draw, dtype=torch.float64).tolist()
        time = torch.arange(round((0.2 + 0.3 * length) * SAMPLE_RATE), dtype=torch.float64) / SAMPLE_RATE
        phase = 2 * math.pi * torch.cumsum((110 + 120 * pitch) * (1 + (glide - 0.5) * time), 0) / SAMPLE_RATE
        voice = torch.stack([torch.sin(n * phase + n * n) / n for n in range(1, 30)]).sum(dim=0)
        parts += [voice * torch.hann_window(len(time), dtype=torch.float64).sqrt() * (0.5 + pitch)]
        parts += [torch.zeros(round((0.1 + 0.2 * pause) * SAMPLE_RATE), dtype=torch.float64)]
        left -= sum(map(len, parts[-2:]))
    found = torch.cat(parts)[: round(seconds * SAMPLE_RATE)]
    return found / found.square().mean().sqrt()


def variances(sounds: list[Tensor]) -> Tensor:
    padded = torch.nn.utils.rnn.pad_sequence([sound.float() for sound in sounds], batch_first=True)
    return estimate_noise(padded, torch.tensor([len(sound) for sound in sounds])).variance


def error_db(sound: Tensor, variance: float) -> float:
    """How far the estimate lies above the true variance, in dB."""
    found = estimate_noise(sound[None].float(), torch.tensor([len(sound)]))
    return 10 * math.log10(float(found.variance) / variance)


@pytest.mark.parametrize("colour", list(SLOPES))
@pytest.mark.parametrize("snr_db", [0, 10, 20])
def test_noise_of_known_level_is_found_within_one_db(colour: str, snr_db: int) -> None:
    level = 0.1 * 10 ** (-snr_db / 20)
    speech = [0.1 * speech_like(seed) for seed in range(3)]
    noisy = [one + level * noise(len(one), colour, seed) for seed, one in enumerate(speech)]
    errors = 10 * (variances(noisy) / level**2).log10()
    assert bool((errors.abs() < 1).all()), errors


@pytest.mark.parametrize("snr_db", [0, 10, 20])
def test_noise_under_the_samples_of_the_harness_with_pauses_between_them(snr_db: int) -> None:
    pause = torch.zeros(SAMPLE_RATE // 5)
    speech = torch.cat([part for u in sample_utterances(1, each=1) for part in (u.waveform, pause)]).double()
    level = float(speech.square().mean().sqrt()) * 10 ** (-snr_db / 20)
    for seed in range(3):
        assert abs(error_db(speech + level * noise(len(speech), "white", seed), level**2)) < 1, seed


def test_a_steady_tone_without_a_pause_passes_for_noise() -> None:
    tone = 0.1 * torch.sin(2 * math.pi * 440 * torch.arange(SAMPLE_RATE, dtype=torch.float64) / SAMPLE_RATE)
    assert abs(error_db(tone, 0.1**2 / 2)) < 3


@settings(max_examples=40, deadline=None)
@given(
    seconds=st.floats(0.4, 5), level_db=st.floats(-80, -10), colour=st.sampled_from(list(SLOPES)), seed=st.integers(0)
)
def test_noise_alone_is_all_noise(seconds: float, level_db: float, colour: str, seed: int) -> None:
    hiss = noise(round(seconds * SAMPLE_RATE), colour, seed % 2**60) * 10 ** (level_db / 20)
    assert abs(error_db(hiss, float(hiss.square().mean()))) < 1


@pytest.mark.skipif(not EMODB.is_dir(), reason="needs ../shared/data/emodb: real speech")
def test_noise_under_real_speech() -> None:
    """Recordings whose own noise, as it is estimated, is at least 12 dB below what is added: most within 1 dB."""
    import soundfile

    speech = [torch.from_numpy(soundfile.read(path)[0]) for path in sorted(EMODB.glob("*.wav"))[::13]]
    power = torch.stack([sound.var() for sound in speech])
    clean = [sound for sound, own in zip(speech, variances(speech) / power, strict=True) if own < 10**-3.2]
    assert len(clean) >= 4
    for colour, snr_db in itertools.product(("white", "pink"), (0, 10, 20)):
        true = torch.stack([sound.var() for sound in clean]) * 10 ** (-snr_db / 10)
        noises = [noise(len(sound), colour, seed) for seed, sound in enumerate(clean)]
        noisy = [s + v.sqrt() * n for s, v, n in zip(clean, true, noises, strict=True)]
        error = 10 * torch.log10(variances(noisy) / true)
        assert error.mean().abs() < 0.5
        assert (error.abs() < 1).double().mean() > 0.85, (colour, snr_db, error)
        assert error.abs().max() < 2


def test_the_mean_is_the_offset_and_no_part_of_the_variance() -> None:
    speech, hiss = 0.1 * speech_like(1), 0.005 * noise(3 * SAMPLE_RATE, "white", 1)
    found = estimate_noise((speech + hiss + 0.02)[None].float(), torch.tensor([len(speech)]))
    without = estimate_noise((speech + hiss)[None].float(), torch.tensor([len(speech)]))
    assert float(found.mean) - float(without.mean) == pytest.approx(0.02, abs=1e-6)
    assert float(found.variance) == pytest.approx(float(without.variance), rel=1e-3)


def test_what_hums_below_every_voice_is_noise() -> None:
    speech = 0.1 * speech_like(2)
    hum = 0.03 * torch.sin(2 * math.pi * 20 * torch.arange(len(speech), dtype=torch.float64) / SAMPLE_RATE)
    assert abs(error_db(speech + hum + 1e-4 * noise(len(speech), "white", 2), 0.03**2 / 2)) < 0.5


def test_twice_as_loud_is_twice_as_loud() -> None:
    sound = 0.1 * speech_like(3) + 0.01 * noise(3 * SAMPLE_RATE, "pink", 3)
    one, two = (estimate_noise(sound[None].float() * gain, torch.tensor([len(sound)])) for gain in (1, 2))
    assert float(two.variance / one.variance) == pytest.approx(4, rel=1e-4)


def test_a_batch_gives_what_its_rows_give_alone() -> None:
    lengths = [3 * SAMPLE_RATE, 9_000, 4_000, 17_777, 100, 48_000]
    rows = [(0.1 * speech_like(n) + 0.01 * noise(48_000, "white", n))[:length] for n, length in enumerate(lengths)]
    rows[2] *= 0
    together = estimate_noise(
        torch.nn.utils.rnn.pad_sequence([row.float() for row in rows], batch_first=True), torch.tensor(lengths)
    )
    assert together.known.tolist() == [True, True, False, True, False, True]
    for index, row in enumerate(rows):
        alone = estimate_noise(row.float()[None], torch.tensor([len(row)]))
        for name in ("mean", "variance"):
            both = getattr(together, name)[index], getattr(alone, name)[0]
            torch.testing.assert_close(*both, rtol=1e-8, atol=0, equal_nan=True)


def test_digital_silence_around_a_recording_is_no_pause() -> None:
    sound = 0.1 * speech_like(4) + 0.01 * noise(3 * SAMPLE_RATE, "white", 4)
    gap = torch.zeros(SAMPLE_RATE, dtype=torch.float64)
    assert abs(error_db(torch.cat([gap, sound, gap, gap]), 1e-4)) < 1


@pytest.mark.parametrize(
    "sound",
    [
        torch.zeros(SAMPLE_RATE),
        torch.full((SAMPLE_RATE,), 0.3),
        torch.zeros(0),
        torch.ones(1),
        0.1 * torch.randn(round(SHORTEST_S * SAMPLE_RATE) - 300, generator=torch.Generator().manual_seed(0)),
        1e-8 * torch.randn(SAMPLE_RATE, generator=torch.Generator().manual_seed(0)),
    ],
    ids=["silence", "an offset alone", "nothing", "one sample", "short", "softer than silence"],
)
def test_where_noise_cannot_be_estimated(sound: Tensor) -> None:
    found = estimate_noise(sound[None], torch.tensor([len(sound)]))
    assert not found.known.any()
    assert found.mean.isnan().all()
    assert found.variance.isnan().all()


def test_the_gain_is_that_of_ephraim_and_malah() -> None:
    """Their equation 7 as it is printed where that does not overflow, and Wiener's gain, its limit, where it does."""
    prior, posterior = torch.meshgrid(*[torch.logspace(-2, 1, 9, dtype=torch.float64)] * 2, indexing="ij")
    v = prior / (1 + prior) * posterior
    bessel = (1 + v) * torch.special.i0(v / 2) + v * torch.special.i1(v / 2)
    printed = math.gamma(1.5) * v.sqrt() / posterior * torch.exp(-v / 2) * bessel
    torch.testing.assert_close(_gain(prior, posterior), printed)
    loud = torch.tensor([1e6, 1e9], dtype=torch.float64)
    torch.testing.assert_close(_gain(loud, loud), loud / (1 + loud), rtol=1e-5, atol=0)
