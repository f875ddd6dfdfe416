"""A candidate's bits hang on its recipe, its speech and the bank alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bench.audio.signal import fit_length, noise_gain
from bench.contracts.recipes import Effect, Overlay, Recipe
from bench.core.computing.threads import in_threads
from bench.core.heard import Heard
from bench.core.noises import NoiseSet
from bench.core.rng import keyed
from bench.core.types import NoiseClip
from bench.perturbations.laying import laid, levels_of
from bench.perturbations.overlays import gains_of
from bench.perturbations.rendering import Rendered, Renderer
from bench.referee.judgement import Scratch, energies, energy64
from bench.testing import sample_tools


def random_sound(samples: int, seed: int, level: float = 0.3) -> Tensor:
    return torch.from_numpy(keyed("laying", seed).normal(scale=level, size=samples)).float().clamp(-1, 1)


LENGTHS = (1, 15, 400, 7_001, 16_000, 16_003, 23_456)
CLIPS = tuple(NoiseClip(f"c{n}", "rain", random_sound(samples, n), f"c{n}") for n, samples in enumerate((77, 9_000)))
SILENT = NoiseClip("silent", "rain", torch.cat([torch.zeros(5_000), torch.ones(5_000)]), "silent")
FAINT = NoiseClip("faint", "rain", 1e-21 * CLIPS[1].waveform, "faint")
BANK = NoiseSet("bank", (*CLIPS, SILENT, FAINT), "bank")
RENDERER = Renderer(BANK, sample_tools().component)
RECIPES = (
    Recipe(Overlay("c0", 10.5)),
    Recipe(Overlay("c1", -3.0, offset=8_990)),
    Recipe(Overlay("c1", 3.25, segment=(0, 5_000), fade="out")),
    Recipe(Overlay("c0", 7.0, shape="gate"), Overlay("c1", 12.0, filter=(0.5, 0.5)), Overlay("c1", 1.0)),
    Recipe(Overlay("c1", 2.0, segment=(3_001, 6_500))),
    Recipe(Overlay("silent", 0.0)),
    Recipe(Effect("fade_in", 3)),
    Recipe(Effect("speed_utterance:rate=1.25", 3), Overlay("c0", 5.0)),
)


def rendered() -> list[Rendered]:
    """Every recipe on speech of every length, where it applies."""
    found = []
    for place, samples in enumerate(LENGTHS):
        speech = Heard(random_sound(samples, 100 + place, 0.4), "a")
        found += [RENDERER.of(speech).rendered(recipe) for recipe in RECIPES]
    return [one for one in found if one is not None]


def alone(one: Rendered) -> tuple[Tensor, Tensor | None]:
    fresh = replace(one)
    return fresh.waveform, fresh.gain


def assert_same(samples: Sequence[tuple[Tensor, Tensor | None]], expected: Sequence[Rendered]) -> None:
    for (waveform, gain), one in zip(samples, expected, strict=True):
        other, least = alone(one)
        assert torch.equal(waveform.view(torch.int32), other.view(torch.int32)), "the same bits"
        assert (gain is None) == (least is None)
        assert gain is None or least is None or torch.equal(gain, least)


ALL = rendered()


def test_together_is_the_same_as_alone() -> None:
    assert len(ALL) > 40
    assert_same(laid(ALL), ALL)


@pytest.mark.parametrize("size", [1, 3, 16])
def test_order_and_chunks_change_no_bit(size: int) -> None:
    order = [ALL[place] for place in keyed("order", size).permutation(len(ALL))]
    for start in range(0, len(order), size):
        assert_same(laid(order[start : start + size]), order[start : start + size])


def test_threads_change_no_bit() -> None:
    found: dict[int, tuple[Tensor, Tensor | None]] = {}

    def work(share: Sequence[int], _: threading.Event) -> None:
        found.update(zip(share, laid([ALL[place] for place in share]), strict=True))

    in_threads(work, range(len(ALL)), 2)
    assert_same([found[place] for place in range(len(ALL))], ALL)


def test_a_lone_overlay_is_speech_plus_sound_at_its_level() -> None:
    speech = Heard(random_sound(16_003, 5, 0.4), "a")
    one = RENDERER.of(speech).rendered(Recipe(Overlay("c1", 3.0)))
    assert one is not None
    sound = fit_length(CLIPS[1].waveform, len(speech.waveform))
    gain = noise_gain(speech.waveform, sound, snr_db=0.0) * 10 ** (-3.0 / 20)
    assert torch.equal(one.waveform, (speech.waveform + sound * gain).clamp(-1, 1))


def test_energies_are_the_same_in_shared_room_and_alone() -> None:
    room = Scratch.of(max(len(one.waveform) for one in ALL), torch.device("cpu"))
    for one in ALL:
        clean = one.speech if len(one.speech) == len(one.waveform) else one.base.waveform
        shared = energies(clean, one, energy64(clean), room)
        change = (one.waveform - clean).double()
        assert torch.equal(shared[1], torch.dot(change, change))


def test_gains_are_the_same_alone_and_among_others() -> None:
    beds = [bed for one in ALL for bed in one.beds]
    assert torch.equal(gains_of(beds), torch.stack([bed.gain for bed in beds]))


def test_what_is_laid_into_a_row_has_the_bits_that_it_has_alone_and_nothing_beside_it_changes() -> None:
    for one, levels in zip(ALL, levels_of(ALL), strict=True):
        row = torch.full((one.samples + 7,), torch.nan)
        one.lay(levels.factors, row[: one.samples])
        other, _ = alone(one)
        assert torch.equal(row[: one.samples].view(torch.int32), other.view(torch.int32))
        assert row[one.samples :].isnan().all()


def test_what_a_sound_does_not_reach_is_left_out_of_the_sums_where_that_changes_no_bit() -> None:
    recipe = Recipe(Overlay("c1", 2.0, segment=(3_001, 6_500)))
    said = (random_sound(16_003, 5, 0.4), 1.5 * random_sound(16_003, 5, 0.9))
    quiet, loud = (RENDERER.of(Heard(one, "a")).rendered(recipe) for one in said)
    assert quiet is not None
    assert quiet.changed == slice(2_816, 6_656)
    assert loud is not None
    assert loud.changed is None, "clipping changes samples that no sound reaches"


def test_what_is_laid_over_is_left_as_it_was() -> None:
    before = [one.base.waveform.clone() for one in ALL]
    laid(ALL)
    assert all(torch.equal(one.base.waveform, kept) for one, kept in zip(ALL, before, strict=True))


@pytest.mark.parametrize("clip", ["silent", "faint"])
def test_a_silent_overlay_says_so(clip: str) -> None:
    """A tail of an effect in float32 files may be far below the least number that has a reciprocal."""
    one = RENDERER.of(Heard(random_sound(4_000, 1), "a")).rendered(Recipe(Overlay(clip, 0.0)))
    assert one is not None
    assert one.gain is not None
    assert float(one.gain) == 0
