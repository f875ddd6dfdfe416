"""Learning from one utterance for another: in rounds that the referee closes, and in no other way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest
import torch

from bench import (
    AttackTools,
    ComponentError,
    Heard,
    Overlay,
    PastSearch,
    Recipe,
    Rng,
    Samples,
    Steps,
    ThreatModel,
    Traits,
    UsageError,
    traits_of,
)
from bench.contracts.registry import Registry
from bench.core.types import Dataset
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.measuring import Measuring
from bench.evaluation.plans.options import Options
from bench.evaluation.plans.planning import plan, select
from bench.referee.referee import Referee
from bench.referee.search import AttackRun, Candidate
from bench.scoring.figures.row_shares import attack_success
from bench.scoring.record_files.rows import Row
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

SPEECH = sample_utterances(3, each=2, key="attacked")
PLUGINS = [Path(__file__).with_name(f"{name}.py") for name in ("learning", "cheats")]
CATEGORIES = ("crowd", "human", "interior", "meeting", "natural", "station")
SAID = tuple(sample_utterances(10, 3, key="corpus"))


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.discover(PLUGINS)


@dataclass(frozen=True)
class ManyAtOnce(ContraryVictim):
    """May be asked by several threads."""

    traits: ClassVar[Traits] = Traits(concurrent=True)


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def judged(attack: Any, seed: int = 0, victim: Any = None, **more: Any) -> list[Row]:
    run = AttackRun(attack, "learning", sample_tools(6), seed, SPEECH)
    return Referee(victim or ContraryVictim(), TASK, CPU, **more).run(run, SPEECH)


def tried(rows: Sequence[Row]) -> dict[str, list[str | None]]:
    """By utterance the categories that were tried, in order."""
    found: dict[str, list[str | None]] = {}
    for row in rows:
        found.setdefault(row.utterance, [])
        found[row.utterance] += [row.category] if row.query else []
    return found


def test_neither_batch_nor_threads_nor_order_of_arrival_changes_a_row(
    registry: Registry, request: pytest.FixtureRequest
) -> None:
    habit = registry.build("attacks", "habit")
    rows = judged(habit)
    assert judged(habit, batch_size=1) == judged(habit, batch_size=16) == rows
    assert judged(habit, order_key="another") == rows
    request.getfixturevalue("two_threads")
    assert judged(habit, victim=ManyAtOnce()) == judged(habit, victim=ManyAtOnce(), batch_size=3) == rows


def test_what_was_learnt_is_known_from_the_next_round_on(registry: Registry) -> None:
    rows = judged(registry.build("attacks", "habit"))
    turns = {row.utterance: row.turn for row in rows}
    assert sorted(turns.values()) == list(range(len(SPEECH)))
    order = sorted(turns, key=lambda id: turns[id])
    assert order != [one.id for one in SPEECH]
    alone = tried(judged(registry.build("attacks", f"habit:round_size={len(SPEECH)}")))
    found = tried(rows)
    assert all(found[id] == alone[id] for id in order[:4]), "nobody has learnt anything yet"
    assert any(found[id][:1] != alone[id][:1] for id in order[4:])
    won: dict[str, int] = {}
    for start in range(0, len(order), 4):
        for id in order[start : start + 4]:
            begun = min(
                ("crowd", "human", "interior", "meeting", "natural", "station"), key=lambda c: (-won.get(c, 0), c)
            )
            assert found[id][0] == begun
        for row in rows:
            if row.utterance in order[start : start + 4] and row.accepted:
                won[str(row.category)] = won.get(str(row.category), 0) + 1


def test_another_seed_is_another_order(registry: Registry) -> None:
    orders = [{row.utterance: row.turn for row in judged(registry.build("attacks", "habit"), seed)} for seed in (0, 1)]
    assert orders[0] != orders[1]


def test_what_a_search_writes_into_the_plan_stays_there(registry: Registry) -> None:
    assert judged(registry.build("attacks", "habit:writes=true")) == judged(registry.build("attacks", "habit"))


def test_an_attack_that_does_not_learn_has_no_turns() -> None:
    from attacks.boundary import Boundary

    assert {row.turn for row in judged(Boundary())} == {None}


@dataclass(frozen=True)
class Giving:
    """Gives a plan that is none."""

    gives: Any = field(default=None, compare=False)

    traits: ClassVar[Traits] = Traits(threat_model=ThreatModel(round_size=5))

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        yield Recipe(Overlay(tools.noises.draw(rng, "natural"), 10.5))

    def learn(self, plan: Mapping[str, Any], searches: Sequence[PastSearch]) -> Any:
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives


@pytest.mark.parametrize(
    ("gives", "said"),
    [
        (None, "a NoneType"),
        ([1], "a list"),
        ({"kept": {1, 2}}, "no JSON"),
        ({"kept": float("nan")}, "no JSON"),
        ({"kept": "x" * (1 << 20)}, "1,048,"),
        (ValueError("lost"), "ValueError: lost"),
    ],
)
def test_a_plan_that_is_none_is_named(gives: Any, said: str) -> None:
    with pytest.raises(ComponentError, match=said):
        judged(Giving(gives))


def test_what_is_learnt_from_is_what_was_told() -> None:
    seen: list[PastSearch] = []

    @dataclass(frozen=True)
    class Watching(Giving):
        def learn(self, plan: Mapping[str, Any], searches: Sequence[PastSearch]) -> Any:
            seen.extend(searches)
            return {}

    rows = [row for row in judged(Watching()) if row.query]
    by_turn = sorted(rows, key=lambda row: row.turn or 0)
    assert [[(str(recipe), answer.fooled) for recipe, answer in one.asked] for one in seen] == [
        [(row.recipe, row.label_after != row.label_before)] for row in by_turn
    ]
    assert {(answer.label, answer.refused) for one in seen for _, answer in one.asked} == {(None, None)}


def test_what_is_written_into_what_is_learnt_from_stays_there() -> None:
    """Free samples that were accepted are kept as they were asked about, however a round ends."""

    @dataclass(frozen=True)
    class Wiping(Giving):
        def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
            yield Recipe(Samples(original.waveform * 0.8))

        def learn(self, plan: Mapping[str, Any], searches: Sequence[PastSearch]) -> Any:
            for recipe, _ in (asked for search in searches for asked in search.asked):
                (part,) = recipe.parts
                assert isinstance(part, Samples)
                part.waveform.zero_()
            return {}

    kept: dict[str, Recipe] = {}
    run = AttackRun(Wiping(), "wiping", sample_tools(6), 0, SPEECH)

    def keep(candidate: Candidate, row: Row) -> None:
        kept[row.utterance] = candidate.recipe

    Referee(ContraryVictim(), TASK, CPU).run(run, SPEECH, keep=keep)
    asked = {name: str(recipe) for name, recipe in kept.items()}
    assert asked == {one.id: str(Recipe(Samples(one.waveform * 0.8))) for one in SPEECH}


def test_what_is_learnt_in_rounds_rests_on_the_budget(registry: Registry) -> None:
    """Read off one search, success at k = 1 would be that of an attacker who learnt from as many as the greatest k."""
    learns = registry.component("attacks", "habit")
    assert traits_of(learns.object).anytime
    assert not learns.anytime
    one, six = (attacked(learns.object, budget) for budget in (1, 6))
    assert one != [row for row in six if row.query <= 1]


def test_an_author_s_check_goes_through_rounds(registry: Registry) -> None:
    check_attack(registry.build("attacks", "habit"))
    with pytest.raises(AssertionError, match="records depend on what else is attacked"):
        check_attack(registry.build("attacks", "habit:leaks=true"))


# ---- whole cells: two halves of speakers, repeated orders, what stands in the record


def measured(registry: Registry, batch_size: int = 64, repeat: int = 0) -> Any:
    experiment = Experiment(registry, Dataset("sample", SAID, "f"), sample_noises(), CPU, batch_size)
    fitted = FittedKey(registry.component("victims", "loud"), None, TASKS["ahsn"], "k-fold", 0, 0)
    return Measuring(experiment).measured(Cell(fitted, registry.component("attacks", "habit"), 6, repeat=repeat))


def test_rounds_go_over_both_halves_of_a_cell(registry: Registry) -> None:
    found = measured(registry)
    turns = {row.utterance: row.turn for row in found.rows}
    assert sorted(turns.values()) == list(range(len(turns)))
    assert found.facts.to_json()["rounds"] == {"size": 4, "n": len(turns)}
    assert [measured(registry, batch).rows for batch in (1, 16)] == [found.rows] * 2
    assert {row.utterance: row.turn for row in measured(registry, repeat=1).rows} != turns


def test_it_is_run_in_several_orders_and_never_in_one(registry: Registry) -> None:
    experiment = Experiment(registry, Dataset("sample", SAID, "f"), sample_noises(), CPU)
    options = Options(("loud",), ("habit",), ks=(1, 3))
    cells = [one.cell for one in plan(select(options, registry), experiment)]
    assert sorted((cell.repeat, cell.max_queries) for cell in cells) == [(one, k) for one in range(5) for k in (1, 3)]
    assert len({cell.search_seed for cell in cells}) == 5
    with pytest.raises(UsageError, match="2 or more orders"):
        select(replace(options, repeats=1), registry)


def test_rounds_without_learning_are_refused_before_anything_is_trained(tmp_path: Path) -> None:
    text = (
        "from dataclasses import dataclass\nfrom bench import Traits, ThreatModel\n\n\n@dataclass(frozen=True)\n"
        "class Idle:\n    '''Does nothing.'''\n\n    traits = Traits(threat_model=ThreatModel(round_size=3))\n\n"
        "    def search(self, original, tools, rng):\n        yield from ()\n\n\n"
        "COMPONENTS = {'attacks': {'idle': Idle}}\n"
    )
    (tmp_path / "idle_plugin.py").write_text(text)
    with pytest.raises(UsageError, match="no method learn"):
        select(Options(("cnn_gru",), ("idle",)), Registry.discover([tmp_path / "idle_plugin.py"]))


def test_an_interval_covers_what_another_order_would_give() -> None:
    """Orders that differ as wholes: within one, utterances fall together."""
    rows = [
        {
            **{"fold": 0, "seed": 0, "repeat": repeat, "utterance": f"u{n}", "speaker": f"s{n // 6}", "query": query},
            **{"label_true": "a", "label_before": "a", "snr_db": 20.0, "imperceptible": True, "additive": True},
            "accepted": bool(query) and (n * 7 + repeat * 31) % 10 < 2 * repeat,
            "turn": n,
        }
        for repeat in range(1, 5)
        for n in range(60)
        for query in (0, 1, 2)
    ]
    learnt = pd.DataFrame(rows)
    widths = []
    for records in (learnt, learnt.assign(turn=None)):
        found = attack_success(records, 2, "all")
        assert found.value == pytest.approx(0.5, abs=0.05)
        widths.append(found.high - found.low)
    assert widths[0] > 2 * widths[1]
