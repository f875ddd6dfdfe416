"""P1's leave-one-noise-out augmentation."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import FitContext, Overlay, Perturbation, Recipe, UsageError, Utterance
from bench.audio.signal import snr_db
from bench.contracts.pipeline import Defended
from bench.contracts.protocols import TrainableVictim
from bench.testing import check_defense, sample_context, sample_noises, sample_utterances
from defenses.noise_augmentation import KINDS, NoiseAugmentation
from defenses.rnnoise import Rnnoise
from victims.bert_text import BertText
from victims.cnn_gru import CnnGru
from victims.hf import HuggingFace

SMALL = CnnGru(channels=8, hidden=8, dense=8, max_epochs=2)
TRAIN = sample_utterances(3, 2, "train")
ORIGINALS = {said.id: said for said in TRAIN}


def copies_of(defense: NoiseAugmentation, context: FitContext | None = None) -> list[Utterance]:
    return defense.noisy_copies(TRAIN, context or sample_context())


def test_it_conforms() -> None:
    check_defense(NoiseAugmentation("synthetic", leave_out="reverb", growth=1.5), SMALL)


@pytest.mark.parametrize("left", KINDS["environmental"])
def test_no_sound_of_the_kind_that_is_left_out_is_heard(left: str) -> None:
    defense = NoiseAugmentation(leave_out=left)
    kept = set(KINDS["environmental"]) - {left}
    heard = Counter(copy.perturbation.category for copy in copies_of(defense) if copy.perturbation)
    assert heard == {kind: len(TRAIN) for kind in kept}
    assert defense.seen(sample_noises()) == kept


@pytest.mark.parametrize(
    ("left", "effects"),
    [
        ("speed_segment", {"fade_in", "fade_out", "reverb"}),
        ("fade", {"speed_segment", "reverb"}),
        ("reverb", {"speed_segment", "fade_in", "fade_out"}),
        (None, {"speed_segment", "fade_in", "fade_out", "reverb"}),
    ],
)
def test_no_effect_of_the_kind_that_is_left_out_is_heard(left: str | None, effects: set[str]) -> None:
    defense = NoiseAugmentation("synthetic", left)
    assert {copy.perturbation.name for copy in copies_of(defense) if copy.perturbation} == effects
    assert defense.seen(sample_noises()) == {"signal"}


def overlays(copies: list[Utterance]) -> list[Overlay]:
    """The one sound that was laid over each."""
    recipes = [Recipe.read(copy.perturbation.source) for copy in copies if copy.perturbation]
    assert len(recipes) == len(copies)
    found = [part for recipe in recipes for part in recipe.parts if isinstance(part, Overlay)]
    assert len(found) == len(copies)
    return found


def test_copies_have_p1s_levels_and_keep_their_labels() -> None:
    sources = set()
    for copy in copies_of(NoiseAugmentation(growth=4)):
        original = ORIGINALS[copy.id]
        assert (copy.emotion, copy.speaker, copy.words) == (original.emotion, original.speaker, original.words)
        (overlay,) = overlays([copy])
        level = overlay.snr_db
        sources.add((overlay.fade, level))
        added = torch.linalg.vector_norm(copy.waveform - original.waveform)
        if copy.waveform.abs().max() < 1 and added:
            assert float(snr_db(original.waveform, copy.waveform)) == pytest.approx(level, abs=0.01)
    assert sources == {("out", 20.0), ("", 20.0), ("", 10.0), ("", 0.0)}


def test_only_the_forms_that_are_asked_for_are_made() -> None:
    found = overlays(copies_of(NoiseAugmentation(start=False, snrs_db=(5.0, 5.0))))
    assert {(one.snr_db, one.fade, one.segment) for one in found} == {(5.0, "", None)}
    assert len(found) == 2 * len(TRAIN)
    assert all(one.fade == "out" for one in overlays(copies_of(NoiseAugmentation(snrs_db=()))))


@settings(max_examples=12, deadline=None)
@given(growth=st.floats(1.05, 4), left=st.sampled_from([None, "natural"]))
def test_the_data_grow_as_much_as_asked_and_evenly(growth: float, left: str | None) -> None:
    copies = copies_of(NoiseAugmentation(leave_out=left, growth=growth, snrs_db=(10.0,), start=False))
    kinds = 3 if left is None else 2
    assert len(copies) == min(round((growth - 1) * len(TRAIN)), kinds * len(TRAIN))
    each = Counter(copy.id for copy in copies)
    assert max(each.values()) - min(each[said.id] for said in TRAIN) <= 1
    assert len({(copy.id, copy.perturbation.category) for copy in copies if copy.perturbation}) == len(copies)


def test_copies_depend_on_the_seed_and_on_nothing_else() -> None:
    def heard(seed: int, train: list[Utterance]) -> dict[str, list[float]]:
        found = NoiseAugmentation(leave_out="human").noisy_copies(train, sample_context(seed))
        return {f"{copy.id} {copy.perturbation}": copy.waveform.tolist() for copy in found}

    assert heard(0, TRAIN) == heard(0, TRAIN) == heard(0, TRAIN[::-1])
    assert heard(0, TRAIN) != heard(1, TRAIN)


def test_clean_ones_stay_and_give_the_statistics(learner: Any) -> None:
    valid = sample_utterances(1, 1, "valid")
    NoiseAugmentation().fit(learner, TRAIN, valid, sample_context())
    (fit,) = learner.fits
    assert fit["train"][: len(TRAIN)] == TRAIN
    assert len(fit["train"]) == 3 * len(TRAIN)
    assert all(copy.perturbation for copy in fit["train"][len(TRAIN) :])
    assert fit["valid"] == valid
    assert fit["clean"] == tuple(TRAIN)


def test_what_another_defence_has_changed_is_kept_and_gets_no_copy(learner: Any) -> None:
    changed = [replace(said, perturbation=Perturbation("noise", "white", "x")) for said in TRAIN]
    context = replace(sample_context(), clean=tuple(TRAIN[:3]))
    NoiseAugmentation(growth=2).fit(learner, [*TRAIN, *changed], [], context)
    assert len(learner.fits[0]["train"]) == 3 * len(TRAIN)
    assert learner.fits[0]["clean"] == tuple(TRAIN[:3])


def test_denoising_below_it_denoises_the_copies(learner: Any, own_cache: object) -> None:
    stack: TrainableVictim = Defended(learner, Rnnoise())
    said = TRAIN[:2]
    NoiseAugmentation(leave_out="human").fit(stack, said, [], sample_context())
    noisy = NoiseAugmentation(leave_out="human").noisy_copies(said, sample_context())
    assert [one.perturbation for one in learner.fits[0]["train"][2:]] == [one.perturbation for one in noisy]
    assert not torch.equal(learner.fits[0]["train"][2].waveform, noisy[0].waveform)


def test_a_kind_that_the_bank_lacks_is_named(learner: Any) -> None:
    noises = sample_context().noises
    without = replace(noises, clips=tuple(clip for clip in noises.clips if clip.category != "interior"))
    with pytest.raises(UsageError, match="no category 'interior'"):
        NoiseAugmentation().fit(learner, TRAIN, [], replace(sample_context(), noises=without))


def test_speech_that_cannot_be_changed_is_named(learner: Any) -> None:
    silent = [replace(said, waveform=torch.zeros(8000)) for said in TRAIN]
    with pytest.raises(UsageError, match="none of the 24 training utterances changed"):
        NoiseAugmentation().fit(learner, silent, [], sample_context())


def test_victims_that_it_cannot_defend_are_named() -> None:
    with pytest.raises(UsageError, match=r"defense 'noise_augmentation': found a victim that perceives text alone"):
        NoiseAugmentation().fit(BertText(), TRAIN, TRAIN, sample_context())
    with pytest.raises(UsageError, match=r"cannot be trained again \(HuggingFace\)"):
        NoiseAugmentation().fit(HuggingFace("folder"), TRAIN, TRAIN, sample_context())


@pytest.mark.parametrize(
    "wrong",
    [
        {"group": "recorded"},
        {"leave_out": "crowd"},
        {"leave_out": "fade"},
        {"growth": 1.0},
        {"growth": 5.0},
        {"snrs_db": (-50.0,)},
        {"snrs_db": (), "start": False},
    ],
)
def test_parameters_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"noise_augmentation', parameter '{next(iter(wrong))}'"):
        NoiseAugmentation(**wrong)


def test_what_it_draws_on_is_registered() -> None:
    build = sample_context().component
    assert build is not None
    for group in ("environmental", "synthetic"):
        assert all(build("attacks", effect) for effect in NoiseAugmentation(group).effects)
