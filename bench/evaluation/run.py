"""A run: what is asked for is checked, planned, measured and scored."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import RoomError, UsageError
from bench.core.showing.progress import Progress
from bench.core.storage.cache import cache_dir
from bench.data.splits import LEAKS, split_named
from bench.evaluation.forecasts.foretelling import say_beforehand, say_what_is_doubtful
from bench.evaluation.plans.isolating import registry_for
from bench.evaluation.plans.options import ONCE, Options, check_writable
from bench.evaluation.plans.planning import Selection, grouped, plan, plan_fitted, select
from bench.evaluation.preparing.answering import check_answers
from bench.evaluation.preparing.preflight import (
    check_defended,
    check_files,
    check_folds,
    check_names,
    check_possible,
)
from bench.evaluation.preparing.sounds_needed import check_categories, sounds_needed

if TYPE_CHECKING:
    from bench.evaluation.cell.cells import FittedKey
    from bench.evaluation.cell.experiment import Experiment
    from bench.evaluation.grids.grid import Failure, Share
    from bench.evaluation.plans.planned import Planned
    from bench.scoring.entries.units import FinishedCell
    from bench.scoring.records import CellRecords
    from bench.scoring.results import Results


@dataclass(frozen=True)
class Done:
    """What a run gave.

    Args:
        score: scores the finished cells.
        sources: the finished cells, in the order in which they were measured.
        failures: the cells that failed.
    """

    score: Callable[[], Results]
    sources: list[FinishedCell]
    failures: list[Failure]

    @cached_property
    def results(self) -> Results:
        """Score the finished cells, when first asked for: a paper's table is made of their records alone."""
        return self.score()

    @cached_property
    def cells(self) -> list[CellRecords]:
        """Return the records of the finished cells: read when first asked for."""
        return [source.read() for source in self.sources]


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
        asked: see `prepare_all`.
        progress: is told of long steps.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been written then.
    """
    check_place(asked[0].out)
    parts = prepare_all(asked, progress)
    say_beforehand([(part.experiment, part.planned) for part in parts], asked[0].out, progress)
    failures = measure(parts, asked)
    failures += checked_again(parts, asked)
    keep_sounds(parts, asked)
    return scored(parts, asked, failures)


def check_place(out: Path) -> None:
    """Refuse a folder that a run cannot be written to; one that holds a run may be finished, and need no writing.

    Args:
        out: the run's folder.

    Raises:
        UsageError: it cannot be written to, or is a file, or a link in it would take what is written elsewhere.
    """
    for name in ("cells", "failed", "samples"):
        if os.path.islink(out / name):  # noqa: PTH114
            remedy = "give the run that it leads to, or remove the link"
            raise UsageError(f"--out {out}", f"{out / name} is a link", "a folder of the run's own", remedy)
    if not os.path.isdir(out / "cells"):  # noqa: PTH112  # raises nothing, however long the name is
        check_writable(out)


@dataclass(frozen=True)
class Prepared:
    """Cells that are measured with the same data.

    Args:
        experiment: data and machine.
        planned: those of one fitted victim next to each other.
    """

    experiment: Experiment
    planned: list[Planned]


def measure(parts: Sequence[Prepared], asked: Sequence[Options], share: Share | None = None) -> list[Failure]:
    """Measure what is not done yet, and note at which numbers of queries it is to be scored.

    Args:
        parts: of `prepare_all`.
        asked: what they were made of.
        share: which of several processes this is, that were started together; None for the only one.

    Returns:
        The failures.
    """
    from bench.evaluation.grids.grid import ALONE, run_grids
    from bench.evaluation.runs import remember
    from bench.scoring.records import Store

    out = asked[0].out
    with suppress(RoomError):  # where something is left to be measured, its first lease says it
        remember(out, all_ks(asked))
    return run_grids([(part.experiment, part.planned) for part in parts], Store(out), share or ALONE)


def keep_sounds(parts: Sequence[Prepared], asked: Sequence[Options]) -> None:
    """Write adversarial sounds of the finished cells as WAV files, where that is asked for.

    Args:
        parts: of `prepare_all`.
        asked: what they were made of.
    """
    most = asked[0].keep_audio
    if most is not None:
        from bench.evaluation.kept_audio import keep_audio
        from bench.scoring.records import Store

        for part in parts:
            keep_audio(part.experiment, part.planned, Store(asked[0].out), asked[0].out, most)


def checked_again(parts: Sequence[Prepared], asked: Sequence[Options]) -> list[Failure]:
    """Attack utterances of the finished cells again, where that is asked for; those that differ are set aside.

    Args:
        parts: of `prepare_all`.
        asked: what they were made of.
    """
    if not asked[0].check:
        return []
    from bench.evaluation.checking import check_finished
    from bench.scoring.records import Store

    store, most = Store(asked[0].out), asked[0].check_limit
    return [one for part in parts for one in check_finished(part.experiment, part.planned, store, most)]


def scored(parts: Sequence[Prepared], asked: Sequence[Options], failures: list[Failure]) -> Done:
    """Read the finished cells, to be scored.

    Args:
        parts: of `prepare_all`.
        asked: what they were made of.
        failures: the cells that failed.
    """
    from bench.evaluation.cell.descriptions import cell_key
    from bench.scoring.entries.sources import source_of
    from bench.scoring.records import Store
    from bench.scoring.results import collect_from

    store = Store(asked[0].out)
    found = [(plan, cell_key(part.experiment, plan.cell)) for part in parts for plan in part.planned]
    finished = [source_of(store.path(key)).scored_for(plan.variant.noises) for plan, key in found if store.has(key)]
    failed = [store.failure(key) for _, key in found if not store.has(key)]
    return Done(partial(collect_from, finished, all_ks(asked), failed), finished, failures)


def all_ks(asked: Sequence[Options]) -> tuple[int, ...]:
    """List the numbers of queries of several selections, in ascending order, each once."""
    return tuple(sorted({k for options in asked for k in options.ks}))


_VARY = (
    *("victims", "defenses", "attacks", "tasks", "split", "folds", "seeds", "repeats"),
    *("ks", "limit", "corr", "noises"),
)
"""What differs between selections that are measured with the same data on the same machine."""


def prepare_all(asked: Sequence[Options], progress: Progress) -> list[Prepared]:
    """Check what is asked for, read each corpus once, and plan the cells.

    Args:
        asked: at least one; all on one machine, into one folder.
        progress: told of long steps.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been trained or written then.
        ValueError: the selections differ in machine or folder.
    """
    for options in asked:
        for name in ONCE:
            if vars(options)[name] != vars(asked[0])[name]:
                raise ValueError(f"selections of one run with different {name}")
    groups: dict[str, list[Options]] = {}
    for options in asked:
        data = {name: value for name, value in vars(options).items() if name not in _VARY}
        groups.setdefault(repr(data), []).append(options)
    return [Prepared(*prepare(group, progress)) for group in groups.values()]


def prepare(asked: Sequence[Options], progress: Progress) -> tuple[Experiment, list[Planned]]:
    """Check what is asked for, read the data once, and plan the cells, those of one fitted victim next to each other.

    Args:
        asked: at least one; they have data and machine in common. A cell that stands in several is planned once.
        progress: told of long steps.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been trained or written then.
    """
    if not all(options.attacks for options in asked):
        raise UsageError("--attack", "none", "at least one", "see bench list")
    experiment, selections = _read(asked, progress)
    planned = grouped(one for selection in selections for one in plan(selection, experiment))
    if asked[0].bank_halves:
        experiment.noises.part("test").half("first")
    check_possible(
        experiment, (one.cell.fitted for one in planned), {one.cell.attack: one.variant.base for one in planned}
    )
    return experiment, planned


def prepare_fitted(options: Options, progress: Progress) -> tuple[Experiment, list[FittedKey]]:
    """Check what is asked for, read the data, and plan fitted victims, for what is done without an attack.

    Args:
        options: its attacks are of no account.
        progress: told of long steps.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been trained or written then.
    """
    experiment, (selection,) = _read([options], progress, whole_bank=True)
    planned = plan_fitted(selection, experiment)
    check_possible(experiment, planned, {})
    return experiment, planned


def _read(asked: Sequence[Options], progress: Progress, whole_bank: bool = False) -> tuple[Experiment, list[Selection]]:
    """Find and build components, and refuse what is misspelt or cannot go together; only then read the data, which may
    take long: of the noises what attacks look for, or the whole bank."""
    registry = registry_for(*asked)
    for options in asked:
        check_names(options, registry, progress)
    if not cache_dir().is_dir():  # what is there may be whole, and need no writing
        check_writable(cache_dir(), "SERBENCH_CACHE")
    selections = [select(options, registry) for options in asked]
    check_answers(selections)
    check_defended(selections, progress)
    check_categories(selections)
    check_folds(selections)
    check_files(selections)

    from bench.evaluation.preparing.setup import set_up

    sounds = None if whole_bank else sounds_needed(selections)
    experiment = set_up(asked[0], registry, progress, sounds)
    leaking = (one.split for one in selections if split_named(one.split).leaks and experiment.training is None)
    for name in dict.fromkeys(leaking):
        progress.say(f"Split {name}: {LEAKS}.")
    say_what_is_doubtful(experiment, selections, progress)
    return experiment, selections
