"""Runs on disk, read for showing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from bench.core.computing.collecting import collected_seldom
from bench.core.computing.crew import Crew
from bench.core.errors import DataError, UsageError
from bench.core.storage.cache import appearing_file
from bench.core.storage.json_objects import loaded
from bench.core.storage.regular import read_regular
from bench.evaluation.plans.options import parse_ks
from bench.scoring.entries.fates import NotedFates
from bench.scoring.entries.groups import ToldEntry, told_entries
from bench.scoring.entries.sources import Damaged, sources_in
from bench.scoring.entries.units import FinishedCell
from bench.scoring.figures.dependence import Estimand
from bench.scoring.record_files.believing import check_same
from bench.scoring.record_files.descriptions import FailedCell
from bench.scoring.record_files.same_models import named_alike
from bench.scoring.records import Store
from bench.scoring.results import Results, collect_from

_T = TypeVar("_T")
_RUN_FILE, _MOST_NOTED = "run.json", 2**16


def remember(folder: Path, ks: Sequence[int]) -> None:
    """Note at which numbers of queries a run was scored, beside those noted before, for `bench show`.

    Args:
        folder: the run's.
        ks: numbers of queries.

    Raises:
        DataError: what was noted before cannot be read.
    """
    noted = remembered(folder)
    if not set(ks) <= set(noted):
        with appearing_file(folder / _RUN_FILE) as temporary:
            temporary.write_text(json.dumps({"k": sorted({*ks, *noted})}) + "\n")


def remembered(folder: Path) -> tuple[int, ...]:
    """Read at which numbers of queries a run has been scored; none where it says nothing of them.

    Raises:
        DataError: the note is damaged.
    """
    if not (folder / _RUN_FILE).exists() and not (folder / _RUN_FILE).is_symlink():
        return ()
    try:
        told = read_regular(folder / _RUN_FILE, _MOST_NOTED, "delete the file")
        return parse_ks(loaded(told)["k"])
    except (ValueError, KeyError, TypeError, RecursionError, UsageError) as error:
        raise DataError(folder / _RUN_FILE, f"{error}", '{"k": [5, 15, 25]}', "delete the file") from error


def _check_within(ks: Sequence[int], budgets: Mapping[Path, int]) -> None:
    """Refuse a number of queries beyond the budget of a run."""
    folder, most = min(budgets.items(), key=lambda one: one[1])
    if beyond := [k for k in ks if k > most]:
        whose = f"the budget of {folder}"
        raise UsageError("--k", f"{min(beyond)}", f"at most {most}, {whose}", f"run again with --k {min(beyond)}")


@collected_seldom()
def read_results(
    folders: Sequence[Path],
    ks: Sequence[int] | None = None,
    estimand: Estimand = "fitted",
    instead: Callable[[DataError], None] | None = None,
    noted: NotedFates | None = None,
    crew: Crew | None = None,
) -> Results:
    """Score all finished cells of some runs.

    Args:
        folders: `--out` folders.
        ks: numbers of queries, each within the budget of every run; by default those that the runs were scored at.
        estimand: what the intervals of pooled results are about.
        instead: told of a record file that cannot be read, which is passed over; by default the error is raised.
        noted: keeps what is read, for who needs more of it than scores.
        crew: processes that share the work where there is much of it; by default one for each core.

    Raises:
        DataError: a folder is no run, or holds nothing finished; two hold records of one cell that are not the same.
        UsageError: a k is beyond the budget of a run; "trainings" of fewer than five seeds.
    """

    with Crew() if crew is None else nullcontext(crew) as own:

        def results(damaged: Damaged | None) -> Results:
            found = _gathered(folders, ks, damaged, noted, own)
            return collect_from(found.cells, found.ks, found.failed, estimand, noted, own)

        return _what_reads(results, instead)


def read_entries(
    folders: Sequence[Path], ks: Sequence[int] | None = None, instead: Callable[[DataError], None] | None = None
) -> list[ToldEntry]:
    """Read the records of some runs, put together as their pooled results are, for figures of parts of them.

    Args:
        folders: `--out` folders.
        ks: numbers of queries, each within the budget of every run; by default those that the runs were scored at.
        instead: told of a record file that cannot be read, which is passed over; by default the error is raised.

    Raises:
        DataError: a folder is no run, or holds nothing finished; two hold records of one cell that are not the same.
        UsageError: a k is beyond the budget of a run.
    """

    def entries(damaged: Damaged | None) -> list[ToldEntry]:
        gathered = _gathered(folders, ks, damaged)
        return [*told_entries(gathered.cells, gathered.ks)]

    return _what_reads(entries, instead)


def _what_reads(make: Callable[[Damaged | None], _T], instead: Callable[[DataError], None] | None) -> _T:
    """What is made of all files that can be read: of which they are, only reading them says."""
    if instead is None:
        return make(None)
    damaged: Damaged = {}
    while True:
        before = len(damaged)
        try:
            found = make(damaged)
        except DataError:
            if len(damaged) == before:
                raise
        else:
            break
    for path in sorted(damaged):
        instead(damaged[path])
    return found


def _nothing(folder: Path, damaged: Damaged) -> DataError:
    """The error where there is no finished cell: because there are no files, or because none can be believed."""
    found, remedy = "no finished cell", "run it again to the end"
    if damaged:
        found = f"no finished cell among {len(damaged)} files; {damaged[min(damaged)]}"
        remedy = "take them away, and run it again"
    return DataError(folder, found, "records of a bench run", remedy)


def _note(damaged: Damaged, error: DataError) -> None:
    damaged[Path(error.where)] = error


def _check_one_model(
    cells: Mapping[str, FinishedCell], places: Mapping[str, Store], one: FinishedCell, other: FinishedCell
) -> None:
    """Refuse two records of one cell, whose victim has two paths, that do not hold the same."""
    if not one.read().rows.equals(other.read().rows):
        kept, left_out = (next(places[key].path(key) for key in cells if cells[key] is cell) for cell in (one, other))
        expected = f"the records of the same model, by another path, that {kept} holds"
        raise DataError(left_out, "others of the same cell", expected, "leave out the run that you do not trust")


@dataclass(frozen=True)
class _Gathered:
    """The cells of some runs in the order of their descriptions, at which k they are scored, and what failed."""

    cells: list[FinishedCell]
    ks: list[int]
    failed: list[FailedCell]


def _gathered(
    folders: Sequence[Path],
    ks: Sequence[int] | None,
    damaged: Damaged | None = None,
    noted: NotedFates | None = None,
    crew: Crew | None = None,
) -> _Gathered:
    cells: dict[str, FinishedCell] = {}
    failed: list[FailedCell] = []
    asked = set(ks or ())
    budgets: dict[Path, int] = {}
    places: dict[str, Store] = {}
    for folder in folders:
        store = Store(folder)
        own = sources_in(folder, damaged, crew)
        if noted is not None:
            noted.sources[folder] = own
        budgets[folder] = max((cell.description.rests_on.max_queries for cell in own.values()), default=0)
        for key in own.keys() & cells.keys():
            if cells[key].digest != own[key].digest:
                check_same(cells[key].read(), places[key].path(key), own[key].read(), store.path(key))
        cells.update(own)
        places |= dict.fromkeys(own, store)
        failed += store.failures(None if damaged is None else partial(_note, damaged))
        asked |= set() if ks else set(remembered(folder))
    if not cells:
        raise _nothing(folders[0], damaged or {})
    _check_within(ks or (), {folder: most for folder, most in budgets.items() if most})
    most = max(budgets.values())
    usable = {k for k in asked if k <= most} or {most}
    order = sorted(cells.values(), key=lambda cell: cell.description.text)
    # a failure that has been put right since is no news, whatever code the cell was measured with
    done = {(cell.description.names, cell.description.rests_on.max_queries) for cell in order}
    failed = [one for one in failed if (one.names, one.max_queries) not in done]
    check = partial(_check_one_model, cells, places)
    order = named_alike(order, lambda cell: cell.description, FinishedCell.described, check)
    return _Gathered(order, sorted(usable), failed)
