"""Fundamental frequency on tones and noise; hesitations at the pitch and of the spectrum that they promise."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import SAMPLE_RATE, keyed
from bench.audio.signal.voice import f0, hesitation, median_f0


def tone(hz: float, seconds: float = 0.5, harmonics: int = 6, level: float = 0.1) -> torch.Tensor:
    time = torch.arange(round(seconds * SAMPLE_RATE), dtype=torch.float64) / SAMPLE_RATE
    return sum(torch.sin(2 * torch.pi * hz * n * time + n) / n for n in range(1, harmonics + 1)).mul(level).float()


@settings(max_examples=60, deadline=None)
@given(hz=st.floats(70, 450), harmonics=st.integers(1, 8), level=st.floats(1e-3, 1.0))
def test_every_frame_of_a_tone_is_within_one_per_cent(hz: float, harmonics: int, level: float) -> None:
    found = f0(tone(hz, 0.2, harmonics, level))
    assert len(found) > 10
    assert ((found / hz - 1).abs() < 0.01).all()


@pytest.mark.parametrize("hz", [90.0, 150.0, 240.0])
def test_a_tone_in_noise_is_still_found(hz: float) -> None:
    noisy = tone(hz) + 0.01 * torch.randn(SAMPLE_RATE // 2, generator=torch.Generator().manual_seed(1))
    assert median_f0(noisy) == pytest.approx(hz, rel=0.01)


def test_a_gliding_tone_is_followed() -> None:
    samples = SAMPLE_RATE
    hz = torch.linspace(120, 240, samples, dtype=torch.float64)
    glide = torch.sin(2 * torch.pi * torch.cumsum(hz, 0) / SAMPLE_RATE).float()
    found = f0(glide)
    middles = torch.arange(len(found)) * 160 + 330
    assert ((found / hz[middles] - 1).abs() < 0.03).all()


def test_a_missing_fundamental_is_found_as_ears_do() -> None:
    time = torch.arange(SAMPLE_RATE) / SAMPLE_RATE
    assert median_f0(sum(torch.sin(2 * torch.pi * 120 * n * time) for n in (2, 3, 4))) == pytest.approx(120, rel=0.01)


def test_noise_and_silence_have_no_pitch() -> None:
    assert median_f0(torch.randn(SAMPLE_RATE, generator=torch.Generator().manual_seed(2))) is None
    assert median_f0(torch.zeros(SAMPLE_RATE)) is None
    assert median_f0(torch.full((SAMPLE_RATE,), 0.5)) is None


def test_a_batch_gives_what_its_rows_give_alone() -> None:
    rows = torch.stack([tone(100), tone(200), torch.zeros(SAMPLE_RATE // 2)])
    together = f0(rows)
    for row, alone in zip(together, rows, strict=True):
        torch.testing.assert_close(row, f0(alone), equal_nan=True)


@pytest.mark.parametrize("samples", [1, 100, 667, 669])
def test_short_sounds_have_one_frame(samples: int) -> None:
    assert f0(torch.zeros(samples)).shape == (1,)


@pytest.mark.parametrize("kind", ["uh", "um"])
@pytest.mark.parametrize("hz", [85.0, 130.0, 220.0, 330.0])
def test_a_hesitation_has_the_pitch_asked_for(kind: str, hz: float) -> None:
    sound = hesitation(kind, hz, 0.4, keyed(kind, hz))  # type: ignore[arg-type]
    assert sound.shape == (round(0.4 * SAMPLE_RATE),)
    assert sound.isfinite().all()
    assert float(sound.square().mean().sqrt()) == pytest.approx(1, abs=1e-4)
    assert median_f0(sound) == pytest.approx(hz, rel=0.02)


def share_above(sound: torch.Tensor, hz: float) -> float:
    """How much of the energy lies above a frequency."""
    power = torch.fft.rfft(sound * torch.hann_window(len(sound))).abs().square()
    return float(power[torch.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE) > hz].sum() / power.sum())


def test_an_um_closes_its_mouth_and_an_uh_does_not() -> None:
    um, uh = (hesitation(kind, 120.0, 0.4, keyed(1)) for kind in ("um", "uh"))
    half = len(um) // 2
    assert share_above(um[half + 800 :], 400) < 0.2 * share_above(um[:half], 400)
    assert share_above(uh[half + 800 :], 400) > 0.5 * share_above(uh[:half], 400)
    assert float(um[half + 800 :].square().mean()) < 0.4 * float(um[:half].square().mean())


def test_the_same_key_gives_the_same_hesitation_and_another_does_not() -> None:
    one, same, other = (hesitation("uh", 120.0, 0.3, keyed(key)) for key in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
