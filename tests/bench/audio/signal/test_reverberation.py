"""Convolution against SciPy; the simulated room by what it promises, measured after Schroeder."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import fftconvolve

from bench import SAMPLE_RATE, keyed
from bench.audio.signal.reverberation import convolve, polack


@settings(max_examples=60, deadline=None)
@given(samples=st.integers(1, 20_000), response=st.integers(1, 30_000), level=st.floats(1e-3, 10))
def test_convolution_agrees_with_scipy(samples: int, response: int, level: float) -> None:
    rng = keyed(samples, response)
    dry, room = (rng.standard_normal(size).astype(np.float32) for size in (samples, response))
    room *= np.float32(level)
    expected = fftconvolve(dry.astype(float), room.astype(float))[:samples]
    ours = convolve(torch.from_numpy(dry), torch.from_numpy(room))
    assert ours.shape == (samples,)
    np.testing.assert_allclose(ours.numpy(), expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_rows_of_a_batch_are_convolved_one_by_one() -> None:
    rows, room = (torch.from_numpy(keyed(0).standard_normal(shape)) for shape in ((3, 500), (100,)))
    torch.testing.assert_close(convolve(rows, room)[1], convolve(rows[1], room))


def schroeder_t60(response: torch.Tensor) -> float:
    """T60 from the slope of the backward integrated energy between −5 and −35 dB (ISO 3382)."""
    energy = np.cumsum(response.double().square().numpy()[::-1])[::-1]
    decay_db = 10 * np.log10(energy / energy[0])
    inside = np.flatnonzero((decay_db <= -5) & (decay_db >= -35))
    return float(-60 / np.polyfit(inside / SAMPLE_RATE, decay_db[inside], 1)[0])


@pytest.mark.parametrize("t60_s", [0.2, 0.5, 1.0, 2.5])
@pytest.mark.parametrize("seed", range(3))
def test_the_simulated_room_decays_as_asked(t60_s: float, seed: int) -> None:
    assert schroeder_t60(polack(t60_s, 0.0, keyed(seed))[1:]) == pytest.approx(t60_s, rel=0.06)


@settings(max_examples=40, deadline=None)
@given(t60_s=st.floats(0.05, 3), direct_db=st.floats(-30, 40))
def test_the_direct_sound_is_as_far_above_the_rest_as_asked(t60_s: float, direct_db: float) -> None:
    room = polack(t60_s, direct_db, keyed(0)).double()
    assert float(room[0]) == 1
    assert 10 * float(torch.log10(room[0].square() / room[1:].square().sum())) == pytest.approx(direct_db, abs=0.01)
