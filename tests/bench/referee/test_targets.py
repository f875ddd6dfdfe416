"""A target that is wanted: what fools then, what counts, who is attacked, and what is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch

from attacks.square import SquareAttack
from attacks.surrogate import SurrogateTransfer
from bench import Answer, AttackTools, Heard, Overlay, Recipe, Rng, Steps, ThreatModel, Traits, UsageError, keyed
from bench.contracts.registry import Registry
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import Cell, FittedKey, attacked
from bench.evaluation.plans.options import Options
from bench.perturbations.surrogates import Ascent, Surrogate
from bench.referee.judgement import fooled
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.testing import CPU, TASK, ContraryVictim, sample_tools, sample_utterances

SPEECH = sample_utterances(2, each=2, key="attacked")
LEVELS = tuple(range(-20, 20, 4))


@dataclass(frozen=True)
class Levels:
    """Tries some levels, and notes what it is told."""

    told: list[tuple[str | None, Answer]]
    traits: ClassVar[Traits] = Traits(threat_model=ThreatModel(answers="label"))

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        for level in LEVELS:
            self.told.append((tools.target, (yield Recipe(Overlay("natural-1", float(level))))))


def test_only_the_target_fools_and_who_is_there_already_is_not_attacked() -> None:
    told: list[tuple[str | None, Answer]] = []
    run = AttackRun(Levels(told), "levels", sample_tools(len(LEVELS) + 1), 0, SPEECH)
    free = Referee(ContraryVictim(), TASK, CPU).run(run, SPEECH)
    assert {target for target, _ in told} == {None}
    for target in TASK.classes:
        told.clear()
        aimed = replace(run, threat_model=replace(run.granted, target=target))
        rows = Referee(ContraryVictim(), TASK, CPU).run(aimed, SPEECH)
        there = {row.utterance for row in rows if row.query == 0 and row.label_before == target}
        assert {row.utterance for row in rows if row.query} == {one.id for one in SPEECH} - there
        asked, before = ([row for row in some if row.query] for some in (rows, free))
        same = [row for row in before if row.utterance not in there]
        assert [replace(row, accepted=row.accepted and row.label_after == target) for row in same] == [
            replace(row, survives_pcm=old.survives_pcm, burst_snr_db=old.burst_snr_db, peak_ratio=old.peak_ratio)
            for row, old in zip(asked, same, strict=True)
        ]
        assert {known for known, _ in told} <= {target}
        assert sorted(answer.fooled for _, answer in told) == sorted(row.label_after == target for row in asked)


def test_a_refusal_is_no_target_and_no_target_is_any() -> None:
    assert fooled("anger", "neutral", "neutral")
    assert not fooled("anger", "sadness", "neutral")
    assert not fooled("neutral", "neutral", "neutral")
    assert not fooled("anger", "(refused)", "(refused)")


def test_it_is_told_in_words_and_in_json_only_where_there_is_one() -> None:
    aimed = ThreatModel(answers="label", target="neutral")
    assert ThreatModel.of(aimed.to_json()) == aimed
    assert "target" not in ThreatModel().to_json()
    assert str(aimed).endswith("wants 'neutral' as the answer")
    with pytest.raises(UsageError, match="ThreatModel"):
        ThreatModel.of({**aimed.to_json(), "target": 3})


def test_those_of_another_label_are_attacked() -> None:
    registry = Registry.discover()
    fitted = FittedKey(registry.component("victims", "cnn_gru"), None, TASKS["ahsn"], "k-fold", 0, 0)
    cell = Cell(fitted, registry.component("attacks", "fade_in"), 5)
    assert attacked(cell, SPEECH) == list(SPEECH)
    aimed = replace(cell, attack=replace(cell.attack, target="anger"))
    assert aimed != cell
    assert [one.emotion for one in attacked(aimed, SPEECH)] == [o.emotion for o in SPEECH if o.emotion != "anger"]
    with pytest.raises(Exception, match="choose another --target"):
        attacked(aimed, [one for one in SPEECH if one.emotion == "anger"])


def test_a_target_is_a_class_of_each_task_or_a_direction() -> None:
    Options(("cnn_gru",), target="neutral")
    Options(("cnn_gru",), target="higher", tasks=("activation",))
    for wrong, task in (("neutrl", "ahsn"), ("same", "activation"), ("neutral", "activation")):
        with pytest.raises(UsageError, match="--target"):
            Options(("cnn_gru",), target=wrong, tasks=(task,))


def test_searches_that_know_more_go_towards_it(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Heard.of(SPEECH[0])
    tools = replace(sample_tools(), label="anger", target="sadness")
    steps = SquareAttack().search(original, tools, keyed(1))
    sounds = [next(steps)]
    for share in (0.2, 0.1, 0.4):  # of the target: better than before in the last alone
        sounds.append(steps.send(Answer(False, probabilities={"anger": 0.1, "sadness": share, "calm": 0.9 - share})))
    towards: list[tuple[int, bool]] = []

    def change(self: Ascent, surrogate: object, speech: torch.Tensor, norm: float, rng: Rng, label: int,
               towards_it: bool = False, far: bool = False, **more: bool) -> torch.Tensor:  # fmt: skip
        towards.append((label, more.get("towards", towards_it)))
        return speech

    monkeypatch.setattr(Ascent, "change", change)

    class Even(torch.nn.Module):
        def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
            return torch.zeros(len(waveforms), 3)

    surrogate = Surrogate((Even(),), ("anger", "happiness", "sadness"))
    changes = SurrogateTransfer()._changes(surrogate, original.waveform, tools, keyed(1))
    for _ in range(3):
        next(changes)
    assert towards == [(2, True)] * 3
