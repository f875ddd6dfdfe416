"""Searches side by side: what an answer is asked with changes nothing, and an error ends them all."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import (
    AttackTools,
    Batch,
    ComponentError,
    Heard,
    Rng,
)
from bench.core.computing.halving import Halving
from bench.referee.blinding import Instance
from bench.referee.prediction import Predictor
from bench.referee.search import AttackRun
from bench.testing import ContraryVictim, sample_tools, sample_utterances
from tests.bench.referee.scripted import (
    CPU,
    TASK,
    UTTERANCES,
    EasilyFooled,
    Scripted,
    Search,
    judged,
    noisy,
    referee_of,
)
from victims.cnn_gru import CnnGru


def test_clean_speech_is_asked_about_once_however_many_attacks_there_are() -> None:
    asked: list[int] = []
    referee = referee_of(EasilyFooled(asked=asked))
    none = AttackRun(Scripted(lambda original, tools, rng: iter(())), "none", sample_tools(5), 0)
    first = referee.run(none, UTTERANCES)
    assert referee.run(none, UTTERANCES[:1]) == first[:1]
    assert sum(asked) == len(UTTERANCES)
    changed = replace(UTTERANCES[0], waveform=-UTTERANCES[0].waveform)  # under the name of one that was asked about
    assert referee.run(none, [changed])[0].label_before != first[0].label_before


def test_searches_are_told_the_truth_and_batches_stay_full() -> None:
    asked: list[int] = []

    def counting(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        for _ in range(int(rng.integers(1, 5))):
            assert (yield noisy(original, 5.0)).fooled is True

    rows = judged(counting, victim=EasilyFooled(asked=asked), batch_size=3)
    queries = sum(row.query > 0 for row in rows)
    clean, steps = asked[: math.ceil(len(UTTERANCES) / 3)], asked[math.ceil(len(UTTERANCES) / 3) :]
    assert sum(clean) == len(UTTERANCES)
    assert sum(steps) == queries
    assert steps == sorted(steps, reverse=True), "a place stayed empty while utterances were waiting"


def test_wrong_log_probabilities_are_the_victims_fault() -> None:
    @dataclass(frozen=True)
    class Wrong(EasilyFooled):
        def log_probs(self, batch: Batch) -> torch.Tensor:
            return torch.zeros(len(batch), 3)

    with pytest.raises(ComponentError, match=r"victim: found a tensor of shape \(8, 3\)"):
        judged(lambda original, tools, rng: iter(()), victim=Wrong())


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 0.0])
def test_log_probabilities_that_are_not_numbers_are_the_victims_fault(bad: float) -> None:
    @dataclass(frozen=True)
    class Wrong(EasilyFooled):
        def log_probs(self, batch: Batch) -> torch.Tensor:
            return torch.full((len(batch), 4), bad)

    with pytest.raises(ComponentError, match="victim: found a row with NaN"):
        judged(lambda original, tools, rng: iter(()), victim=Wrong())


def test_what_a_victim_does_to_its_own_answers_later_changes_none() -> None:
    answers = torch.zeros(len(UTTERANCES), 4)

    @dataclass(frozen=True)
    class InOnePlace(EasilyFooled):
        def log_probs(self, batch: Batch) -> torch.Tensor:
            return answers[: len(batch)].copy_(super().log_probs(batch))

    known = InOnePlace().enroll(UTTERANCES[::2])
    asked = [
        Predictor(Instance(known), TASK, CPU, Halving(64, "victim"), chunk).answers(UTTERANCES) for chunk in (None, 3)
    ]
    assert asked[0] == asked[1]
    assert {said.label for said in asked[0]} == {0, 1}


@settings(max_examples=15, deadline=None)
@given(batch_size=st.integers(1, 20), k=st.integers(1, 9))
def test_rows_do_not_depend_on_the_batch(batch_size: int, k: int) -> None:
    def drawn(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        while (yield noisy(original, float(rng.uniform(0, 30)), int(rng.integers(1000)))) or rng.random() < 0.8:
            pass

    assert judged(drawn, k, ContraryVictim(), batch_size) == judged(drawn, k, ContraryVictim(), 1)


def test_rows_do_not_depend_on_threads() -> None:
    victim = CnnGru(channels=8, hidden=8, dense=8, max_epochs=2)
    from bench.testing import sample_context

    fitted = victim.fit(sample_utterances(key="train"), sample_utterances(2, key="valid"), sample_context())

    def drawn(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        for _ in range(6):
            yield noisy(original, float(rng.uniform(-5, 20)), int(rng.integers(1000)))

    before = torch.get_num_threads()
    found = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        found.append(judged(drawn, 6, fitted))
    torch.set_num_threads(before)
    assert found[0] == found[1]
    assert torch.get_num_threads() == before


def test_an_error_in_one_thread_ends_the_others() -> None:
    victim = CnnGru(channels=8, hidden=8, dense=8, max_epochs=1)
    from bench.testing import sample_context

    fitted = victim.fit(sample_utterances(key="train"), sample_utterances(2, key="valid"), sample_context())

    def failing(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        yield noisy(original, 5.0)
        if torch.equal(original.waveform, UTTERANCES[0].waveform):
            raise ValueError("once")
        while True:
            yield noisy(original, 5.0)

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(ComponentError, match="ValueError: once"):
            judged(failing, 10_000, fitted)
    finally:
        torch.set_num_threads(before)
