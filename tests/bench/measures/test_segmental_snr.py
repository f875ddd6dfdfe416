"""Segmental SNR against the same thing written with NumPy and loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measures.segmental_snr import segmental_snr_db

SPEECH = torch.from_numpy(
    (np.random.default_rng(3).standard_normal(12_345) * 0.1 * (1.2 + np.sin(np.arange(12_345) / 900))).astype("f4")
)


def by_loops(original: np.ndarray, candidate: np.ndarray) -> float:
    """Frame by frame, as the definition reads."""
    window = np.hanning(482)[1:-1]
    starts = range(0, len(original) - 479, 120)
    signal = [float(np.sum((window * original[start : start + 480]) ** 2)) for start in starts]
    noise = [float(np.sum((window * (candidate - original)[start : start + 480]) ** 2)) for start in starts]
    found = [
        min(35.0, max(-10.0, 10 * np.log10(s / n) if n else 35.0))
        for s, n in zip(signal, noise, strict=True)
        if s > max(signal) * 1e-4
    ]
    return float(np.mean(found))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**20), gain=st.floats(1e-4, 3.0), length=st.integers(480, 12_345), quiet=st.floats(1e-5, 1.0)
)
def test_it_is_what_loops_give(seed: int, gain: float, length: int, quiet: float) -> None:
    original = SPEECH[:length].clone()
    original[length // 3 : length // 2] *= quiet
    noise = torch.randn(length, generator=torch.Generator().manual_seed(seed)) * 0.1 * gain
    noise[: length // 4] = 0.0
    expected = by_loops(original.double().numpy(), (original + noise).double().numpy())
    assert segmental_snr_db(original, original + noise) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("snr_db", [-3.0, 0.0, 20.0])
def test_a_change_of_gain_has_the_same_ratio_in_every_frame(snr_db: float) -> None:
    assert segmental_snr_db(SPEECH, SPEECH * (1 + 10 ** (-snr_db / 20))) == pytest.approx(snr_db, abs=1e-4)


def test_it_keeps_within_its_limits() -> None:
    assert segmental_snr_db(SPEECH, SPEECH) == 35.0
    assert segmental_snr_db(SPEECH, SPEECH * 1.0001) == 35.0
    assert segmental_snr_db(SPEECH, SPEECH * 100) == -10.0


def test_noise_in_silence_does_not_count() -> None:
    original = torch.cat([SPEECH, torch.zeros(8_000)])
    candidate = torch.cat([SPEECH * 1.1, torch.full((8_000,), 0.001)])
    assert segmental_snr_db(original, candidate) == pytest.approx(20.0, abs=0.1)


@pytest.mark.parametrize(
    ("original", "candidate"),
    [
        (SPEECH, SPEECH[1:]),
        (SPEECH[:479], SPEECH[:479]),
        (torch.zeros(8_000), SPEECH[:8_000]),
        (SPEECH[:0], SPEECH[:0]),
    ],
    ids=["another length", "shorter than a frame", "silence", "no sound"],
)
def test_it_is_not_defined_for(original: torch.Tensor, candidate: torch.Tensor) -> None:
    assert segmental_snr_db(original, candidate) is None
