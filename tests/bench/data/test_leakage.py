"""What trains never attacks: a violation is caught."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from bench import DataError, NoiseClip
from bench.contracts.registry import Registry
from bench.core.noises import NoiseSet
from bench.core.rng import key_of, keyed
from bench.core.types import Dataset
from bench.data.leakage import check_noises, check_seeds
from bench.data.partitions import Partition
from bench.defending.adversarial_examples import TRAINING, adversarial_examples, perturbed
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.measuring import Measuring
from bench.testing import CPU, TASK, sample_context, sample_noises, sample_utterances
from victims.cnn_gru import CnnGru

TRAIN, VALID, TEST = (sample_utterances(2, key=key) for key in ("train", "valid", "test"))


def test_parts_that_share_nothing_pass() -> None:
    Partition(tuple(TRAIN), tuple(VALID), tuple(TEST))
    check_noises(sample_noises().part("train"), sample_noises().part("test"))
    check_seeds([TRAINING, 0, "boundary"], [0, "boundary"])


def test_a_speaker_on_both_sides_is_caught_and_an_utterance_even_where_speakers_are_shared() -> None:
    known = replace(TEST[0], speaker=TRAIN[0].speaker)
    with pytest.raises(DataError, match="train-0 in two parts"):
        Partition(tuple(TRAIN), tuple(VALID), (known,))
    Partition(tuple(TRAIN), tuple(VALID), (known,), leaks=True)
    with pytest.raises(DataError, match="no utterance in two parts"):
        Partition(tuple(TRAIN), tuple(VALID), (VALID[0],), leaks=True)


def test_a_recording_on_both_sides_is_caught() -> None:
    train = sample_noises().part("train")
    attacking = replace(train, clips=(replace(train.clips[0], id="other"),))
    with pytest.raises(DataError, match=f"recording '{train.clips[0].source}'"):
        check_noises(train, attacking)


def test_a_copy_under_another_name_is_caught_sample_for_sample() -> None:
    train, test = sample_noises().part("train"), sample_noises().part("test")
    copy = NoiseClip("copied", "human", train.clips[0].waveform.clone(), "another recording")
    with pytest.raises(DataError, match="'copied', which is sample for sample"):
        check_noises(train, replace(test, clips=(*test.clips, copy)))


def test_one_stream_for_training_and_attack_is_caught() -> None:
    with pytest.raises(DataError, match="stream"):
        check_seeds([0, "boundary"], ["0", "boundary"])


def test_the_harness_looks_before_every_attack() -> None:
    rain = torch.from_numpy(keyed("rain").normal(0, 0.1, 16000)).float()
    clips = [NoiseClip(f"{c}-{n}", c, rain, f"{c}-{n}") for c in ("natural", "human", "interior") for n in range(2)]
    dataset = Dataset("sample", tuple(sample_utterances(10, key="speaker")), "sample")
    experiment = Experiment(Registry.discover(), dataset, NoiseSet("doubled", tuple(clips), "doubled"), CPU)
    victim = experiment.registry.component("victims", "cnn_gru:max_epochs=1")
    cell = Cell(FittedKey(victim, None, TASK, "k-fold", 0, 0), experiment.registry.component("attacks", "fade_in"), 1)
    with pytest.raises(DataError, match="sample for sample"):
        Measuring(experiment).measured(cell)


def test_training_examples_come_from_the_training_half_and_from_streams_of_their_own() -> None:
    context = sample_context()
    attacking = {clip.id for clip in sample_noises().part("test").clips}
    noisy = perturbed("environmental", TRAIN, context, "mine")
    sources = {u.perturbation.source.split()[0] for u in noisy if u is not None and u.perturbation is not None}
    assert len(sources) > 1
    assert not sources & attacking
    again, other = perturbed("environmental", TRAIN, context, "mine"), perturbed("environmental", TRAIN, context, "1")
    assert all(torch.equal(a.waveform, b.waveform) for a, b in zip(noisy, again, strict=True) if a and b)
    assert any(not torch.equal(a.waveform, b.waveform) for a, b in zip(noisy, other, strict=True) if a and b)
    assert key_of(TRAINING, 0) != 0


def test_adversarial_examples_fool_the_victim_or_are_the_nearest_that_was_found() -> None:
    context = sample_context()
    victim = CnnGru(channels=8, hidden=8, dense=8, max_epochs=3).fit(TRAIN, VALID, context).enroll(TRAIN)
    found = adversarial_examples(victim, "boundary", TRAIN, context, 8, "mine")
    assert len(found) == len(TRAIN)
    assert all(one is not None and one.perturbation is not None for one in found)
    assert all(one.emotion == said.emotion for one, said in zip(found, TRAIN, strict=True) if one)
    heard = {clip.id for clip in sample_noises().part("test").clips}
    assert not {one.perturbation.source for one in found if one and one.perturbation} & heard
