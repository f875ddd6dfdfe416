"""P1's first signal manipulations, each by what it promises."""

from __future__ import annotations

import pytest
import torch

from attacks.fade_in import FadeIn
from attacks.fade_out import FadeOut
from attacks.pitch import Pitch
from attacks.speed_utterance import SpeedUtterance
from bench import SAMPLE_RATE, Attack, UsageError, Utterance, keyed
from bench.testing import sample_tools

FLAT = Utterance("flat", torch.full((3 * SAMPLE_RATE,), 0.5), speaker="a")


def made(attack: Attack, original: Utterance = FLAT) -> torch.Tensor:
    asked = list(attack.search(original, sample_tools(), keyed(0)))
    assert len(asked) == 1
    return asked[0].waveform


def test_fade_out_loses_two_per_cent_of_the_original_a_second() -> None:
    faded = made(FadeOut())
    assert faded[[0, SAMPLE_RATE, 2 * SAMPLE_RATE]].tolist() == pytest.approx([0.5, 0.49, 0.48])


def test_fade_in_ends_at_the_original_level() -> None:
    faded = made(FadeIn())
    assert faded[[-1, -1 - SAMPLE_RATE, -1 - 2 * SAMPLE_RATE]].tolist() == pytest.approx([0.5, 0.49, 0.48])


@pytest.mark.parametrize("fade", [FadeIn(percent_per_s=60), FadeOut(percent_per_s=60)])
def test_a_steep_fade_ends_in_silence_and_never_turns_over(fade: Attack) -> None:
    faded = made(fade)
    assert float(faded.min()) == 0.0
    assert float(faded.max()) <= 0.5


def test_speed_utterance_changes_the_length_by_its_rate() -> None:
    assert len(made(SpeedUtterance(1.25))) == round(3 * SAMPLE_RATE / 1.25)
    assert len(made(SpeedUtterance(0.75))) == round(3 * SAMPLE_RATE / 0.75)


def test_pitch_keeps_the_length() -> None:
    assert len(made(Pitch(1.25))) == len(made(Pitch(0.75))) == 3 * SAMPLE_RATE


@pytest.mark.parametrize("samples", [1, 7, 399, 5000])
@pytest.mark.parametrize("attack", [FadeIn(), FadeOut(), Pitch(), Pitch(0.75), SpeedUtterance(), SpeedUtterance(0.75)])
def test_short_utterances_stay_finite_and_the_original_is_left_alone(attack: Attack, samples: int) -> None:
    original = Utterance("short", torch.rand(samples, generator=torch.Generator().manual_seed(samples)) - 0.5, "a")
    before = original.waveform.clone()
    assert made(attack, original).isfinite().all()
    assert torch.equal(original.waveform, before)


@pytest.mark.parametrize(
    ("component", "value"),
    [(FadeIn, 0.0), (FadeOut, 101.0), (SpeedUtterance, 1.0), (SpeedUtterance, 0.1), (Pitch, 1.0), (Pitch, 9.0)],
)
def test_amounts_out_of_range_are_named(component: type, value: float) -> None:
    with pytest.raises(UsageError, match="parameter"):
        component(value)
