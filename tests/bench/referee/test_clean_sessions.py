"""What a victim that remembers costs those who attack nobody: clean speech asked about in a session of its speaker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from bench import Batch, Utterance
from bench.contracts.registry import Registry
from bench.core.rng import keyed
from bench.core.types import Dataset
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.measuring import Measuring
from bench.referee.blinding import Instance
from bench.referee.inaudible import softened
from bench.referee.sessions import lost_in_sessions
from bench.testing import CPU, TASK, ContraryVictim, sample_noises, sample_utterances


@dataclass(frozen=True)
class OneQuestion:
    """Answers a session's first question, and then nothing; or then the same again, whatever it hears."""

    repeats: bool
    asked: dict[str, Tensor] = field(default_factory=dict)

    def enroll(self, clean: Sequence[Utterance]) -> OneQuestion:
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        return self.answer_or_refuse(batch)[0]

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        said = ContraryVictim().log_probs(batch)
        late = torch.zeros(len(batch), dtype=torch.bool)
        for row, session in enumerate(batch.sessions):
            late[row] = session in self.asked
            said[row] = self.asked.setdefault(session, said[row].clone())
        return said, late & (not self.repeats)

    def save(self, folder: Path) -> None: ...


@pytest.mark.parametrize("repeats", [False, True])
def test_who_answers_a_session_once_is_lost_on_those_who_attack_nobody(repeats: bool) -> None:
    """No search gets anywhere, and clean speech that is asked about in no session shows nothing of it."""
    said = sample_utterances(3, 4, "test")
    victim = OneQuestion(repeats)
    heard = [replace(one, waveform=softened(one.waveform, keyed("session", "", one.id))) for one in said]
    alone = [int(ContraryVictim().log_probs(Batch.of([one])).argmax()) for one in heard]
    first = {one.speaker: label for one, label in zip(reversed(said), reversed(alone), strict=True)}
    opening = {next(one.id for one in said if one.speaker == speaker) for speaker in first}
    lost = {one.id for one, label in zip(said, alone, strict=True) if label != first[one.speaker]}
    expected = lost if repeats else {one.id for one in said} - opening
    assert lost_in_sessions(Instance(victim), Instance(victim), TASK, said, CPU) == expected
    assert len(expected) >= len(said) / 4


@pytest.mark.parametrize(("defense", "attacks"), [("patience", 2), ("none", 1)])
def test_it_is_asked_once_for_all_attacks_and_stands_beside_the_records(defense: str, attacks: int) -> None:
    """Whoever answers three questions of a session loses the others of those who have more to ask."""
    registry = Registry.discover([Path(__file__).with_name(f"{name}.py") for name in ("remembering", "cheats")])
    said = tuple(sample_utterances(10, 3, key="corpus"))
    experiment = Experiment(registry, Dataset("sample", said, "f"), sample_noises(), CPU)
    own = None if defense == "none" else registry.component("defenses", defense)
    fitted = FittedKey(registry.component("victims", "loud"), own, TASK, "k-fold", 0, 0)
    measuring = Measuring(experiment)
    names = ("boundary:corr=false", "white_noise")[:attacks]
    found = [measuring.measured(Cell(fitted, registry.component("attacks", name), 2)).facts for name in names]
    told = {one.sessions for one in found}
    if own is None:
        assert told == {None}
        assert "sessions" not in found[0].to_json()
        return
    ((lost, of),) = told
    test = experiment.split(fitted).test
    speakers = {one.speaker for one in test}
    late = len(test) - sum(min(3, sum(one.speaker == name for one in test)) for name in speakers)
    assert (lost, of) == (late, len(test))
    assert lost > 0
    assert found[0].to_json()["sessions"] == {"lost": lost, "of": of}
