"""What an attack is lent beforehand is what its threat model grants."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from attacks.boundary import Boundary
from bench import (
    REFUSED,
    Answer,
    AttackTools,
    Batch,
    Heard,
    KnownSpeech,
    Overlay,
    Recipe,
    Rng,
    ThreatModel,
    Traits,
)
from bench.contracts.defense_view import DefenseView
from bench.contracts.registry import Registry
from bench.core.types import Dataset
from bench.data.tasks import TASKS
from bench.evaluation.cell.attacker_knowledge import KnownHarm, degradation
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.measuring import Measuring
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.testing import CPU, TASK, ContraryVictim, sample_noises, sample_tools, sample_utterances
from tests.bench.referee.granted import CLASSES, SPEECH

SEEN: list[Any] = []


@dataclass(frozen=True)
class Knowing:
    """Keeps what it is lent."""

    knows: tuple[str, ...] = ()

    @property
    def traits(self) -> Traits:
        return Traits(threat_model=ThreatModel(knows=self.knows))  # type: ignore[arg-type]

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        SEEN.append(tools)
        yield Recipe(Overlay("natural-1", 10.5))


COMPONENTS = {"attacks": {"knowing": Knowing}}


def lent(*knows: str) -> AttackTools:
    """What one search is lent out of tools that hold everything."""
    some = (KnownSpeech(Heard.of(SPEECH[0]), "anger"),)
    tools = replace(sample_tools(3), degradation={"natural": 0.1}, validation=some, training=some)
    attack = Knowing(knows)
    run = AttackRun(attack, "knowing", tools, 0, SPEECH, view=DefenseView.through(ContraryVictim(), Batch.of, CPU))
    Referee(ContraryVictim(), TASK, CPU).run(run, SPEECH[:1])
    found: AttackTools = SEEN[-1]
    return found


def test_what_is_not_declared_is_not_lent() -> None:
    nothing = lent()
    assert (nothing.degradation, nothing.defense_view) == (None, None)
    assert not nothing.validation
    assert not nothing.training
    fields: dict[str, Callable[[AttackTools], Any]] = {
        "noise-harm": lambda tools: tools.degradation,
        "validation": lambda tools: tools.validation,
        "training": lambda tools: tools.training,
        "defense": lambda tools: tools.defense_view,
    }
    for word in fields:
        tools = lent(word)
        assert {name for name, read in fields.items() if read(tools)} == {word}


def test_validation_and_training_speech_are_lent_with_their_labels() -> None:
    said = tuple(sample_utterances(10, 3, key="corpus"))
    registry = Registry.discover([Path(__file__).with_name("cheats.py"), Path(__file__)])
    experiment = Experiment(registry, Dataset("sample", said, "f"), sample_noises(), CPU)
    fitted = FittedKey(registry.component("victims", "loud"), None, TASKS["ahsn"], "k-fold", 0, 0)
    component = registry.component("attacks", "knowing:knows=validation+training")
    Measuring(experiment).measured(Cell(fitted, component, 1, limit=2))
    loaded = vars(sys.modules[type(component.object).__module__])  # as a plug-in this file is another module
    tools, split = loaded["SEEN"][0], experiment.split(fitted)
    assert [one.label for one in tools.training] == [one.emotion for one in split.train]
    assert len(tools.validation) == len(split.valid)
    assert {one.label for one in tools.validation} <= {*CLASSES, REFUSED}
    for own, theirs in zip(tools.training[:3], split.train, strict=False):
        assert torch.equal(own.speech.waveform, theirs.waveform)
        own.speech.waveform.zero_()
        assert float(theirs.waveform.abs().max()) > 0, "copies"
    assert {one.speech.speaker for one in tools.training}.isdisjoint({one.speaker for one in split.train})


@dataclass(frozen=True)
class Spoiling(Boundary):
    """Spoils whatever it is given when it is asked for a probe, and would have others misinformed."""

    corr: bool = True
    met: set[str] = field(default_factory=set)

    def probe(self, original: Heard, category: str, tools: AttackTools, rng: Rng) -> Recipe | None:
        recipe = super().probe(original, category, tools, rng)
        self.met.add(original.speaker)
        original.waveform.zero_()
        for clip in tools.noises.clips:
            clip.waveform.zero_()
        return recipe


def test_who_is_asked_for_probes_can_spoil_nothing_for_others() -> None:
    said = sample_utterances(4, 3, key="valid")
    before = [one.waveform.clone() for one in said]
    referee, honest, spoiling, memory = (
        Referee(ContraryVictim(), TASK, CPU),
        Boundary(corr=True),
        Spoiling(),
        KnownHarm(),
    )
    expected = degradation(referee, honest, said, sample_tools())
    assert any(expected.values())
    degradation(referee, spoiling, said, sample_tools(), known=memory)
    assert degradation(referee, honest, said, sample_tools(), known=memory) == expected
    assert all(torch.equal(one.waveform, own) for one, own in zip(said, before, strict=True))
    assert spoiling.met
    assert spoiling.met.isdisjoint({one.speaker for one in said})
