"""Levels: RMS, what counts as silence, and one sound at the level of another."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.audio.signal.levels import audible, levelled, rms


@settings(max_examples=40, deadline=None)
@given(samples=st.integers(2, 20_000), own=st.floats(1e-4, 1), other=st.floats(1e-4, 1), level_db=st.floats(-40, 20))
def test_a_levelled_sound_has_the_others_rms(samples: int, own: float, other: float, level_db: float) -> None:
    generator = torch.Generator().manual_seed(samples)
    sound, like = own * torch.randn(samples, generator=generator), other * torch.randn(300, generator=generator)
    result_db = 20 * torch.log10(rms(levelled(sound, like, level_db)) / rms(like))
    assert float(result_db) == pytest.approx(level_db, abs=0.01)


@pytest.mark.parametrize(
    ("waveform", "heard"),
    [
        (torch.empty(0), False),
        (torch.full((399,), 0.5), False),
        (torch.full((400,), 0.5), True),
        (torch.zeros(16_000), False),
        (torch.full((16_000,), 1e-7), False),
        (torch.full((16_000,), 1 / 32_768), True),
    ],
)
def test_what_is_empty_too_short_or_silent_is_not_audible(waveform: torch.Tensor, heard: bool) -> None:
    assert audible(waveform) is heard
