"""T60 of decays whose T60 is known, and the direct path of responses whose peak comes late."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from bench.audio.signal.rooms import direct_path, t60_s


def decay(seconds: float, length_s: float, noise_db: float = -200.0, rate: int = 16_000, seed: int = 0) -> Tensor:
    """White noise that falls by 60 dB in so many seconds, over noise so far below its beginning."""
    generator = torch.Generator().manual_seed(seed)
    time = torch.arange(round(length_s * rate)) / rate
    sound, noise = (torch.randn(len(time), generator=generator, dtype=torch.float64) for _ in range(2))
    return sound * 10 ** (-3 * time / seconds) + noise * 10 ** (noise_db / 20)


@pytest.mark.parametrize("seconds", [0.2, 0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("noise_db", [-200.0, -60.0, -50.0])
@pytest.mark.parametrize("length", [1.0, 2.0])
def test_a_known_t60(seconds: float, noise_db: float, length: float) -> None:
    for seed in range(3):
        found = t60_s(decay(seconds, length * seconds, noise_db, seed=seed))
        assert found == pytest.approx(seconds, rel=0.05)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.3, 2.0), st.floats(1e-3, 1e3), st.integers(0, 9))
def test_neither_scale_nor_delay_matter(seconds: float, scale: float, seed: int) -> None:
    response = decay(seconds, 1.2 * seconds, -60.0, seed=seed)
    found = t60_s(response)
    assert found == pytest.approx(seconds, rel=0.05)
    delayed = torch.cat([torch.zeros(777, dtype=torch.float64), scale * response])
    assert t60_s(delayed) == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_another_rate(rate: int) -> None:
    assert t60_s(decay(0.6, 1.0, rate=rate), rate) == pytest.approx(0.6, rel=0.05)


def test_an_exact_exponential() -> None:
    time = torch.arange(16_000, dtype=torch.float64) / 16_000
    assert t60_s(10 ** (-3 * time / 0.5)) == pytest.approx(0.5, rel=1e-3)
    assert t60_s(10 ** (-3 * time[:8_000] / 0.5)) == pytest.approx(0.5, rel=1e-3), "cut off at -60 dB"


@pytest.mark.parametrize("length_s", [0.45, 0.503, 0.9])
def test_digital_silence_after_the_decay_changes_nothing(length_s: float) -> None:
    response = decay(0.5, length_s)
    padded = torch.cat([response, torch.zeros(16_000, dtype=torch.float64)])
    assert t60_s(padded) == pytest.approx(t60_s(response), rel=1e-9)


def test_what_cannot_be_measured() -> None:
    assert t60_s(decay(0.5, 1.0, noise_db=-15.0)) is None
    assert t60_s(torch.ones(16_000)) is None
    assert t60_s(torch.zeros(16_000)) is None
    assert t60_s(torch.ones(1)) is None
    assert t60_s(torch.eye(1, 8_000)[0]) is None


def test_the_direct_path_is_the_first_arrival_within_20_db() -> None:
    response = torch.zeros(1_000)
    response[100], response[300], response[700] = 0.09, -0.11, 1.0
    assert direct_path(response) == 300
    assert direct_path(-response * 1e-4) == 300
    assert direct_path(torch.full((3,), math.pi)) == 0
