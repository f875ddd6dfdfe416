"""Budgets: hidden from attacks that do not need to know, and run apart for those that do."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest

from attacks.adaptive import Adaptive
from attacks.boundary import Boundary
from bench import Answer, AttackTools, Heard, Overlay, Recipe, Rng, Samples, Traits
from bench.contracts.registry import Registry
from bench.core.types import Dataset
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.measuring import Measuring
from bench.evaluation.plans.options import Options
from bench.evaluation.plans.planning import plan, select
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.record_files.descriptions import Description, RestsOn
from bench.scoring.record_files.names import CellNames, Setting
from bench.scoring.record_files.rows import Row, as_table
from bench.scoring.records import CellRecords
from bench.scoring.results import collect
from bench.testing import (
    CPU,
    TASK,
    ContraryVictim,
    attacked,
    check_attack,
    sample_noises,
    sample_tools,
    sample_utterances,
)

SPEECH = sample_utterances(2, each=2, key="attacked")
TOLD: list[int | None] = []


@dataclass(frozen=True)
class Planner:
    """Asks as loudly as its budget is great; keeps what it is told of that."""

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        TOLD.append(tools.max_queries)
        for clip in tools.noises.clips:
            yield Recipe(Overlay(clip, 20.0 - (tools.max_queries or 0)))


@dataclass(frozen=True)
class Carefree(Planner):
    """The same, and declares that it does not need to know."""

    traits: ClassVar[Traits] = Traits(anytime=True)


@pytest.mark.parametrize(("attack", "told"), [(Planner(), {3}), (Carefree(), {None})])
def test_only_who_does_not_declare_it_is_told(attack: Planner, told: set[int | None]) -> None:
    TOLD.clear()
    rows = Referee(ContraryVictim(), TASK, CPU).run(AttackRun(attack, "x", sample_tools(3), 0, SPEECH), SPEECH)
    assert set(TOLD) == told
    assert max(row.query for row in rows) == 3, "the referee knows it"


@pytest.mark.parametrize("attack", [Boundary(), Boundary(corr=True), Boundary(noises="imperceptible"), Adaptive()])
def test_the_first_queries_are_the_same_whatever_the_budget(attack: Boundary | Adaptive) -> None:
    most = attacked(attack, 25)
    for k in (1, 2, 5, 15):
        assert attacked(attack, k) == [row for row in most if row.query <= k]


@dataclass(frozen=True)
class Digging:
    """Says that it does not need to know its budget, and digs it out of the referee's frames."""

    traits: ClassVar[Traits] = Traits(anytime=True)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        frame, budget = sys._getframe(), 0
        while frame.f_back is not None and not budget:
            frame = frame.f_back
            budget = next((one.budget for one in frame.f_locals.values() if isinstance(one, AttackRun)), 0)
        for clip in tools.noises.of("natural"):
            yield Recipe(Overlay(clip, 20.0 - budget))


def test_an_author_s_check_holds_it_to_what_it_declares() -> None:
    check_attack(Carefree())
    with pytest.raises(AssertionError, match="declares the trait anytime"):
        check_attack(Digging())


@dataclass(frozen=True)
class Picky:
    """Asks much that is not allowed before each query that is."""

    traits: ClassVar[Traits] = Traits(anytime=True)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        nothing = Samples(original.waveform)
        for clip in tools.noises.clips:
            for _ in range(70):
                yield Recipe(Overlay("silence", 10.0))
            yield Recipe(Overlay(clip, 10.5))
        yield Recipe(nothing)


def test_how_much_does_not_apply_is_bounded_by_what_was_asked() -> None:
    clip = replace(sample_noises().clips[0], id="silence", waveform=sample_noises().clips[0].waveform * 0)
    found = []
    for k in (2, 4):
        tools = sample_tools(k)
        noises = replace(tools.noises, clips=(*tools.noises.clips, clip))
        run = AttackRun(Picky(), "picky", replace(tools, noises=noises), 0, SPEECH)
        found.append(Referee(ContraryVictim(), TASK, CPU).run(run, SPEECH))
    assert found[0] == [row for row in found[1] if row.query <= 2]


def test_who_knows_its_budget_is_run_with_each() -> None:
    registry = Registry.discover([Path(__file__).with_name("cheats.py"), Path(__file__)])
    said = tuple(sample_utterances(10, 3, key="corpus"))
    experiment = Experiment(registry, Dataset("sample", said, "f"), sample_noises(), CPU)
    options = Options(("loud",), ("planner", "carefree", "fade_in", "transfer:attack=carefree"), ks=(1, 3), limit=4)
    planned = plan(select(options, registry), experiment)
    budgets = [(one.cell.attack.spec, one.cell.max_queries) for one in planned]
    assert budgets == [
        *(("planner", 1), ("planner", 3), ("carefree", 3), ("fade_in", 3)),
        *(("transfer:attack=carefree", 1), ("transfer:attack=carefree", 3)),
    ]
    rows = [Measuring(experiment).measured(one.cell).rows for one in planned[:2]]
    first = [{row.recipe for row in found if row.query == 1} for found in rows]
    assert first[0].isdisjoint(first[1])


def cell(budget: int, fooled: Sequence[str], anytime: bool = False) -> CellRecords:
    """Two utterances' records of a search with a budget: who fell, at the first query."""
    rows = []
    for id in ("u0", "u1", "u2"):
        rows.append(Row(id, f"s{id}", 0, "a", "a", "a"))
        hit = id in fooled
        rows.append(Row(id, f"s{id}", 1, "a", "a", "b" if hit else "a", 20.0, accepted=hit, additive=True))
        rows.append(Row(id, f"s{id}", 2, "a", "a", "a", 20.0, additive=True))
    frame: pd.DataFrame = as_table(rows).to_pandas()
    names = CellNames("v", "none", "a", Setting("c", "n", "ahsn", "k-fold", None), 0, 0)
    rests_on = RestsOn("fp", "np", "p1", 10.0, budget, "cpu", "c", {"harness": "h", "serbench": "0", "torch": "2"})
    about = Description(names, "a", False, ("all",), {}, {}, rests_on, text="", anytime=anytime)
    return CellRecords(f"k{budget}", about, frame)


def test_scores_at_k_are_of_the_search_that_had_k() -> None:
    apart = collect([cell(2, ["u0"]), cell(8, ["u0", "u1", "u2"])], [1, 2, 8])
    (entry,) = apart.pooled
    assert {score.k: round(score.acc_att.value, 2) for score in entry.scores} == {2: 0.33, 8: 1.0}
    assert not entry.anytime
    assert entry.rests_on.max_queries == 8
    together = collect([cell(8, ["u0", "u1", "u2"], anytime=True)], [1, 2, 8])
    assert {score.k for score in together.pooled[0].scores} == {1, 2, 8}
    assert {score.acc_att.value for score in together.pooled[0].scores} == {1.0}


COMPONENTS = {"attacks": {"planner": Planner, "carefree": Carefree}}
