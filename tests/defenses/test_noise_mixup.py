"""P4's noise mix-up in training."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch

from bench import UsageError
from bench.audio.signal import snr_db
from bench.contracts.protocols import TrainableVictim
from bench.testing import check_defense, sample_context, sample_noises, sample_utterances
from defenses.noise_mixup import NoiseMixup
from victims.bert_text import BertText
from victims.cnn_gru import CnnGru
from victims.python import Python

SMALL = CnnGru(channels=8, hidden=8, dense=8, max_epochs=2)
TRAIN = sample_utterances(3, 2, "train")
ORIGINALS = {said.id: said for said in TRAIN}


def test_it_conforms() -> None:
    check_defense(NoiseMixup((15.0,)), SMALL)


def test_it_trains_on_clean_and_three_noisy_copies(learner: Any) -> None:
    NoiseMixup().fit(learner, TRAIN, [], sample_context())
    (fit,) = learner.fits
    assert fit["train"][: len(TRAIN)] == TRAIN
    assert fit["clean"] == tuple(TRAIN)
    levels = Counter(copy.perturbation.source.split(" at ")[1] for copy in fit["train"][len(TRAIN) :])
    assert levels == {"15 dB": len(TRAIN), "20 dB": len(TRAIN), "40 dB": len(TRAIN)}
    assert all(ORIGINALS[copy.id].emotion == copy.emotion for copy in fit["train"])


def test_copies_are_at_full_scale_as_in_the_attack() -> None:
    for copy in NoiseMixup().noisy_copies(TRAIN, sample_context()):
        assert float(copy.waveform[:16_000].abs().max()) == 1.0


@pytest.mark.parametrize("level", [15.0, 20.0, 40.0])
def test_without_normalising_the_snr_is_what_is_asked_for(level: float) -> None:
    quiet = [said for said in TRAIN if float(said.waveform.abs().max()) < 0.5 and len(said.waveform) <= 16_000]
    copies = NoiseMixup((level,), normalise=False).noisy_copies(quiet, sample_context())
    assert len(copies) == len(quiet) > 3
    for copy in copies:
        assert float(snr_db(ORIGINALS[copy.id].waveform, copy.waveform)) == pytest.approx(level, abs=0.01)


def test_one_category_or_all_of_them() -> None:
    bank = sample_noises()
    assert NoiseMixup(category="crowd").seen(bank) == {"crowd"}
    assert NoiseMixup().seen(bank) == set(bank.categories)
    copies = NoiseMixup(category="crowd").noisy_copies(TRAIN, sample_context())
    assert {copy.perturbation.category for copy in copies if copy.perturbation} == {"crowd"}


def test_copies_depend_on_the_seed_and_on_nothing_else() -> None:
    def heard(seed: int) -> torch.Tensor:
        return torch.cat([copy.waveform for copy in NoiseMixup().noisy_copies(TRAIN, sample_context(seed))])

    assert torch.equal(heard(0), heard(0))
    assert not torch.equal(heard(0), heard(1))


def test_a_category_that_the_bank_lacks_is_named(learner: Any) -> None:
    with pytest.raises(UsageError, match="no category 'classroom'"):
        NoiseMixup(category="classroom").fit(learner, TRAIN, [], sample_context())


@pytest.mark.parametrize(
    ("victim", "message"),
    [
        (BertText(), r"perceives text alone \(BertText\)"),
        (Python("model.py:predict"), r"cannot be trained again \(Python\)"),
    ],
)
def test_victims_that_it_cannot_defend_are_named(victim: TrainableVictim, message: str) -> None:
    with pytest.raises(UsageError, match=f"defense 'noise_mixup': found a victim that {message}"):
        NoiseMixup().fit(victim, TRAIN, TRAIN, sample_context())


@pytest.mark.parametrize("wrong", [(), (15.0, 15.0), (90.0,), (15.0, -30.0)])
def test_levels_that_cannot_be_are_named(wrong: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="noise_mixup', parameter 'snrs_db'"):
        NoiseMixup(wrong)
