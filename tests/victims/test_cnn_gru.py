"""P1's victim beyond the conformance checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import Batch, ComponentError
from bench.core.rng import keyed
from bench.modelling.sequences import class_weights, shuffled_batches
from bench.testing import CPU, sample_context, sample_utterances
from victims.cnn_gru import CnnGru, CnnGruNetwork, FittedCnnGru

BRIEF = "cnn_gru:max_epochs=3"
"""For the checks that all components pass: trains in seconds."""


@pytest.fixture(scope="module")
def fitted() -> FittedCnnGru:
    recipe = CnnGru(channels=16, hidden=16, dense=16, learning_rate=3e-3, batch_size=8, max_epochs=20)
    return recipe.fit(sample_utterances(4, 3, "train"), sample_utterances(2, 2, "valid"), sample_context())


def test_the_full_network_does_not_depend_on_padding(check_alone: Callable) -> None:
    """One at a time and 64 at a time, at the size that is benchmarked."""
    torch.manual_seed(0)
    network = CnnGruNetwork(CnnGru(), 4).eval()
    test = sample_utterances(8, 2, "mixed")
    assert len(test) == 64
    check_alone(FittedCnnGru(CnnGru(), ("a", "b", "c", "d"), network, CPU).enroll(test), test)


@settings(max_examples=20, deadline=None)
@given(samples=st.integers(1, 30_000), extra=st.integers(0, 40_000))
def test_padding_of_any_length_changes_nothing(
    fitted: FittedCnnGru, samples: int, extra: int, check_padding: Callable
) -> None:
    utterance = sample_utterances(1, 1)[0]
    cut = replace(utterance, waveform=utterance.waveform.repeat(4)[:samples])
    check_padding(fitted.enroll([utterance]), cut, extra)


def test_it_learns(fitted: FittedCnnGru, right: Callable) -> None:
    test = sample_utterances(3, 4, "new")
    assert right(fitted.enroll(test), test) > 0.5


def test_statistics_come_from_clean_speech_and_do_not_follow_the_attack(fitted: FittedCnnGru) -> None:
    clean = sample_utterances(1, 1)
    victim = fitted.enroll(clean)
    before = {speaker: found.clone() for speaker, found in (victim.statistics or {}).items()}
    louder = replace(clean[0], waveform=clean[0].waveform * 0.1)
    with torch.no_grad():
        first, second = (victim.log_probs(Batch.of([u])) for u in (clean[0], louder))
    assert not torch.equal(first, second)
    assert all(torch.equal(found, before[speaker]) for speaker, found in (victim.statistics or {}).items())


def test_a_speaker_nobody_enrolled_has_the_training_speakers_statistics(fitted: FittedCnnGru) -> None:
    stranger, other = Batch.of(sample_utterances(1, 1)), fitted.enroll(sample_utterances(1, 1, "other"))
    assert fitted.everybody is not None
    own = replace(fitted, statistics={"sample-0": fitted.everybody})
    assert torch.equal(other.log_probs(stranger), own.log_probs(stranger))


def test_without_these_a_speaker_nobody_enrolled_is_refused(fitted: FittedCnnGru) -> None:
    with pytest.raises(ComponentError, match="a speaker who is not enrolled"):
        replace(fitted, everybody=None).enroll(()).log_probs(Batch.of(sample_utterances(1, 1)))


def test_classes_weigh_the_same() -> None:
    weights = class_weights(torch.tensor([0] * 6 + [1] * 3 + [2]), 3)
    assert (weights * torch.tensor([6.0, 3.0, 1.0])).tolist() == pytest.approx([10 / 3] * 3)


@given(st.lists(st.integers(1, 900), min_size=1, max_size=200), st.integers(1, 40))
def test_an_epoch_has_every_utterance_once(lengths: list[int], size: int) -> None:
    found = list(shuffled_batches(lengths, size, keyed("test")))
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    assert all(len(batch) <= size for batch in found)
