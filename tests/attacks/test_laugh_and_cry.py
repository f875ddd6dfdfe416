"""Laugh and Cry: a sound of the bank after the end, at a level, and nothing else changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from attacks.cry import Cry
from attacks.laugh import Laugh
from bench import SAMPLE_RATE, Heard, NoiseClip, NoiseSet, UsageError, keyed
from bench.audio.signal.levels import rms
from bench.testing import applied, sample_effect_tools, sample_utterances

TOOLS = sample_effect_tools()
ORIGINAL = Heard.of(sample_utterances(1, each=1)[0])
BOTH: tuple[Any, ...] = (Laugh, Cry)


def clip(label: str, seconds: float = 1.0, category: str = "human") -> NoiseClip:
    wave = torch.rand(round(seconds * SAMPLE_RATE), generator=torch.Generator().manual_seed(len(label))) - 0.5
    return NoiseClip(f"{category}-{label}", category, wave, label, label=label)


def asked(effect: Any, *clips: NoiseClip, original: Heard = ORIGINAL, key: int = 0) -> list[Heard]:
    tools = replace(TOOLS, noises=NoiseSet("some", clips, "some"))
    return applied(effect, original, tools, keyed(key))


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("level_db", [-10.0, 0.0, 6.0])
def test_the_sound_follows_the_utterance_at_its_level(kind: Any, level_db: float) -> None:
    before = ORIGINAL.waveform.clone()
    (candidate,) = applied(kind(level_db=level_db), ORIGINAL, TOOLS, keyed(0))
    assert torch.equal(candidate.waveform[: len(before)], before)
    assert torch.equal(ORIGINAL.waveform, before)
    sound = candidate.waveform[len(before) :]
    assert 20 * float(torch.log10(rms(sound) / rms(before))) == pytest.approx(level_db, abs=0.01)
    assert candidate.words == ORIGINAL.words
    assert candidate.transcript == ORIGINAL.transcript


@pytest.mark.parametrize(
    ("kind", "label"),
    [(Laugh, "laughing"), (Laugh, "Laughter"), (Cry, "crying_baby"), (Cry, "Crying, sobbing"), (Cry, "sob")],
)
def test_sounds_are_found_by_what_their_collection_says_is_heard(kind: Any, label: str) -> None:
    (candidate,) = asked(kind(), clip("dog"), clip(label), clip("rain", category="natural"))
    done = candidate.perturbation
    assert done is not None
    assert (done.name, done.category) == (kind.__name__.lower(), "signal")
    assert done.source == f"human-{label} +0 dB"


@pytest.mark.parametrize("kind", BOTH)
def test_it_does_not_apply_where_the_bank_has_no_such_sound(kind: Any) -> None:
    assert not asked(kind(), clip("dog"), clip("sneezing"))


@pytest.mark.parametrize("kind", BOTH)
def test_a_long_sound_is_cut_with_a_fade_and_a_short_one_is_whole(kind: Any) -> None:
    label = kind.__name__
    (cut,) = asked(kind(longest_s=0.5), clip(label))
    sound = cut.waveform[len(ORIGINAL.waveform) :]
    assert len(sound) == SAMPLE_RATE // 2
    assert float(sound[-1]) == 0
    assert float(sound[-20:].abs().max()) < 0.1 * float(sound.abs().max())
    (whole,) = asked(kind(), clip(label))
    assert len(whole.waveform) == len(ORIGINAL.waveform) + SAMPLE_RATE


@pytest.mark.parametrize("kind", BOTH)
def test_a_sound_whose_start_is_silent_is_passed_over(kind: Any) -> None:
    late = replace(clip(kind.__name__), waveform=torch.cat([torch.zeros(SAMPLE_RATE), torch.ones(SAMPLE_RATE)]))
    assert not asked(kind(longest_s=0.5), late)
    for key in range(3):
        (candidate,) = asked(kind(longest_s=0.5), late, replace(clip(kind.__name__), id="heard"), key=key)
        assert candidate.perturbation is not None
        assert candidate.perturbation.source.startswith("heard")


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("wrong", [{"level_db": 21.0}, {"level_db": float("nan")}, {"longest_s": 0.0}])
def test_parameters_out_of_range_are_named(kind: Any, wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        kind(**wrong)
