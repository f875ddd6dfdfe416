"""Which cells a run has: every combination of what is asked for, in an order that fits each victim once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.contracts.composition import composed, specs_in
from bench.contracts.registry import Registry
from bench.contracts.threat_models import threat_models
from bench.core.specs import NO_DEFENSE, Spec, spec_of
from bench.data.splits import split_named
from bench.data.tasks import task_named
from bench.evaluation.options import Options

if TYPE_CHECKING:
    from bench.evaluation.cells import Experiment
    from bench.evaluation.grid import Planned

RANDOMISED_REPEATS = 3
"""How often a cell under a randomised defence is measured where `--repeats` does not say."""


def plan(options: Options, registry: Registry, experiment: Experiment | None = None) -> list[Planned]:
    """Every cell asked for, those of one fitted victim next to each other.

    Args:
        options: what is asked for.
        registry: finds components.
        experiment: with the corpus, which says how many folds there are; without it, "all" folds are the first.
    """
    from itertools import product

    from bench.evaluation.cells import Cell
    from bench.evaluation.grid import Planned

    victims = [canonical(registry, "victims", text) for text in options.victims]
    defenses = [text if text == NO_DEFENSE else canonical(registry, "defenses", text) for text in options.defenses]
    attacks = [
        threat_model
        for text in options.attacks
        for threat_model in threat_models(text, registry.build("attacks", text), options.corr, options.noises)
    ]
    split = split_named(options.split).name
    found = []
    for task, seed, victim in product(map(task_named, dict.fromkeys(options.tasks)), options.seeds, victims):
        folds = options.folds or range(experiment.folds(victim, task, split) if experiment else 1)
        for fold, defense, threat_model in product(folds, defenses, attacks):
            cell = Cell(victim, defense, threat_model.attack, task, split, fold, seed, max(options.ks), options.limit)
            repeats = range(options.repeats or _repeats_of(registry, victim, defense))
            found += [Planned(replace(cell, repeat=repeat), threat_model) for repeat in repeats]
    return list(dict.fromkeys(found))


def _repeats_of(registry: Registry, victim: str, defense: str) -> int:
    """How often a cell is measured: what a randomised victim or defence answers once says little."""
    parts = [registry.build("victims", victim)]
    parts += [] if defense == NO_DEFENSE else [registry.build("defenses", defense)]
    return RANDOMISED_REPEATS if any(getattr(part, "randomised", False) for part in parts) else 1


def canonical(registry: Registry, kind: str, text: str) -> str:
    """The spec as records name it: only what differs from the defaults, in the parameters' order."""
    parts = specs_in(kind, text)
    return composed(tuple(spec_of(Spec.parse(part).name, registry.build(kind, part)) for part in parts))


def grouped(planned: Iterable[Planned]) -> list[Planned]:
    """Each once, those of one fitted victim next to each other, in the order of its first."""
    groups: dict[tuple[object, ...], dict[Planned, None]] = {}
    for one in planned:
        cell = one.cell
        fitted = (cell.task, cell.split, cell.seed, cell.fold, cell.victim, cell.defense)
        groups.setdefault(fitted, {})[one] = None
    return [one for group in groups.values() for one in group]
