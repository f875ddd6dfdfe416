"""The referee grants what an attack declares, and nothing else: knowledge, answers, what may be tried."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from bench import (
    REFUSED,
    Answer,
    AttackTools,
    Batch,
    Effect,
    Heard,
    KnownSpeech,
    Overlay,
    Recipe,
    Rng,
    Samples,
    ThreatModel,
    Traits,
    Words,
)
from bench.contracts.defense_view import DefenseView
from bench.contracts.perception import p1
from bench.contracts.registry import Registry
from bench.core.types import Dataset
from bench.data.tasks import TASKS
from bench.evaluation.cells import Cell, FittedKey
from bench.evaluation.experiment import Experiment
from bench.evaluation.measuring import Measuring
from bench.referee.columns import kinds_of
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.rows import Row
from bench.testing import CPU, TASK, ContraryVictim, check_attack, sample_noises, sample_tools, sample_utterances

SPEECH = sample_utterances(2, each=2, key="attacked")
SEEN: list[Any] = []
CLASSES = TASK.classes


@dataclass(frozen=True)
class Listening:
    """Lays sounds of many levels over speech, and keeps every answer."""

    answers: Any = "fooled"
    told: list[Answer] = field(default_factory=list, compare=False)

    @property
    def traits(self) -> Traits:
        return Traits(threat_model=ThreatModel(answers=self.answers))

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        for level in range(-20, 20, 2):
            self.told.append((yield Recipe(Overlay(tools.noises.draw(rng, "natural"), float(level)))))


@dataclass(frozen=True)
class Refuses(ContraryVictim):
    """Refuses what is loud."""

    def enroll(self, clean: Any) -> Refuses:
        return self

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        level = batch.waveforms[:, :1_600].square().mean(dim=1)
        return self.log_probs(batch), level > 0.05


def listened(answers: str, victim: Any = None) -> tuple[list[Answer], list[Row]]:
    """What the attack was told, and what was written down of it, in the order in which it was asked."""
    attack = Listening(answers)
    run = AttackRun(attack, "listening", sample_tools(21), 0, SPEECH)
    rows: list[Row] = []
    for one in SPEECH:  # one at a time: answers come in the order of the rows
        rows += [row for row in Referee(victim or Refuses(), TASK, CPU).run(run, [one]) if row.query]
    assert len(rows) == len(attack.told)
    return attack.told, rows


def test_who_is_told_one_bit_learns_neither_label_nor_refusal() -> None:
    told, rows = listened("fooled")
    assert {(answer.label, answer.refused, answer.probabilities) for answer in told} == {(None, None, None)}
    assert any(row.label_after == REFUSED for row in rows)
    assert [answer.fooled for answer in told] == [
        row.label_after != row.label_before and REFUSED not in (row.label_after, row.label_before) for row in rows
    ]


def test_who_is_told_the_label_takes_a_refusal_for_the_clean_one() -> None:
    told, rows = listened("label")
    assert {(answer.refused, answer.probabilities) for answer in told} == {(None, None)}
    for answer, row in zip(told, rows, strict=True):
        if row.label_before == REFUSED:
            assert answer.label is None
        else:
            assert answer.label == (row.label_before if row.label_after == REFUSED else row.label_after)
    assert len({answer.label for answer in told}) > 2


def test_who_is_told_of_refusals_knows_them() -> None:
    told, rows = listened("refusals")
    assert [answer.refused for answer in told] == [row.label_after == REFUSED for row in rows]
    assert [answer.label or REFUSED for answer in told] == [row.label_after for row in rows]
    assert {answer.probabilities for answer in told} == {None}


def test_probabilities_are_those_of_the_classes_to_three_decimals() -> None:
    told, rows = listened("probabilities")
    for answer, row in zip(told, rows, strict=True):
        if answer.refused:
            assert answer.probabilities is None
            continue
        assert answer.probabilities is not None
        assert list(answer.probabilities) == list(CLASSES)
        assert max(answer.probabilities, key=lambda name: answer.probabilities[name]) == row.label_after
        assert sum(answer.probabilities.values()) == pytest.approx(1, abs=2e-3)
        assert all(round(value, 3) == value for value in answer.probabilities.values())


def test_the_same_is_written_down_whatever_is_told() -> None:
    assert listened("fooled")[1] == listened("probabilities")[1] == listened("label")[1]


# ---- what may be tried


@dataclass(frozen=True)
class Trying:
    """Asks for everything that there is, and counts what was applied."""

    allowed: Any = "all"
    applied: list[bool] = field(default_factory=list, compare=False)

    @property
    def traits(self) -> Traits:
        return Traits(threat_model=ThreatModel(allowed=self.allowed))

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        for recipe in everything(original):
            self.applied.append((yield recipe).applied)


def everything(original: Heard) -> list[Recipe]:
    """Imperceptible, additive, and neither."""
    samples = original.waveform.shape[-1]
    return [
        Recipe(Overlay("natural-1", 10.5)),
        Recipe(Overlay("natural-1", 10.5, filter=(0.5, 0.5))),
        Recipe(Overlay("natural-1", 12.0), Overlay("human-1", 12.0)),
        Recipe(Effect("fade_in")),
        Recipe(Effect("pitch:factor=1.25", 3)),
        Recipe(Effect("speed_utterance:rate=1.25", 3)),
        Recipe(Samples(original.waveform * 0.9)),
        Recipe(Samples(torch.zeros(samples + 1))),
        Recipe(Words(((0, 1, "hate"),))),
        Recipe(Words(((0, 1, "hate"),)), Overlay("natural-1", 10.5)),
        Recipe(Effect("drop_words", 1)),
        Recipe(Effect("mask_nouns", 1)),
    ]


def tried(allowed: str) -> list[Row]:
    run = AttackRun(Trying(allowed), "trying", sample_tools(99), 0, SPEECH)
    return [row for row in Referee(ContraryVictim(), TASK, CPU).run(run, SPEECH) if row.query]


def test_nobody_is_asked_about_what_is_not_allowed() -> None:
    free = tried("all")
    for allowed in ("imperceptible", "additive"):
        kept = tried(allowed)
        assert 0 < len(kept) < len(free)
        assert {row.imperceptible or (allowed == "additive" and row.additive) for row in kept} == {True}
        within = [row for row in free if row.imperceptible or (allowed == "additive" and row.additive)]
        assert [(row.utterance, row.recipe, row.label_after) for row in kept] == [
            (row.utterance, row.recipe, row.label_after) for row in within
        ], "all that is allowed is asked about, and charged in its order"


def test_what_is_looked_at_beforehand_is_what_is_written_down() -> None:
    tools = sample_tools(99)
    run = AttackRun(Trying(), "trying", tools, 0, SPEECH)
    rows = {(row.utterance, row.recipe): row for row in tried("all")}
    found = 0
    for one in SPEECH:
        original = Heard.of(one)
        for recipe in everything(original):
            rendered = run.renderer.of(original, run.others(one)).rendered(run.renderer.canonical(recipe))
            if rendered is not None:
                row = rows[one.id, str(run.renderer.canonical(recipe))]
                told = kinds_of(original, rendered.heard, run.renderer.canonical(recipe), p1())
                assert told == (row.imperceptible, row.additive)
                found += 1
    assert found == len(rows)


def test_a_search_for_what_is_not_allowed_has_an_end() -> None:
    @dataclass(frozen=True)
    class Stubborn:
        traits: ClassVar[Traits] = Traits(threat_model=ThreatModel(allowed="imperceptible"))

        def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
            while True:
                yield Recipe(Samples(original.waveform))

    run = AttackRun(Stubborn(), "stubborn", sample_tools(2), 0, SPEECH)
    assert all(row.query == 0 for row in Referee(ContraryVictim(), TASK, CPU).run(run, SPEECH))


# ---- what is known


@dataclass(frozen=True)
class Surrogate:
    """Looks up the speech that it knows, and brings its label into play; yields nothing where it knows none."""

    knows: tuple[str, ...] = ("training", "validation")

    @property
    def traits(self) -> Traits:
        return Traits(threat_model=ThreatModel(knows=self.knows, answers="label"))  # type: ignore[arg-type]

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        labels = {known.label for known in (*tools.training, *tools.validation)}
        for number in range(len(labels)):
            answer = yield Recipe(Overlay(tools.noises.of("natural")[0], 10.5 + number))
            assert answer.label in CLASSES


def test_an_author_s_check_grants_what_is_declared() -> None:
    check_attack(Surrogate())
    with pytest.raises(AssertionError, match="never asked"):
        check_attack(Surrogate(knows=()))


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


COMPONENTS = {"attacks": {"knowing": Knowing}}
