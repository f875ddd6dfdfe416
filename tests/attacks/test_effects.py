"""P1's fades, pitch and speed, each by what it promises, and against other measurements of it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.fade_in import FadeIn
from attacks.fade_out import FadeOut
from attacks.pitch import Pitch
from attacks.speed_segment import SpeedSegment
from attacks.speed_utterance import SpeedUtterance
from bench import SAMPLE_RATE, Heard, SpeechEffect, UsageError, Word, keyed
from bench.audio.signal import snr_db
from bench.audio.signal.voice import f0, median_f0
from bench.testing import applied, sample_effect_tools

TOOLS = sample_effect_tools()
FLAT = Heard(torch.full((3 * SAMPLE_RATE,), 0.5), "a")


def voiced(hz: float, seconds: float = 2.0) -> Heard:
    time = torch.arange(round(seconds * SAMPLE_RATE), dtype=torch.float64) / SAMPLE_RATE
    wave = sum(torch.sin(2 * torch.pi * hz * n * time) / n for n in range(1, 8)).mul(0.1).float()
    words = (Word("one", 0.1, 0.9), Word("two", 1.0, seconds))
    return Heard(wave, "a", transcript="One two.", words=words)


def candidate(effect: SpeechEffect, original: Heard = FLAT, key: int = 0) -> Heard:
    asked = applied(effect, original, TOOLS, keyed(key))
    assert len(asked) == 1
    return asked[0]


def made(effect: SpeechEffect, original: Heard = FLAT) -> torch.Tensor:
    return candidate(effect, original).waveform


def test_fade_out_loses_two_per_cent_of_the_original_a_second() -> None:
    faded = made(FadeOut())
    assert faded[[0, SAMPLE_RATE, 2 * SAMPLE_RATE]].tolist() == pytest.approx([0.5, 0.49, 0.48])


def test_fade_in_ends_at_the_original_level() -> None:
    faded = made(FadeIn())
    assert faded[[-1, -1 - SAMPLE_RATE, -1 - 2 * SAMPLE_RATE]].tolist() == pytest.approx([0.5, 0.49, 0.48])


@settings(max_examples=30, deadline=None)
@given(samples=st.integers(400, 60_000), percent_per_s=st.floats(0.1, 100))
def test_one_fade_is_the_other_played_backwards(samples: int, percent_per_s: float) -> None:
    wave = torch.rand(samples, generator=torch.Generator().manual_seed(samples)) - 0.5
    there = made(FadeOut(percent_per_s), Heard(wave, "a"))
    back = made(FadeIn(percent_per_s), Heard(wave.flip(0), "a"))
    torch.testing.assert_close(there, back.flip(0), atol=1e-6, rtol=0)


def test_a_fade_of_two_per_cent_a_second_stays_far_above_the_threshold() -> None:
    assert float(snr_db(FLAT.waveform, made(FadeIn()))) > 25


@pytest.mark.parametrize("fade", [FadeIn(percent_per_s=60), FadeOut(percent_per_s=60)])
def test_a_steep_fade_ends_in_silence_and_never_turns_over(fade: SpeechEffect) -> None:
    faded = made(fade)
    assert float(faded.min()) == 0.0
    assert float(faded.max()) <= 0.5


@pytest.mark.parametrize("rate", [1.25, 0.75])
@pytest.mark.parametrize("hz", [95.0, 140.0, 225.0])
def test_speed_utterance_changes_the_length_by_its_rate_and_keeps_the_pitch(rate: float, hz: float) -> None:
    original = voiced(hz)
    faster = made(SpeedUtterance(rate), original)
    assert len(faster) == round(len(original.waveform) / rate)
    assert median_f0(faster) == pytest.approx(median_f0(original.waveform), rel=0.02)


@pytest.mark.parametrize("rate", [1.25, 0.75])
def test_speed_utterance_moves_the_words_along(rate: float) -> None:
    faster = candidate(SpeedUtterance(rate), voiced(120))
    assert faster.words is not None
    assert [word.start_s for word in faster.words] == pytest.approx([0.1 / rate, 1 / rate], abs=1e-4)
    assert faster.words[-1].end_s == pytest.approx(faster.duration_s)
    assert faster.transcript == "One two."


@pytest.mark.parametrize("factor", [1.25, 0.75, 2 ** (1 / 12)])
@pytest.mark.parametrize("hz", [100.0, 140.0, 225.0])
def test_pitch_moves_f0_by_its_factor_and_keeps_the_length(factor: float, hz: float) -> None:
    original = voiced(hz)
    shifted = made(Pitch(factor), original)
    assert len(shifted) == len(original.waveform)
    assert median_f0(shifted) == pytest.approx(factor * hz, rel=0.02)


@settings(max_examples=40, deadline=None)
@given(
    samples=st.integers(400, 50_000),
    share=st.floats(0.1, 1),
    rate=st.sampled_from([0.5, 0.75, 1.25, 2.0]),
    key=st.integers(0, 9),
)
def test_speed_segment_changes_one_segment_alone(samples: int, share: float, rate: float, key: int) -> None:
    wave = torch.rand(samples, generator=torch.Generator().manual_seed(samples)) - 0.5
    asked = applied(SpeedSegment(rate, share), Heard(wave, "a"), TOOLS, keyed(key))
    length = round(share * samples)
    assert len(asked) == (length >= 400)
    if asked:
        changed = asked[0].waveform
        assert len(changed) == samples - length + round(length / rate)
        assert changed.isfinite().all()
        assert float(changed.abs().max()) < 1.5
        start = int(keyed(key).integers(samples - length + 1))
        after = samples - start - length
        assert torch.equal(changed[:start], wave[:start])
        assert torch.equal(changed[len(changed) - max(after - 80, 0) :], wave[samples - max(after - 80, 0) :])


def test_speed_segment_keeps_the_pitch_and_makes_no_click() -> None:
    original = voiced(140)
    for key in range(5):
        changed = candidate(SpeedSegment(), original, key).waveform
        middle = f0(changed)[3:-3]
        assert float((middle / 140 - 1).abs().median()) < 0.01
        assert float(changed.diff().abs().max()) < 1.5 * float(original.waveform.diff().abs().max())


def test_speed_segments_lie_in_different_places() -> None:
    places = {str(candidate(SpeedSegment(), FLAT, key).perturbation) for key in range(6)}
    assert len(places) == 6


@pytest.mark.parametrize("samples", [400, 511, 5000])
@pytest.mark.parametrize("effect", [FadeIn(), FadeOut(), Pitch(), Pitch(0.75), SpeedUtterance(), SpeedUtterance(0.75)])
def test_short_utterances_stay_finite(effect: SpeechEffect, samples: int) -> None:
    original = Heard(torch.rand(samples, generator=torch.Generator().manual_seed(samples)) - 0.5, "a")
    assert made(effect, original).isfinite().all()


@pytest.mark.parametrize(
    ("component", "value"),
    [
        (FadeIn, 0.0),
        (FadeIn, float("nan")),
        (FadeOut, 101.0),
        (SpeedUtterance, 1.0),
        (SpeedUtterance, 0.1),
        (SpeedSegment, 4.5),
        (Pitch, 1.0),
        (Pitch, 9.0),
    ],
)
def test_amounts_out_of_range_are_named(component: type, value: float) -> None:
    with pytest.raises(UsageError, match="parameter"):
        component(value)


def test_a_segment_of_no_length_is_named() -> None:
    with pytest.raises(UsageError, match="'share'"):
        SpeedSegment(share=0.0)
