"""A run: what is asked for is checked, planned, measured and scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.contracts.variants import Variant
from bench.core.cache import cache_dir
from bench.core.errors import UsageError
from bench.core.progress import Progress
from bench.data.splits import LEAKS, split_named
from bench.evaluation.isolating import registry_for
from bench.evaluation.options import Options, check_writable
from bench.evaluation.planning import Selection, grouped, plan, plan_fitted, select
from bench.evaluation.preflight import check_defended, check_names, check_possible

if TYPE_CHECKING:
    from bench.evaluation.cells import FittedKey
    from bench.evaluation.experiment import Experiment
    from bench.evaluation.grid import Failure, Planned
    from bench.scoring.records import CellRecords
    from bench.scoring.results import Results


@dataclass(frozen=True)
class Done:
    """What a run gave.

    Args:
        results: the finished cells, scored.
        cells: their records, in the order in which they were measured.
        failures: the cells that failed.
    """

    results: Results
    cells: list[CellRecords]
    failures: list[Failure]


def execute(options: Options, progress: Progress) -> Done:
    """Run what is asked for, or what of it is not done yet, and score it.

    Args:
        options: what is asked for.
        progress: is told of long steps.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been written then.
    """
    return execute_all((options,), progress)


def execute_all(asked: Sequence[Options], progress: Progress) -> Done:
    """Run several selections of cells into one folder: some pairs of attack and defence, not all with all.

    Args:
        asked: see `prepare`.
        progress: is told of long steps.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been written then.
    """
    first = asked[0]
    check_writable(first.out)
    experiment, planned = prepare(asked, progress)

    from bench.evaluation.checking import check_finished
    from bench.evaluation.descriptions import cell_key
    from bench.evaluation.grid import run_grid
    from bench.evaluation.runs import remember
    from bench.scoring.records import Store
    from bench.scoring.results import collect

    store = Store(first.out)
    remember(first.out, first.ks)
    failures = run_grid(experiment, planned, store)
    if first.check:
        failures += check_finished(experiment, planned, store, first.check_limit)
    keys = [cell_key(experiment, plan.cell) for plan in planned]
    found = zip(planned, keys, strict=True)
    finished = [_as_asked(store.read(key), plan.variant) for plan, key in found if store.has(key)]
    failed = [store.failure(key) for key in keys if not store.has(key)]
    return Done(collect(finished, first.ks, failed), finished, failures)


def _as_asked(cell: CellRecords, asked: Variant) -> CellRecords:
    """A finished cell, scored for what is asked now: its file names what was asked when it was measured."""
    return replace(cell, description=replace(cell.description, noises=asked.noises))


_VARY = ("victims", "defenses", "attacks", "tasks", "split", "folds", "seeds", "repeats")


def prepare(asked: Sequence[Options], progress: Progress) -> tuple[Experiment, list[Planned]]:
    """Check what is asked for, read the data once, and plan the cells, those of one fitted victim next to each other.

    Args:
        asked: at least one; they differ in victims, defences, attacks, tasks, splits, folds, seeds, repeats alone. A
            cell that stands in several is planned once.
        progress: told of long steps.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been trained or written then.
        ValueError: the selections differ in data, machine or folder.
    """
    first = asked[0]
    for options in asked:
        for name, value in vars(options).items():
            if name not in _VARY and value != vars(first)[name]:
                raise ValueError(f"selections of one run with different {name}")
    if not all(options.attacks for options in asked):
        raise UsageError("--attack", "none", "at least one", "see bench list")
    experiment, selections = _read(asked, progress)
    planned = grouped(one for selection in selections for one in plan(selection, experiment))
    if first.bank_halves:
        experiment.noises.part("test").half("first")
    check_possible(experiment, (one.cell.fitted for one in planned), (one.cell.attack for one in planned))
    return experiment, planned


def prepare_fitted(options: Options, progress: Progress) -> tuple[Experiment, list[FittedKey]]:
    """Check what is asked for, read the data, and plan fitted victims, for what is done without an attack.

    Args:
        options: its attacks are of no account.
        progress: told of long steps.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been trained or written then.
    """
    experiment, (selection,) = _read([options], progress)
    planned = plan_fitted(selection, experiment)
    check_possible(experiment, planned, ())
    return experiment, planned


def _read(asked: Sequence[Options], progress: Progress) -> tuple[Experiment, list[Selection]]:
    """Find and build components, and refuse what is misspelt or cannot go together; only then read the data, which may
    take long."""
    registry = registry_for(*asked)
    for options in asked:
        check_names(options, registry, progress)
    check_writable(cache_dir(), "SERBENCH_CACHE")
    selections = [select(options, registry) for options in asked]
    check_defended(selections, progress)

    from bench.evaluation.setup import set_up

    experiment = set_up(asked[0], registry, progress)
    for name in dict.fromkeys(one.split for one in selections if split_named(one.split).leaks):
        progress.say(f"Split {name}: {LEAKS}.")
    return experiment, selections
