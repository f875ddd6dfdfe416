"""P2's random noise in training."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from bench import FitContext, Perturbation, UsageError
from bench.audio.signal import snr_db
from bench.testing import sample_context, sample_noises, sample_utterances
from defenses.multi_condition import MultiCondition
from victims.bert_text import BertText

TRAIN = sample_utterances(3, 2, "train")


def test_every_copy_lies_between_the_two_snrs_and_keeps_its_label() -> None:
    copies = MultiCondition(min_snr_db=5, max_snr_db=15).noisy_copies(TRAIN, sample_context())
    assert len(copies) == len(TRAIN)
    for copy, original in zip(copies, TRAIN, strict=True):
        assert copy.emotion == original.emotion
        assert copy.perturbation is not None
        assert 4.99 <= float(snr_db(original.waveform, copy.waveform)) <= 15.5


def test_a_fraction_of_the_utterances_gets_a_copy() -> None:
    assert len(MultiCondition(fraction=0.25).noisy_copies(TRAIN, sample_context())) == len(TRAIN) // 4


def test_shapes_stand_beside_sounds_and_change_no_sound() -> None:
    plain = MultiCondition().noisy_copies(TRAIN, sample_context())
    mixed = MultiCondition(copies=4, shapes=0.5, min_snr_db=5, max_snr_db=15).noisy_copies(TRAIN, sample_context())
    assert [copy.id for copy in mixed] == [said.id for said in TRAIN for _ in range(4)]
    kinds = [copy.perturbation.category == "signal" for copy in mixed if copy.perturbation]
    assert 0.3 < sum(kinds) / len(kinds) < 0.7
    assert len({(copy.id, str(copy.perturbation)) for copy in mixed}) == len(mixed), "each copy draws anew"
    originals = {said.id: said.waveform for said in TRAIN}
    assert all(4.99 <= float(snr_db(originals[copy.id], copy.waveform)) <= 15.5 for copy in mixed)
    sounds = MultiCondition(copies=2).noisy_copies(TRAIN, sample_context())[::2]
    assert all(torch.equal(one.waveform, other.waveform) for one, other in zip(plain, sounds, strict=True))
    assert MultiCondition(shapes=1).seen(sample_noises()) == {"signal"}


def test_copies_depend_on_the_seed_and_on_nothing_else() -> None:
    def samples(context: FitContext) -> list[list[float]]:
        return [copy.waveform.tolist() for copy in MultiCondition().noisy_copies(TRAIN, context)]

    assert samples(sample_context()) == samples(sample_context())
    assert samples(sample_context()) != samples(sample_context(seed=1))


def test_what_trains_never_attacks() -> None:
    train, test = sample_noises().part("train"), sample_noises().part("test")
    assert {clip.id for clip in train.clips}.isdisjoint(clip.id for clip in test.clips)
    assert {clip.id for clip in sample_context().noises.clips} == {clip.id for clip in train.clips}


def test_it_says_what_it_has_seen() -> None:
    assert MultiCondition(categories=("crowd", "white")).seen(sample_noises()) == {"crowd", "white"}
    assert MultiCondition().seen(sample_noises()) == set(sample_noises().categories) - {"laugh", "cry"}


def test_clean_ones_give_the_statistics_and_changed_ones_get_no_copy(learner: Any) -> None:
    changed = [replace(said, perturbation=Perturbation("gain", "signal")) for said in TRAIN]
    MultiCondition().fit(learner, TRAIN, [], sample_context())
    assert learner.fits[0]["clean"] == tuple(TRAIN)
    assert len(learner.fits[0]["train"]) == 2 * len(TRAIN)
    assert len(MultiCondition().noisy_copies([*TRAIN, *changed], sample_context())) == len(TRAIN)


def test_victims_that_it_cannot_defend_are_named() -> None:
    with pytest.raises(UsageError, match=r"defense 'multi_condition': found a victim that perceives text alone"):
        MultiCondition().fit(BertText(), TRAIN, TRAIN, sample_context())


def test_a_share_of_nothing_is_named(learner: Any) -> None:
    with pytest.raises(UsageError, match="none of the 24 training utterances changed"):
        MultiCondition(fraction=0.01).fit(learner, TRAIN, [], sample_context())


def test_a_category_that_the_bank_lacks_is_named() -> None:
    context = replace(sample_context())
    with pytest.raises(UsageError, match="no category 'sirens'"):
        MultiCondition(categories=("sirens",)).noisy_copies(TRAIN, context)


@pytest.mark.parametrize(
    "wrong", [{"min_snr_db": 30.0}, {"fraction": 0.0}, {"fraction": 1.5}, {"copies": 0}, {"shapes": 2.0}]
)
def test_parameters_out_of_range_are_named(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        MultiCondition(**wrong)  # type: ignore[arg-type]
