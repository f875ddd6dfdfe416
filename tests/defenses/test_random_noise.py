"""P2's random noise in training: small, Gaussian, the same amount of data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from scipy import stats

from bench import Perturbation, UsageError
from bench.contracts.registry import Registry
from bench.testing import sample_context, sample_utterances
from defenses.multi_condition import MultiCondition
from defenses.random_noise import RandomNoise
from victims.bert_text import BertText

TRAIN = sample_utterances(3, 2, "train")


def test_all_training_speech_gets_it_and_none_is_added(learner: Any) -> None:
    RandomNoise(sigma=0.01).fit(learner, TRAIN, TRAIN[:2], sample_context())
    (given,) = learner.fits
    assert [said.id for said in given["train"]] == [said.id for said in TRAIN], "as many as before"
    assert all(said.perturbation is not None for said in given["train"])
    assert [said.emotion for said in given["train"]] == [said.emotion for said in TRAIN]
    assert given["valid"] == list(TRAIN[:2]), "the validation part stays clean"
    assert given["clean"] == tuple(TRAIN), "statistics come from clean speech"


def test_the_noise_is_gaussian_and_of_one_level() -> None:
    defense = RandomNoise(sigma=0.02)
    quiet = [replace(said, waveform=0.1 * said.waveform) for said in TRAIN]
    left = torch.cat([defense.noisy(said, 0).waveform - said.waveform for said in quiet])
    assert float(left.std()) == pytest.approx(0.02, rel=0.02)
    assert abs(float(left.mean())) < 1e-3
    assert stats.kstest(left[:4000].numpy() / 0.02, "norm").pvalue > 1e-3


def test_each_utterance_and_each_seed_has_noise_of_its_own() -> None:
    defense, (one, other, *_) = RandomNoise(), TRAIN
    assert torch.equal(defense.noisy(one, 0).waveform, defense.noisy(one, 0).waveform)
    drawn = [defense.noisy(said, seed).waveform - said.waveform for said, seed in ((one, 0), (one, 1), (other, 0))]
    least = min(len(noise) for noise in drawn)
    assert len({tuple(noise[:least].tolist()) for noise in drawn}) == 3


def test_what_another_defence_has_changed_stays() -> None:
    changed = replace(TRAIN[0], perturbation=Perturbation("gain", "signal"))
    assert RandomNoise().noisy(changed, 0) is changed


def test_it_is_small_and_stays_within_full_scale() -> None:
    assert RandomNoise().sigma == 0.005
    loud = replace(TRAIN[0], waveform=torch.ones(1000))
    assert float(RandomNoise(sigma=0.1).noisy(loud, 0).waveform.abs().max()) <= 1
    with pytest.raises(UsageError, match="sigma"):
        RandomNoise(sigma=0.5)


def test_victims_that_it_cannot_defend_are_named() -> None:
    with pytest.raises(UsageError, match=r"defense 'random_noise': found a victim that perceives text alone"):
        RandomNoise().fit(BertText(), TRAIN, TRAIN, sample_context())


def test_a_spec_of_before_is_refused_where_it_cannot_mean_the_same() -> None:
    registry = Registry.discover()
    assert isinstance(registry.build("defenses", "random_noise"), RandomNoise)
    with pytest.raises(UsageError, match=r"'random_noise': found parameter 'max_snr_db'; expected one of sigma"):
        registry.build("defenses", "random_noise:max_snr_db=10")
    assert isinstance(registry.build("defenses", "multi_condition:max_snr_db=10"), MultiCondition)
