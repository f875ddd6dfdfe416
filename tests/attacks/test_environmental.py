"""Environmental noise: its SNR is what was asked for, and it lies where P1 puts it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torchaudio
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.environmental import SHARES, Environmental
from bench import NoiseClip, NoiseSet, Overlay, UsageError, Utterance
from bench.audio.signal import fit_length, snr_db
from bench.perturbations.overlays import Bed
from bench.perturbations.rendering import attack_tools
from bench.referee.search import AttackRun, Candidate, Search, first_candidate
from bench.testing import sample_tools, sample_utterances

TOOLS = sample_tools()
ORIGINAL = sample_utterances(1, each=1)[0]


def random_sound(samples: int, seed: int, level: float) -> torch.Tensor:
    return level * torch.randn(samples, generator=torch.Generator().manual_seed(seed)).clamp(-3, 3)


def tools_with(*waveforms: torch.Tensor) -> Any:
    clips = [NoiseClip(f"clip-{n}", "rain", waveform, f"source-{n}") for n, waveform in enumerate(waveforms)]
    return attack_tools(NoiseSet("one", tuple(clips), "one"), TOOLS.perception, 10.0, 1, TOOLS.component)


def asked(attack: Environmental, original: Utterance, tools: Any, key: int = 0) -> list[Candidate]:
    """The first candidate that applies, as the referee renders it."""
    run = AttackRun(attack, "environmental", tools, 0)
    found = first_candidate(Search(run, original, label_before=0, key=key))
    return [] if found is None else [found]


@settings(max_examples=120, deadline=None)
@given(
    samples=st.integers(400, 60_000),
    clip=st.integers(400, 90_000),
    speech_level=st.floats(1e-3, 0.3),
    clip_level=st.floats(1e-3, 0.3),
    wanted=st.floats(-20, 40),
    position=st.sampled_from(["start", "whole"]),
    length=st.sampled_from(list(SHARES)),
)
def test_the_snr_asked_for_is_the_snr_measured(
    samples: int, clip: int, speech_level: float, clip_level: float, wanted: float, position: Any, length: Any
) -> None:
    original = Utterance("one", random_sound(samples, 1, speech_level), "a")
    before = original.waveform.clone()
    attack = Environmental("rain", position, length, wanted)
    sound = random_sound(clip, 2, clip_level)
    (candidate,) = asked(attack, original, tools_with(sound), samples)
    (overlay,) = candidate.recipe.parts
    assert isinstance(overlay, Overlay)
    bed = Bed.of(overlay, sound, original.waveform)
    assert bed is not None
    loud = bed.over(original.waveform, overlay.snr_db)
    assert float(snr_db(original.waveform, loud)) == pytest.approx(wanted, abs=0.01)
    assert torch.equal(candidate.utterance.waveform, loud.clamp(-1, 1))
    assert torch.equal(original.waveform, before)


@pytest.mark.parametrize("wanted", [20.0, 10.0, 0.0])
def test_a_sound_over_the_whole_utterance_agrees_with_torchaudio(wanted: float) -> None:
    sound = random_sound(9_000, 3, 0.2)
    (candidate,) = asked(Environmental("rain", snr_db=wanted), ORIGINAL, tools_with(sound))
    fitted = fit_length(sound, len(ORIGINAL.waveform))
    theirs = torchaudio.functional.add_noise(ORIGINAL.waveform[None], fitted[None], torch.tensor([wanted]))[0]
    torch.testing.assert_close(candidate.utterance.waveform, theirs, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("length", "share"), list(SHARES.items()))
def test_a_lasting_sound_covers_its_share_at_a_steady_level_anywhere(length: Any, share: float) -> None:
    samples, places = len(ORIGINAL.waveform), set()
    for key in range(5):
        attack = Environmental("rain", "whole", length, 0.0)
        (candidate,) = asked(attack, ORIGINAL, tools_with(torch.ones(samples)), key)
        added = candidate.utterance.waveform - ORIGINAL.waveform
        heard = added.abs() > 1e-6
        assert int(heard.sum()) == round(share * samples)
        assert float(added[heard].max() - added[heard].min()) < 1e-5
        places.add(int(heard.int().argmax()))
    assert len(places) == (1 if length == "complete" else 5)


@pytest.mark.parametrize(("length", "share"), list(SHARES.items()))
def test_a_starting_sound_begins_with_the_utterance_and_falls_to_nothing(length: Any, share: float) -> None:
    samples = len(ORIGINAL.waveform)
    (candidate,) = asked(Environmental("rain", "start", length, 0.0), ORIGINAL, tools_with(torch.ones(samples)))
    added = candidate.utterance.waveform - ORIGINAL.waveform
    covered = round(share * samples)
    half = covered // 2
    assert float(added[half] / added[0]) == pytest.approx(0.5, abs=0.01)
    assert (added[:covered].diff() < 1e-6).all()
    assert float(added[covered - 1 :].abs().max()) < 1e-6


def test_the_recipe_says_which_sound_and_how() -> None:
    (candidate,) = asked(Environmental("human", "start", "medium", 12.5), ORIGINAL, TOOLS)
    done, (part,) = candidate.rendered.done, candidate.recipe.parts
    assert (done.name, done.category) == ("noise", "human")
    assert isinstance(part, Overlay)
    assert done.source == part.clip
    assert part.clip in {one.id for one in TOOLS.noises.of("human")}
    assert (part.segment, part.fade, part.snr_db) == ((0, round(0.5 * len(ORIGINAL.waveform))), "out", 12.5)


def test_every_sound_of_the_category_comes_up() -> None:
    drawn = {asked(Environmental(), ORIGINAL, TOOLS, key)[0].rendered.done.source for key in range(20)}
    assert drawn == {clip.id for clip in TOOLS.noises.of("natural")}


def test_a_sound_that_is_silent_where_it_would_be_heard_is_passed_over() -> None:
    late = torch.cat([torch.zeros(len(ORIGINAL.waveform)), torch.ones(100)])
    for key in range(4):
        (candidate,) = asked(Environmental("rain"), ORIGINAL, tools_with(late, torch.ones(100)), key)
        assert candidate.rendered.done.source == "clip-1"
    assert not asked(Environmental("rain"), ORIGINAL, tools_with(late))


def test_a_category_that_the_bank_does_not_have_is_named() -> None:
    with pytest.raises(UsageError, match="no category 'submarine'"):
        asked(Environmental("submarine"), ORIGINAL, TOOLS)


@pytest.mark.parametrize("wrong", [{"position": "end"}, {"length": "tiny"}, {"snr_db": 61.0}, {"snr_db": float("nan")}])
def test_parameters_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Environmental(**wrong)
