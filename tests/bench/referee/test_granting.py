"""The referee grants what an attack declares, and nothing else: knowledge, answers, what may be tried."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from torch import Tensor

from bench import (
    REFUSED,
    Answer,
    AttackTools,
    Batch,
    Heard,
    Overlay,
    Recipe,
    Rng,
    Samples,
    ThreatModel,
    Traits,
)
from bench.contracts.perception import p1
from bench.referee.columns import kinds_of
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row
from bench.testing import CPU, TASK, ContraryVictim, check_attack, sample_tools
from tests.bench.referee.granted import CLASSES, SPEECH, everything


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
                told = kinds_of(original, rendered, run.renderer.canonical(recipe), p1())
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
