"""A cell's records without the queries and columns that no figure is made of: an eighth of their size, or less."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.scoring.record_files.candidates import Tally
from bench.scoring.record_files.cell_records import CellRecords
from bench.scoring.record_files.columns import Columns, in_order
from bench.scoring.record_files.descriptions import Description
from bench.scoring.record_files.pooled import PooledRecords


@dataclass(frozen=True, eq=False)
class CondensedCell:
    """Hold what figures are made of, of one cell.

    Args:
        description: what determined it.
        columns: of the queries that are left.
        tally: counts of all queries.
        most_asked: the greatest number of queries of an utterance.
    """

    description: Description
    columns: Columns
    tally: Tally
    most_asked: int

    @property
    def searches(self) -> bool:
        """Return whether the attack may ask more than once about an utterance."""
        return self.most_asked > 1 or self.description.search


@dataclass(frozen=True, eq=False)
class Pools:
    """Put the records of cells together, those of the same cells once."""

    _made: dict[tuple[int, ...], tuple[list[CondensedCell], PooledRecords]] = field(default_factory=dict, init=False)

    def of(self, cells: Iterable[CondensedCell]) -> PooledRecords:
        """Put some cells together.

        Args:
            cells: at least one.
        """
        own = list(cells)
        key = tuple(map(id, own))
        if key not in self._made:  # the cells are kept too, so that no other can have their id
            places = [cell.description.names for cell in own]
            parts = [(cell.columns, (at.fold, at.seed, at.repeat)) for cell, at in zip(own, places, strict=True)]
            search = any(cell.description.search for cell in own)
            self._made[key] = own, PooledRecords.together(parts, search)
        return self._made[key][1]


def condensed(cell: CellRecords) -> CondensedCell:
    """Leave out the queries and columns that change no figure; they are counted first.

    Args:
        cell: as it was read.
    """
    return condensed_columns(cell.description, Columns.of(cell.rows))


def condensed_columns(description: Description, columns: Columns) -> CondensedCell:
    """Leave out the queries of a cell that change no figure, as `condensed_together` does.

    Args:
        description: of the cell.
        columns: all its queries.
    """
    return condensed_together([description], columns, [len(columns)])[0]


def condensed_together(
    descriptions: Sequence[Description], columns: Columns, sizes: Sequence[int]
) -> list[CondensedCell]:
    """Leave out the queries of several cells that change no figure; they are counted first.

    What stays: of each utterance its first row, its clean row and its successes; all first queries; of each cell a row
    with the greatest number of queries, and one with a turn, where there is any.

    Args:
        descriptions: of m cells of one threshold.
        columns: all their queries, cell by cell.
        sizes: how many each has, at least one.
    """
    count, query, texts = len(descriptions), columns.query, columns.texts["utterance"]
    cell = np.repeat(np.arange(count), sizes)
    kept = columns.true("accepted") | (query <= 1)
    kept[in_order(cell * len(texts.names) + texts.codes)[1]] = True
    most = np.maximum.reduceat(query, np.cumsum([0, *sizes[:-1]]))
    for marked in (query == most[cell], ~np.isnan(columns.number("turn"))):
        places = np.flatnonzero(marked)
        kept[places[in_order(cell[places])[1]]] = True
    tallies = Tally.of_each(columns, descriptions[0].rests_on.min_snr_db, cell, count)
    left = columns.take(kept)
    ends = np.cumsum(np.bincount(cell[kept], minlength=count)).tolist()
    parts = [left.take(slice(start, end)) for start, end in zip([0, *ends], ends, strict=False)]
    told = [(about.names.attack, about.settings) for about in descriptions]
    own = [part.without_settings(*one) for part, one in zip(parts, told, strict=True)]
    each = zip(descriptions, own, tallies, most.tolist(), strict=True)
    return [CondensedCell(*one) for one in each]
