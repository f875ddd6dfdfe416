"""Which cells a run has: every combination of what is asked for, in an order that fits each victim once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, get_args

from bench.contracts.attacks import LearningAttack
from bench.contracts.component import Component
from bench.contracts.composition import asks_once
from bench.contracts.registry import Registry
from bench.contracts.variants import Variant, variants_of
from bench.core.errors import UsageError
from bench.core.specs import NO_DEFENSE
from bench.core.types import Half, Task
from bench.data.splits import split_named
from bench.data.tasks import task_named
from bench.evaluation.plans.options import Options

if TYPE_CHECKING:
    from bench.evaluation.cell.cells import FittedKey
    from bench.evaluation.cell.experiment import Experiment
    from bench.evaluation.plans.planned import Planned

RANDOMISED_REPEATS = 3
"""How often a cell under a randomised defence is measured where `--repeats` does not say: one answer says little."""
ORDERS = 5
"""In how many orders an attack that learns in rounds meets its utterances where `--repeats` does not say."""


MOST_CELLS = 1_000_000
"""Of one plan."""


@dataclass(frozen=True)
class Selection:
    """What one set of options asks for, its components built.

    Args:
        options: as given.
        victims: in the order given.
        defenses: likewise; None for the bare victim.
        attacks: each with the threat model that it is run under.
        tasks: each once.
        split: the protocol's full name.
    """

    options: Options
    victims: tuple[Component, ...]
    defenses: tuple[Component | None, ...]
    attacks: tuple[tuple[Component, Variant], ...]
    tasks: tuple[Task, ...]
    split: str


def select(options: Options, registry: Registry) -> Selection:
    """Build and check every component asked for, once; from here on they travel, not their names.

    Args:
        options: what is asked for.
        registry: finds components.

    Raises:
        UsageError: a component cannot be made.
    """

    def attack(text: str) -> list[tuple[Component, Variant]]:
        models = variants_of(text, registry.build("attacks", text), options.corr, options.noises)
        aims = options.target or ""
        found = [(replace(registry.component("attacks", model.attack), target=aims), model) for model in models]
        for component, _ in found:
            _check_searches(component)
            _check_learns(component, options.repeats)
        return found

    bare_or = (None if text == NO_DEFENSE else registry.component("defenses", text) for text in options.defenses)
    return Selection(
        options,
        tuple(registry.component("victims", text) for text in options.victims),
        tuple(bare_or),
        tuple(one for text in options.attacks for one in attack(text)),
        tuple(map(task_named, dict.fromkeys(options.tasks))),
        split_named(options.split).name,
    )


def _check_searches(attack: Component) -> None:
    """Refuse an attack that is to search with one that brings what was found elsewhere: it would ask nothing."""
    inner = attack.searching
    if inner is not attack and inner.traits.transfers:
        found = f"{inner.spec!r}, which searches nothing itself"
        raise UsageError(f"attack {attack.spec!r}", found, "an attack that searches", "take the one that it is made of")


def _check_learns(attack: Component, repeats: int | None) -> None:
    """Refuse an attack that declares rounds and does not learn, and a single order of one that does."""
    model = attack.threat_model
    if not (model.round_size or model.rehearsal):
        return
    where = f"attack {attack.spec!r}"
    if not isinstance(attack.chooser.object, LearningAttack):
        raise UsageError(
            where,
            "a round_size or a rehearsal, and no method learn",
            "learn(plan, searches)",
            "add it, or declare none",
        )
    if repeats == 1 and model.round_size:
        found = f"1, for {where}, which learns from one utterance for another"
        raise UsageError("--repeats", found, "2 or more orders of the utterances", "leave it out for 5")


def plan_fitted(selection: Selection, experiment: Experiment) -> list[FittedKey]:
    """Plan every fitted victim asked for.

    Args:
        selection: the components.
        experiment: with the corpus, which says how many folds there are.
    """
    from bench.evaluation.cell.cells import FittedKey

    asked, found = selection.options, []
    for task, seed, victim in product(selection.tasks, asked.seeds, selection.victims):
        folds = asked.folds or range(experiment.folds(victim, task, selection.split))
        for fold, defense in product(folds, selection.defenses):
            found.append(FittedKey(victim, defense, task, selection.split, fold, seed))
    return list(dict.fromkeys(found))


def plan(selection: Selection, experiment: Experiment) -> list[Planned]:
    """Plan every cell asked for, those of one fitted victim next to each other.

    Args:
        selection: the components.
        experiment: as in `plan_fitted`.

    Raises:
        UsageError: they are more than a million.
    """
    from bench.evaluation.cell.cells import Cell
    from bench.evaluation.plans.planned import Planned

    asked, found = selection.options, []
    for fitted, (attack, model) in product(plan_fitted(selection, experiment), selection.attacks):
        halves = get_args(Half) if asked.bank_halves and not asks_once(attack.object) else ()
        runs = product(range(repeats_of(asked, fitted, attack)), budgets_of(asked, attack), (None, *halves))
        for repeat, budget, half in runs:
            found.append(Planned(Cell(fitted, attack, budget, asked.limit, repeat, half), model))
            if len(found) > MOST_CELLS:
                raise UsageError("cells", f"more than {MOST_CELLS:,}", "fewer", "ask for them in several runs")
    return list(dict.fromkeys(found))


def budgets_of(options: Options, attack: Component) -> tuple[int, ...]:
    """List the budgets that an attack is run with: the greatest k, or each where it plans with what it has.

    Args:
        options: with the numbers of queries.
        attack: whose first queries are the same whatever its budget, or are not.
    """
    return (max(options.ks),) if attack.anytime else options.ks


def repeats_of(options: Options, fitted: FittedKey, attack: Component | None = None) -> int:
    """Count how often a fitted victim is looked at: what a randomised one answers once says little, and so does one
    order of what an attack learns from.

    Args:
        options: with `repeats`, or None.
        fitted: the victim under its defence.
        attack: by what, if anything.
    """
    learns = attack is not None and attack.threat_model.round_size > 0
    return options.repeats or max(RANDOMISED_REPEATS if fitted.randomised else 1, ORDERS if learns else 1)


def grouped(planned: Iterable[Planned]) -> list[Planned]:
    """Put each once, those of one fitted victim next to each other, in the order of its first."""
    groups: dict[FittedKey, dict[Planned, None]] = {}
    for one in planned:
        groups.setdefault(one.cell.fitted, {})[one] = None
    return [one for group in groups.values() for one in group]
