"""Real noise: mean and variance are those of the noise that was there, times ε."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.real_noise import RealNoise
from bench import SAMPLE_RATE, Heard, NoiseClip, NoiseSet, UsageError, Utterance, keyed
from bench.audio.signal.noise_estimate import estimate_noise
from bench.testing import applied, check_attack, sample_effect_tools, sample_utterances

TOOLS = sample_effect_tools()
ORIGINAL = sample_utterances(1, each=1)[0]


def random_sound(samples: int, seed: int, level: float, offset: float = 0.0) -> torch.Tensor:
    return offset + level * torch.randn(samples, generator=torch.Generator().manual_seed(seed)).clamp(-3, 3)


def tools_with(*waveforms: torch.Tensor) -> Any:
    clips = [NoiseClip(f"clip-{n}", "crowd", waveform, f"source-{n}") for n, waveform in enumerate(waveforms)]
    return replace(TOOLS, noises=NoiseSet("one", tuple(clips), "one"))


def asked(attack: RealNoise, original: Utterance | Heard, tools: Any = TOOLS, key: int = 0) -> list[Heard]:
    return applied(attack, Heard.of(original), tools, keyed(key))


def test_it_conforms() -> None:
    check_attack(RealNoise("station", 0.5))


@settings(max_examples=40, deadline=None)
@given(
    samples=st.integers(4_500, 40_000),
    clip=st.integers(400, 50_000),
    level=st.floats(1e-3, 0.1),
    offset=st.floats(-0.1, 0.1),
    clip_offset=st.floats(-0.3, 0.3),
    epsilon=st.floats(0.1, 2),
)
def test_what_is_added_has_the_estimated_mean_and_variance(
    samples: int, clip: int, level: float, offset: float, clip_offset: float, epsilon: float
) -> None:
    original = Utterance("one", random_sound(samples, 1, level, offset), "a")
    before = original.waveform.clone()
    tools = tools_with(random_sound(clip, 2, 0.05, clip_offset))
    (candidate,) = asked(RealNoise(epsilon=epsilon), original, tools, samples)
    there = estimate_noise(original.waveform[None], torch.tensor([samples]))
    spread, mean = torch.std_mean((candidate.waveform - original.waveform).double(), correction=0)
    assert float(mean) == pytest.approx(epsilon * float(there.mean), abs=1e-6)
    assert float(spread) == pytest.approx(epsilon * float(there.variance) ** 0.5, rel=1e-3)
    assert torch.equal(original.waveform, before)


def test_it_is_the_clip_and_epsilon_scales_it() -> None:
    sound = random_sound(3_000, 3, 0.2)
    tools = tools_with(sound)
    half, two = (asked(RealNoise(epsilon=e), ORIGINAL, tools)[0].waveform - ORIGINAL.waveform for e in (0.5, 2.0))
    torch.testing.assert_close(4 * half, two, atol=1e-6, rtol=1e-3)
    repeated = sound.repeat(9)[: len(two)]
    assert float(torch.corrcoef(torch.stack([two, repeated]))[0, 1]) > 0.999


def test_the_record_says_which_sound_and_how_much() -> None:
    for category in ("crowd", "meeting", "station"):
        (candidate,) = asked(RealNoise(category, 0.25), ORIGINAL)
        done = candidate.perturbation
        assert done is not None
        assert (done.name, done.category) == ("real_noise", category)
        clip, _, setting = done.source.partition(" ")
        assert clip in {one.id for one in TOOLS.noises.of(category)}
        assert setting == "epsilon=0.25"


def test_every_sound_of_the_category_comes_up() -> None:
    drawn = {asked(RealNoise(), ORIGINAL, key=key)[0].perturbation.source.split()[0] for key in range(20)}  # type: ignore[union-attr]
    assert drawn == {clip.id for clip in TOOLS.noises.of("crowd")}


@pytest.mark.parametrize(
    "waveform",
    [torch.zeros(SAMPLE_RATE), torch.zeros(0), random_sound(3_000, 1, 0.1), torch.full((SAMPLE_RATE,), 0.1)],
    ids=["silence", "words alone", "short", "no noise"],
)
def test_where_there_is_no_noise_to_estimate_it_does_not_apply(waveform: torch.Tensor) -> None:
    assert not asked(RealNoise(), Utterance("one", waveform, "a"))


def test_a_sound_that_is_silent_where_it_would_be_heard_is_passed_over() -> None:
    late = torch.cat([torch.zeros(len(ORIGINAL.waveform)), torch.ones(100)])
    for key in range(4):
        (candidate,) = asked(RealNoise(), ORIGINAL, tools_with(late, random_sound(100, 4, 0.1)), key)
        assert candidate.perturbation is not None
        assert candidate.perturbation.source.startswith("clip-1 ")
    assert not asked(RealNoise(), ORIGINAL, tools_with(late))


def test_a_category_that_the_bank_does_not_have_is_named() -> None:
    with pytest.raises(UsageError, match="no category 'submarine'"):
        asked(RealNoise("submarine"), ORIGINAL)


@pytest.mark.parametrize("epsilon", [0.0, 0.09, 2.1, -1.0, float("nan"), float("inf")])
def test_an_epsilon_out_of_range_is_named(epsilon: float) -> None:
    with pytest.raises(UsageError, match="epsilon"):
        RealNoise(epsilon=epsilon)
