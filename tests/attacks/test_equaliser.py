"""Equalisers and thresholds: what they change, how much of it, and what is asked of their parameters."""

from __future__ import annotations

import pytest
import torch

from attacks.equaliser import Equaliser
from attacks.spectral_threshold import SpectralThreshold
from bench import SAMPLE_RATE, Heard, UsageError, keyed
from bench.audio.signal import snr_db
from bench.testing import applied, sample_effect_tools

BRIEF = "equaliser"
TOOLS = sample_effect_tools()
TIMES = torch.arange(16_000) / SAMPLE_RATE
VOICE = sum(torch.sin(2 * torch.pi * 200 * n * TIMES) / n for n in range(1, 30)) * 0.1


def of(effect: Equaliser | SpectralThreshold, sound: torch.Tensor = VOICE) -> torch.Tensor:
    return applied(effect, Heard(sound, "a"), TOOLS, keyed(0))[0].waveform


def level(sound: torch.Tensor, hertz: float) -> float:
    return float((sound * torch.exp(-2j * torch.pi * hertz * TIMES)).mean().abs())


@pytest.mark.parametrize("decibels", [10.1, 20.0])
def test_the_change_has_the_level(decibels: float) -> None:
    for gains in ((0.0, -1.0), (-1.0, 0.0, 1.0), (0.5, -0.2, 1.0, -1.0)):
        assert float(snr_db(VOICE, of(Equaliser(gains, decibels)))) == pytest.approx(decibels, abs=0.02)
    for window in (0, 64, 512, 4096):
        assert decibels <= float(snr_db(VOICE, of(SpectralThreshold(window, decibels)))) < decibels + 5


def test_bands_go_where_their_gains_say() -> None:
    up, down = of(Equaliser((1.0, 0.0, -1.0))), of(Equaliser((-1.0, 0.0, 1.0)))
    for hertz in (200, 5600):
        assert (level(up, hertz) > level(VOICE, hertz)) is (hertz == 200)
        assert (level(down, hertz) > level(VOICE, hertz)) is (hertz == 5600)
    treble = of(Equaliser((0.0, 0.0, 0.0, -1.0)))
    assert level(treble, 5600) < 0.3 * level(VOICE, 5600), "what is weak is weakened at nearly no cost"
    assert level(treble, 200) == pytest.approx(level(VOICE, 200), rel=0.01)


def test_the_weak_is_left_out_and_the_strong_is_kept() -> None:
    left = of(SpectralThreshold(0))
    assert level(left, 200) == pytest.approx(level(VOICE, 200), rel=1e-3)
    assert level(left, 5600) < 1e-5 < level(VOICE, 5600)


@pytest.mark.parametrize("effect", [Equaliser(), SpectralThreshold(), SpectralThreshold(0), SpectralThreshold(4096)])
def test_short_sounds_clicks_and_silent_heads_come_out_as_numbers(effect: Equaliser | SpectralThreshold) -> None:
    click, head = torch.zeros(8_000), VOICE.clone()
    click[4_000], head[:8_000] = 0.5, 0.0
    for sound in (VOICE[:800], VOICE[:401], click, head):
        found = effect.apply(Heard(sound, "a"), TOOLS, keyed(0))
        assert found is None or bool(found.waveform.isfinite().all())
    assert effect.apply(Heard(torch.zeros(8_000), "a"), TOOLS, keyed(0)) is None


def test_parameters_that_make_no_sense_are_named() -> None:
    for wrong in (
        {"gains": ()},
        {"gains": (1.0,)},
        {"gains": (0.0, 0.0)},
        {"gains": (1.0, float("nan"))},
        {"snr_db": -1},
    ):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            Equaliser(**wrong)  # type: ignore[arg-type]
    for odd in ({"window": 31}, {"window": 333}, {"snr_db": 61}):
        with pytest.raises(UsageError, match=next(iter(odd))):
            SpectralThreshold(**odd)
