"""Universal noises: what is learnt in a rehearsal, in which order it is asked, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from torch import Tensor

from attacks.universal_filters import UniversalFilters
from attacks.universal_noises import UniversalNoises
from bench import Answer, Batch, Heard, Overlay, PastSearch, Recipe, UsageError, keyed
from bench.contracts.granting import granted_to
from bench.contracts.registry import Registry
from bench.core.types import Dataset
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.measuring import Measuring
from bench.perturbations.pools import Pool, level_of
from bench.referee.referee import Referee
from bench.referee.rehearsal import rehearsed
from bench.referee.search import AttackRun
from bench.testing import CPU, TASK, ContraryVictim, attacked, sample_noises, sample_tools, sample_utterances

CHEATS = Path(__file__).parents[1] / "bench" / "referee" / "cheats.py"
BRIEF = "universal_noises:pool=6,rehearsal=12,noises=imperceptible"
SMALL = UniversalNoises("imperceptible", pool=6, rehearsal=12)
TOOLS = sample_tools()
SPEECH = sample_utterances(1, each=1)


@dataclass(frozen=True)
class Counting(ContraryVictim):
    """Counts the utterances that it is asked about."""

    calls: list[int]

    def enroll(self, clean: Sequence[object]) -> Counting:  # type: ignore[override]
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        self.calls.append(len(batch))
        return super().log_probs(batch)


def past(label: str, *fooled: str) -> PastSearch:
    asked = [(Recipe(Overlay(clip, 10.1)), Answer(clip in fooled, counts=True)) for clip in "abcd"]
    return PastSearch(tuple(asked), label)


def clips(lines: Sequence[str]) -> str:
    parts = [Recipe.read(line).parts[0] for line in lines]
    return "".join(part.clip for part in parts if isinstance(part, Overlay))


def test_the_order_covers_first_what_is_not_covered_yet() -> None:
    searches = [past("anger", "a", "b"), past("anger", "a", "b"), past("sadness", "a", "b"), past("sadness", "c")]
    orders = SMALL.learn({}, searches)["orders"]
    assert clips(orders[""]) == "abc", "0.4 of three is still more than one, and d fooled nobody"
    orders = replace(SMALL, belief=0.9).learn({}, searches)["orders"]
    assert clips(orders[""]) == "acb", "what is covered counts a tenth now"
    assert clips(orders["anger"])[:2] == "ab"
    assert clips(orders["sadness"])[:2] == "ac"
    assert set(SMALL.learn({}, [replace(one, label=None) for one in searches])["orders"]) == {""}


def asked(attack: UniversalNoises | UniversalFilters, answers: Sequence[Answer], **known: object) -> list[Recipe]:
    steps = attack.search(Heard.of(SPEECH[0]), replace(TOOLS, **known), keyed(1))  # type: ignore[arg-type]
    found = [next(steps)]
    for answer in answers:
        try:
            found.append(steps.send(answer))
        except StopIteration:
            break
    return found


def test_it_asks_in_the_order_of_the_label_until_one_counts() -> None:
    lines = {label: [str(Recipe(Overlay(clip, 10.1))) for clip in order] for label, order in
             (("", "abcd"), ("anger", "dcba"))}  # fmt: skip
    no, beyond = Answer(False), Answer(True, counts=False)
    for label, order in (("anger", "dcba"), ("sadness", "abcd"), (None, "abcd")):
        found = asked(SMALL, [no, beyond, no, no], plan={"orders": lines}, label=label)
        assert clips([str(one) for one in found[:4]]) == order
        assert len(found) == 5, "and then a fresh one"
    assert len(asked(SMALL, [no, Answer(True, counts=True)], plan={"orders": lines})) == 2
    unlearnt = asked(SMALL, [no] * 5)
    assert unlearnt == list(Pool(TOOLS.noises, "imperceptible", 6).recipes(10.1))


def test_after_a_refusal_a_noise_is_softer_and_none_is_asked_twice() -> None:
    lines = [str(Recipe(Overlay(clip, level))) for clip, level in (("a", 15.0), ("b", 10.1), ("a", 10.1), ("a", 12.5))]
    refused = Answer(False, refused=True)
    found = asked(SMALL, [refused, Answer(False, refused=False), refused], plan={"orders": {"": lines}})
    assert [level_of(one) for one in found] == [15.0, 10.1, 20.0, 25.0]
    assert clips([str(one) for one in found]) == "abaa"
    same = [str(Recipe(Overlay("a", level))) for level in (10.1, 12.5, 10.1)]
    found = asked(SMALL, [refused] * 3, plan={"orders": {"": same}})
    assert [level_of(one) for one in found] == [10.1, 12.5, 15.0, 10.1], "the last is a fresh one"
    answers = [Answer(False, refused=False)] * 2
    assert len(asked(SMALL, answers, plan={"orders": {"": same}})) == 3, "10.1, 12.5 and a fresh one"


def test_after_the_last_that_fooled_anybody_come_fresh_ones_at_levels_that_fooled() -> None:
    levels = {"a": 10.1, "b": 10.1, "c": 20.0, "d": 35.0}
    found = tuple((Recipe(Overlay(clip, level)), Answer(clip in "ac", counts=True)) for clip, level in levels.items())
    plan = SMALL.learn({}, [PastSearch(found, None)])
    assert clips(plan["orders"][""]) == "ac"
    assert plan["fresh"] == [[10.1, 0.5], [20.0, 1.0], [35.0, 0.0]], "half of those at 10.1 fooled, and all at 20"
    for attack in (SMALL, replace(SMALL, noises="additive"), UniversalFilters(curves=2)):
        steps = [asked(attack, [Answer(False)] * 200, plan=plan)[2:] for _ in range(2)]
        assert steps[0] == steps[1], "by the search's own draws"
        assert len(set(map(str, steps[0]))) > 190
        drawn = [level_of(one) for one in steps[0]]
        assert set(drawn) == {10.1, 20.0}
        assert 0.55 < drawn.count(20.0) / len(drawn) < 0.8
    nothing = SMALL.learn({}, [PastSearch(tuple((recipe, Answer(False, counts=True)) for recipe, _ in found), None)])
    assert nothing["fresh"] == [[10.1, 1.0], [20.0, 1.0], [35.0, 1.0]], "whatever was asked is as good as the rest"


def rehearsed_alone(answer: Answer) -> list[Recipe]:
    steps = SMALL.search(Heard.of(SPEECH[0]), replace(TOOLS, rehearsing=True), keyed(1))
    found = [next(steps)]
    with suppress(StopIteration):
        while True:
            found.append(steps.send(answer))
    return found


def test_a_rehearsal_asks_about_every_level_as_often() -> None:
    found = rehearsed_alone(Answer(False))
    assert len(set(map(str, found))) == len(found) == 6 * 6, "each sound at each level"
    drawn = [level_of(one) for one in found]
    assert drawn[:6] == [10.1] * 6
    assert drawn[6:16] == [12.5, 15.0, 20.0, 25.0, 35.0, 12.5, 15.0, 20.0, 25.0, 35.0]
    assert len(rehearsed_alone(Answer(True, counts=True))) == 6, "what is fooled by a tenth is left alone"


@pytest.mark.parametrize("answers", ["fooled", "label", "refusals"])
@pytest.mark.parametrize("noises", ["imperceptible", "additive"])
def test_a_rehearsal_is_counted_and_keeps_to_its_budget(answers: str, noises: str) -> None:
    attack = UniversalNoises(noises, answers, pool=6, rehearsal=9)  # type: ignore[arg-type]
    victim = Counting([])
    referee = Referee(victim, TASK, CPU)
    run = AttackRun(attack, "u", sample_tools(5), 0, SPEECH)
    known = sample_utterances(1, each=1, key="known")
    planned, rehearsal = rehearsed(referee, run, known)
    assert rehearsal is not None
    assert (rehearsal.utterances, rehearsal.queries) == (4, sum(victim.calls) - 4), "the clean queries are not charged"
    assert 6 * 4 <= rehearsal.queries <= 9 * 4
    assert planned.plan != run.plan
    before = sum(victim.calls)
    rows = referee.run(planned, SPEECH)
    assert sum(victim.calls) - before == len(rows)
    assert max(row.query for row in rows) <= 5
    orders = attack.learn({}, [])["orders"] if answers == "fooled" else None
    assert orders in (None, {"": []})
    assert ('"anger"' in planned.plan or '"sadness"' in planned.plan) is (answers != "fooled")


def test_records_are_the_same_in_any_batch() -> None:
    for attack in (SMALL, UniversalNoises("all", "refusals", pool=24, rehearsal=24)):
        assert attacked(attack, 5, batch_size=1) == attacked(attack, 5, batch_size=64)


def test_a_cell_says_how_much_was_rehearsed() -> None:
    said = tuple(sample_utterances(10, 1, key="corpus"))
    registry = Registry.discover([CHEATS])
    experiment = Experiment(registry, Dataset("sample", said, "f"), sample_noises(), CPU)
    fitted = FittedKey(registry.component("victims", "loud"), None, TASKS["ahsn"], "k-fold", 0, 0)
    found = Measuring(experiment).measured(Cell(fitted, registry.component("attacks", BRIEF), 3, limit=2))
    told = found.facts.to_json()["rehearsal"]
    assert isinstance(told, dict)
    assert told["utterances"] == len(experiment.split(fitted).valid)
    assert 6 * told["utterances"] <= told["queries"] <= 12 * told["utterances"]
    assert {row.speaker for row in found.rows} <= {one.speaker for one in experiment.split(fitted).test}


def test_what_it_declares() -> None:
    model = granted_to(UniversalNoises("additive", "label"))
    assert (model.knows, model.answers, model.allowed, model.rehearsal) == (("validation",), "label", "additive", 384)
    for wrong in ({"pool": 1}, {"rehearsal": 100}, {"belief": 1.5}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            UniversalNoises(**wrong)  # type: ignore[arg-type]
