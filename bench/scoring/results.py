"""What is reported: scores of finished cells, one by one and pooled over folds and seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

from bench.core.computing.crew import Crew
from bench.scoring.entries.fates import NotedFates
from bench.scoring.entries.lines import lines
from bench.scoring.entries.scored import CellScores as CellScores
from bench.scoring.entries.scored import PooledScores as PooledScores
from bench.scoring.entries.sharing import scored_units
from bench.scoring.entries.units import FinishedCell, units
from bench.scoring.figures.dependence import Estimand
from bench.scoring.figures.optimality import Optimality, Order
from bench.scoring.record_files.descriptions import FailedCell
from bench.scoring.records import CellRecords

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
"""Version of the JSON. It grows when a field changes its meaning or goes."""


@dataclass(frozen=True)
class Results:
    """Hold scores, and what they rest on.

    Args:
        pooled: one a victim, defence, attack, corpus and task, over all folds and seeds.
        failed: cells without records, with their errors.
        optimality: how far each search stays behind the best on the same utterances, where there are several.
        score_cells: scores the same one by one, for `cells`.
    """

    pooled: tuple[PooledScores, ...] = ()
    failed: tuple[FailedCell, ...] = ()
    optimality: tuple[Optimality, ...] = ()
    score_cells: Callable[[], Iterable[CellScores]] = field(default=tuple, repr=False, compare=False)

    @cached_property
    def cells(self) -> tuple[CellScores, ...]:
        """Score each victim, defence, attack, corpus, task, fold and seed by itself: when first asked for.

        No table shows them; there may be thousands.
        """
        return tuple(self.score_cells())

    def to_json(self) -> dict[str, object]:
        """Return the documented JSON (docs/json.md)."""
        return {
            "schema": SCHEMA,
            "cells": [cell.to_json() for cell in self.cells],
            "pooled": [entry.to_json() for entry in self.pooled],
            "optimality": [one.to_json() for one in self.optimality],
            "failed": [failure.to_json() for failure in self.failed],
        }

    def to_frame(self, pooled: bool = False) -> pd.DataFrame:
        """Return a row a score, with all that docs/json.md says of it, but for what it rests on.

        Args:
            pooled: a row for each score over all folds and seeds, in the place of those of single cells.
        """
        import pandas as pd

        if pooled:
            return pd.DataFrame([line for entry in self.pooled for line in lines(entry, entry.names())])
        told = ((cell, cell.names(fold=cell.fold, seed=cell.seed)) for cell in self.cells)
        return pd.DataFrame([line for cell, names in told for line in lines(cell, names)])


def collect(
    cells: Sequence[CellRecords], ks: Sequence[int], failed: Sequence[FailedCell] = (), estimand: Estimand = "fitted"
) -> Results:
    """Score finished cells.

    Args:
        cells: records; the variants of one attack are put together, and what searches found with either half of their
            sounds stands beside what they found with all.
        ks: numbers of queries, in any order; those beyond a cell's budget are left out.
        failed: cells that failed.
        estimand: what the intervals of pooled results are about; those of a cell are about its one fitted victim.

    Raises:
        UsageError: "trainings" of fewer than five seeds.
    """

    def given(cell: CellRecords) -> CellRecords:
        return cell

    return collect_from([FinishedCell(cell.description, partial(given, cell)) for cell in cells], ks, failed, estimand)


def collect_from(
    sources: Sequence[FinishedCell],
    ks: Sequence[int],
    failed: Sequence[FailedCell] = (),
    estimand: Estimand = "fitted",
    noted: NotedFates | None = None,
    crew: Crew | None = None,
) -> Results:
    """Score finished cells as `collect` does, the records of one victim and defence at a time.

    What has been made of the same files before, at the same numbers of queries, by the same code, is not made again.

    Args:
        sources: cells.
        ks: numbers of queries, in any order; those beyond a cell's budget are left out.
        failed: cells that failed.
        estimand: what the intervals of pooled results are about.
        noted: keeps what became of the utterances of each cell whose rows are read.
        crew: processes that share the work where there is much of it; by default one for each core.

    Raises:
        bench.core.errors.DataError: records cannot be read.
        UsageError: "trainings" of fewer than five seeds.
    """
    parts = units(sources)
    entries: list[tuple[int, PooledScores]] = []
    gaps: list[tuple[Order, tuple[Optimality, ...]]] = []
    texts = sorted(range(len(sources)), key=lambda place: sources[place].description.text)
    rank_of = {place: rank for rank, place in enumerate(texts)}
    own = [[sources[place] for place in places] for places in parts]
    for places, found in zip(parts, scored_units("pooled", own, ks, estimand, noted, crew), strict=True):
        entries += [(places[first], one) for first, one in found.entries if isinstance(one, PooledScores)]
        ranks = sorted(rank_of[place] for place in places)
        gaps += [((ranks[first], number), one) for (first, number), one in found.gaps]
    together = tuple(entry for _, entry in sorted(entries, key=lambda one: one[0]))
    optimal = tuple(gap for _, some in sorted(gaps, key=lambda one: one[0]) for gap in some)
    return Results(together, tuple(failed), optimal, partial(_apart, sources, parts, ks, estimand, together))


def _apart(
    sources: Sequence[FinishedCell],
    parts: Sequence[Sequence[int]],
    ks: Sequence[int],
    estimand: Estimand,
    together: Sequence[PooledScores],
) -> Iterable[CellScores]:
    """The figures of each cell by itself."""
    places = {(one.description.names.fold, one.description.names.seed) for one in sources}
    if estimand == "fitted" and len(places) == 1:  # of one fold and seed: the same figures
        return [CellScores(**vars(one)) for one in together]
    found: list[tuple[int, CellScores]] = []
    own = [[sources[place] for place in part] for part in parts]
    for part, made in zip(parts, scored_units("cells", own, ks, "fitted"), strict=True):
        found += [(part[first], one) for first, one in made.entries if isinstance(one, CellScores)]
    return [one for _, one in sorted(found, key=lambda one: one[0])]
