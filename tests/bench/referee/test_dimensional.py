"""The referee in a dimensional task: what it judges, writes down, tells, and refuses to believe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
import torch

from bench import AttackTools, Batch, ComponentError, Heard, Rng, ThreatModel, Traits
from bench.core.types import REFUSED, Task
from bench.data.tasks import TASKS
from bench.referee.blinding import Instance
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row
from bench.testing import CPU, sample_tools
from tests.bench.referee.scripted import UTTERANCES, Scripted, Search, noisy

ACTIVATION = TASKS["activation"]
BINS = Task("bins", ("low", "mid", "high"), "activation", bins=(1.5, 3.5), scale=(1.0, 5.0))


@dataclass(frozen=True)
class Meter:
    """Answers by the mean absolute sample, in any unit."""

    gain: float = 10.0
    offset: float = 1.0
    log: Any = None

    def enroll(self, clean: Any) -> Meter:
        return self

    def values(self, batch: Batch) -> torch.Tensor:
        found = batch.waveforms.abs().sum(dim=1) / batch.lengths
        return self.offset + self.gain * found

    def log_probs(self, batch: Batch) -> torch.Tensor:
        raise AssertionError("nobody asks for classes")

    def save(self, folder: Any) -> None: ...


def judged(steps: Callable[..., Search], task: Task = ACTIVATION, victim: Any = None, **more: Any) -> list[Row]:
    referee = Referee(victim or Meter(), task, CPU, examines=True, **more)
    return referee.run(AttackRun(Scripted(steps), "scripted", sample_tools(3), 0), UTTERANCES)


def louder(original: Heard, tools: AttackTools, rng: Rng) -> Search:
    for seed in range(3):
        yield noisy(original, 11.0 - 4.0 * seed, seed)


def test_what_is_written_down_follows_from_the_numbers() -> None:
    rows = judged(louder, victim=Meter(gain=200.0))
    assert {row.label_after for row in rows if row.query} == {"same", "higher"}
    for row in rows:
        moved = row.value_after - row.value_before
        assert row.label_before == "same"
        assert row.label_after == ("higher" if moved > 0.5 else "lower" if moved < -0.5 else "same")
        assert row.label_true == ("same" if abs(row.value_true - row.value_before) <= 0.5 else row.label_true)
        assert row.accepted == (row.query > 0 and moved > 0.5 and row.snr_db > 10)
        assert row.query or row.value_after == row.value_before
    assert any(row.accepted for row in rows)
    assert all(row.survives_pcm for row in rows if row.accepted)
    ratings = {row.utterance: row.value_true for row in rows}
    assert ratings == {one.id: one.activation for one in UTTERANCES}


def test_a_way_that_does_not_count_is_no_success() -> None:
    assert not any(row.accepted for row in judged(louder, replace(ACTIVATION, direction="down"), Meter(gain=200.0)))


def test_bins_are_classes_that_numbers_lie_in() -> None:
    rows = judged(louder, BINS, Meter(gain=200.0))
    for row in rows:
        edges = [sum(value > edge for edge in BINS.bins) for value in (row.value_before, row.value_after)]
        assert [BINS.classes[index] for index in edges] == [row.label_before, row.label_after]
    assert {row.label_true for row in rows} == {"low", "mid", "high"}


def test_a_number_at_an_edge_is_no_answer() -> None:
    """The clean answer lies on an edge but for what a batch may change."""
    rows = judged(louder, BINS, Meter(gain=0.0, offset=1.5004))
    assert {row.label_after for row in rows} == {REFUSED}
    assert all(row.tied and not row.accepted for row in rows)


@dataclass(frozen=True)
class Curious:
    """Notes what it is told, and is answered what its threat model grants."""

    told: list[Any]
    answers: str
    traits: ClassVar[Traits]

    @property
    def threat_model(self) -> ThreatModel:
        return ThreatModel(answers=self.answers)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Search:
        answer = yield noisy(original, 5.0)
        self.told.append((tools.value, answer.value, answer.label))


def test_who_is_answered_labels_is_told_the_number() -> None:
    for answers, tells in (("fooled", False), ("label", True)):
        told: list[Any] = []
        attack = Curious(told, answers)
        run = AttackRun(attack, "curious", sample_tools(2), 0, threat_model=attack.threat_model)
        rows = Referee(Meter(), ACTIVATION, CPU).run(run, UTTERANCES)
        after = [(row.value_before, round(row.value_after, 3), row.label_after) for row in rows if row.query == 1]
        assert sorted(told) == sorted(after) if tells else set(told) == {(None, None, None)}


@dataclass(frozen=True)
class Unsteady(Meter):
    """Every instance answers something else."""

    def another(self, name: str) -> Instance:
        return Instance(replace(self, offset=self.offset + 0.01 * (name == "again")))


def test_another_number_from_a_fresh_instance_is_an_error() -> None:
    victim = Unsteady()
    with pytest.raises(ComponentError, match="when a fresh instance was asked again"):
        judged(louder, victim=victim, another=victim.another)
    assert judged(louder, victim=victim, another=lambda name: Instance(Meter(offset=1.0 + 1e-5)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (lambda batch: torch.full((len(batch),), float("nan")), "NaN or infinite"),
        (lambda batch: torch.zeros(len(batch), 1), r"shape \(8, 1\)"),
        (None, "a method values"),
    ],
)
def test_what_is_no_number_is_named(values: Any, message: str) -> None:
    class Odd:
        def enroll(self, clean: Any) -> Any:
            return self

        def log_probs(self, batch: Batch) -> torch.Tensor:
            return torch.zeros(len(batch), 3)

        def save(self, folder: Any) -> None: ...

    odd = Odd()
    if values is not None:
        odd.values = values  # type: ignore[attr-defined]
    with pytest.raises(ComponentError, match=message):
        judged(louder, victim=odd)
