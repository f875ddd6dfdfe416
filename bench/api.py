"""A run from Python: the same words as on the command line, answered with a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cache import cache_dir
from bench.errors import ComponentError
from bench.fitting import NO_DEFENSE
from bench.measures.catalogue import parse_measures
from bench.options import Options, check_writable, parse_folds, parse_ks, parse_seeds
from bench.planning import grouped, plan
from bench.preflight import check_defended, check_names, check_parts, check_possible
from bench.progress import SILENT, Progress
from bench.registry import Registry
from bench.splits import LEAKS, split_named

if TYPE_CHECKING:
    import pandas as pd

    from bench.evaluate import Experiment
    from bench.grid import Failure, Planned
    from bench.records import CellRecords
    from bench.results import Results


def run(
    victim: str | Sequence[str] = "cnn_gru",
    attack: str | Sequence[str] = "boundary",
    k: str | int | Sequence[int] = (5, 15, 25),
    *,
    defense: str | Sequence[str] = NO_DEFENSE,
    noise_bank: str | Sequence[str] = "embedded",
    noise_root: str | Path | Sequence[str | Path] = (),
    task: str | Sequence[str] = "ahsn",
    split: str = "k-fold",
    fold: str | int | Sequence[int] = 0,
    seeds: str | int | Sequence[int] = 0,
    repeats: int | None = None,
    measures: str | Sequence[str] = (),
    plugin: str | Path | Sequence[str | Path] = (),
    progress: Progress | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Attack victims and score them: `bench run` from Python.

    Args:
        victim: one spec or several; every combination with `defense`, `attack` and `task` is a cell.
        attack: likewise.
        k: numbers of label-only queries, for example (5, 15, 25) or "5,15,25".
        defense: likewise; "none" is the bare victim.
        noise_bank: one spec or several, whose sounds are put together.
        noise_root: the folders of those banks that are not embedded, in their order.
        task: likewise.
        split: who is trained on and who is attacked, see `bench.splits.SPLITS`.
        fold: from 0, several, or "all".
        seeds: for example 0 or "0,1".
        repeats: how often each cell is measured with other draws; by default 3 under a randomised defence, else 1.
        measures: what is measured on accepted candidates, into their records: for example "seg_snr_db,stoi".
        plugin: Python files that bring components.
        progress: for example `bench.progress.for_terminal()`; nothing is said by default.
        **options: the other options of `bench run`, with underscores: corpus, corpus_root, noise_map, perception, corr,
            noises, limit, device, batch_size, out.

    Returns:
        One row a score: victim, defense, attack, corpus, noise_bank, task, split, fold, seed, limit, clean_uar,
        clean_war, speakers, corr, noises, k, acc_att, ci95_low, ci95_high, n.

    Raises:
        bench.errors.BenchError: something asked for cannot be done, or a cell failed (the others are kept).
    """
    paths = {name: Path(options[name]) for name in PATHS if options.get(name) is not None}
    asked = Options(
        victims=_several(victim),
        attacks=_several(attack),
        defenses=_several(defense),
        ks=parse_ks(k),
        noise_banks=_several(noise_bank),
        noise_roots=tuple(Path(path) for path in _several(noise_root) if path is not None),
        tasks=_several(task),
        split=split,
        folds=parse_folds(fold),
        seeds=parse_seeds(seeds),
        repeats=repeats,
        measures=parse_measures(measures),
        plugins=tuple(Path(path) for path in _several(plugin)),
        **(options | paths),
    )
    done = execute(asked, progress or SILENT)
    if done.failures:
        first = done.failures[0]
        where = f"{len(done.failures)} of the cells"
        raise ComponentError(where, first.message, "cells that finish", f"see {asked.out}/failed; the others are kept")
    return done.results.to_frame()


PATHS = ("corpus_root", "noise_map", "perception", "out")


def _several(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)


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
        bench.errors.BenchError: something asked for cannot be done; nothing has been written then.
    """
    return execute_all((options,), progress)


def execute_all(asked: Sequence[Options], progress: Progress) -> Done:
    """Run several selections of cells into one folder: some pairs of attack and defence, not all with all.

    Args:
        asked: see `prepare`.
        progress: whom to tell.

    Raises:
        bench.errors.BenchError: something asked for cannot be done; nothing has been written then.
    """
    first = asked[0]
    check_writable(first.out)
    experiment, planned = prepare(asked, progress)

    from bench.grid import run_grid
    from bench.records import Store
    from bench.results import collect
    from bench.runs import remember

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
        bench.errors.BenchError: something asked for cannot be done; nothing has been trained or written then.
        ValueError: the selections differ in data, machine or folder.
    """
    first = asked[0]
    for name in (field.name for field in fields(Options) if field.name not in _VARY):
        if any(getattr(options, name) != getattr(first, name) for options in asked):
            raise ValueError(f"selections of one run with different {name}")
    registry = Registry.discover(first.plugins)
    for options in asked:
        check_names(options, registry)
    check_writable(cache_dir(), "SERBENCH_CACHE")

    from bench.setup import set_up

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
