"""A run: what is asked for is checked, planned, measured and scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.contracts.registry import Registry
from bench.core.cache import cache_dir
from bench.core.progress import Progress
from bench.core.specs import values_of
from bench.data.splits import LEAKS, split_named
from bench.evaluation.options import Options, check_writable
from bench.evaluation.planning import grouped, plan
from bench.evaluation.preflight import check_defended, check_names, check_parts, check_possible

if TYPE_CHECKING:
    from bench.evaluation.cells import Experiment
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

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been written then.
    """
    return execute_all((options,), progress)


def execute_all(asked: Sequence[Options], progress: Progress) -> Done:
    """Run several selections of cells into one folder: some pairs of attack and defence, not all with all.

    Args:
        asked: see `prepare`.
        progress: whom to tell.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been written then.
    """
    first = asked[0]
    check_writable(first.out)
    experiment, planned = prepare(asked, progress)

    from bench.evaluation.grid import run_grid
    from bench.evaluation.runs import remember
    from bench.scoring.records import Store
    from bench.scoring.results import collect

    store = Store(first.out)
    remember(first.out, first.ks)
    failures = run_grid(experiment, planned, store)
    keys = [experiment.key(plan.cell) for plan in planned]
    finished = [store.read(key) for key in keys if store.has(key)]
    failed = [store.failure(key) for key in keys if not store.has(key)]
    return Done(collect(finished, first.ks, failed), finished, failures)


_VARY = ("victims", "defenses", "attacks", "tasks", "split", "folds", "seeds", "repeats")


def prepare(asked: Sequence[Options], progress: Progress) -> tuple[Experiment, list[Planned]]:
    """Check what is asked for, read the data once, and plan the cells, those of one fitted victim next to each other.

    Args:
        asked: at least one; they differ in victims, defences, attacks, tasks, splits, folds, seeds, repeats alone. A
            cell that stands in several is planned once.
        progress: whom to tell.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been trained or written then.
        ValueError: the selections differ in data, machine or folder.
    """
    first = asked[0]
    for name, value in values_of(first).items():
        if name not in _VARY and any(values_of(options)[name] != value for options in asked):
            raise ValueError(f"selections of one run with different {name}")
    registry = Registry.discover(first.plugins)
    for options in asked:
        check_names(options, registry)
    check_writable(cache_dir(), "SERBENCH_CACHE")

    from bench.evaluation.setup import set_up

    # before the corpus is read, which may take long: what is misspelt, or cannot go together, is refused now
    unread = [cell for options in asked for cell in plan(options, registry)]
    for options in asked:
        check_parts(options, registry)
    check_defended(registry, unread, progress)
    experiment = set_up(first, registry, progress)
    planned = grouped(cell for options in asked for cell in plan(options, registry, experiment))
    check_possible(experiment, planned)
    for name in dict.fromkeys(options.split for options in asked if split_named(options.split).leaks):
        progress.say(f"Split {name}: {LEAKS}.")
    return experiment, planned
