"""Noise-to-mask ratio: its sign, its size, and where it is not defined."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.audio.signal import mix
from bench.measures.auditory_masking import masking_threshold, power_spectra
from bench.measures.noise_to_mask import audible_share, noise_to_mask_db

NOISE = torch.randn(16_000, generator=torch.Generator().manual_seed(1)) * 0.1
OTHER = torch.randn(16_000, generator=torch.Generator().manual_seed(2)) * 0.1
TONE = 0.5 * torch.sin(2 * math.pi * 1000 * torch.arange(16_000) / 16_000)


def test_white_noise_of_the_same_level_is_heard() -> None:
    found = noise_to_mask_db(NOISE, NOISE + OTHER)
    assert found is not None
    assert 5 < found < 20
    assert audible_share(NOISE, NOISE + OTHER) == 1.0


def test_noise_far_below_the_threshold_is_not() -> None:
    found = noise_to_mask_db(NOISE, NOISE + 0.01 * OTHER)
    assert found is not None
    assert -35 < found < -20
    assert audible_share(NOISE, NOISE + 0.01 * OTHER) == 0.0


@settings(max_examples=20, deadline=None)
@given(st.floats(-60, 10))
def test_a_decibel_more_noise_is_a_decibel_more(gain_db: float) -> None:
    loud = noise_to_mask_db(NOISE, mix(NOISE, OTHER, snr_db=0.0).double())
    soft = noise_to_mask_db(NOISE, mix(NOISE.double(), OTHER.double(), snr_db=-gain_db))
    assert soft == pytest.approx((loud or 0.0) + gain_db, abs=0.01)


@pytest.mark.parametrize(("hz", "heard"), [(1000, False), (1062.5, False), (500, True), (4000, True)])
def test_a_tone_hides_a_soft_one_beside_it_but_not_one_far_off(hz: float, heard: bool) -> None:
    """Both 40 dB below; in whole frames, since a sine that sets in is heard everywhere."""
    soft = 0.005 * torch.sin(2 * math.pi * hz * torch.arange(16_000) / 16_000 + 1)
    quotients = power_spectra(soft)[2:-2] / masking_threshold(power_spectra(TONE))[2:-2]
    assert bool((quotients > 1).any()) == heard


def test_the_share_counts_the_frames_that_have_noise() -> None:
    half = OTHER.clone()
    half[: 256 * 31] = 0.0
    assert audible_share(NOISE, NOISE + half) == pytest.approx(33 / 64)
    whole = noise_to_mask_db(NOISE, NOISE + OTHER)
    assert noise_to_mask_db(NOISE, NOISE + half) == pytest.approx((whole or 0.0) - 3, abs=0.5)


def test_noise_in_silence_is_judged_by_the_threshold_in_quiet() -> None:
    silence = torch.zeros(16_000)
    assert audible_share(silence, 1e-3 * OTHER) == 1.0
    assert audible_share(silence, 1e-7 * OTHER) == 0.0


def test_nothing_changed() -> None:
    assert noise_to_mask_db(NOISE, NOISE) == -math.inf
    assert audible_share(NOISE, NOISE) == 0.0


@pytest.mark.parametrize("measure", [noise_to_mask_db, audible_share])
@pytest.mark.parametrize("length", [0, 15_999])
def test_it_is_not_defined_for_another_length_and_for_no_sound(measure, length: int) -> None:
    original = NOISE if length else NOISE[:0]
    assert measure(original, NOISE[:length]) is None


def test_a_handful_of_samples_has_a_threshold() -> None:
    """They lie in two frames, at the edge of one of them, where its window is 0."""
    assert audible_share(NOISE[:5], NOISE[:5] + OTHER[:5]) == 0.5
