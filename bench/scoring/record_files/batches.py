"""Record files of many cells, read at a time: what is done with arrays is done once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.core.errors import DataError
from bench.core.storage.regular import at_most
from bench.scoring.record_files.believing import check_columns, rules_of
from bench.scoring.record_files.cell_records import MOST_MEMORY
from bench.scoring.record_files.columns import Columns, Texts, in_order
from bench.scoring.record_files.condensed import CondensedCell, condensed_together
from bench.scoring.record_files.descriptions import Description
from bench.scoring.record_files.fast_reading import read_columns

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CELLS, MOST_ROWS = 256, 100_000
"""So many are read at a time: more would take more memory, and no less time."""
Decode = Callable[[], "pa.Table | Columns"]
Asked = tuple[Description, Decode]
"""A cell, and what decodes its file."""


def condensed_files(asked: Sequence[Asked]) -> list[CondensedCell | None]:
    """Read what figures are made of, of files that can be read together.

    Args:
        asked: cells; each with what decodes its file, as `read_columns` takes it.

    Returns:
        Of each cell its records; None where anything is wrong with it, which says who reads it alone.
    """
    found: dict[int, CondensedCell] = {}
    for tables in _portions([decode for _, decode in asked]):
        alike: dict[Hashable, list[int]] = {}
        for place, table in tables.items():
            alike.setdefault((rules_of(asked[place][0]), type(table)), []).append(place)
        for places in alike.values():
            found |= _sound([(place, asked[place][0], tables[place]) for place in places])
    return [found.get(place) for place in range(len(asked))]


def _portions(decode: Sequence[Decode]) -> Iterator[dict[int, pa.Table | Columns]]:
    """Tables by their places, as many at a time as go together; without those that cannot be read."""
    place = 0
    while place < len(decode):
        found: dict[int, pa.Table | Columns] = {}
        rows, end = 0, place + MOST_CELLS
        with at_most(MOST_MEMORY):
            while place < min(end, len(decode)) and rows < MOST_ROWS:
                if (table := _decoded(decode[place])) is not None:
                    found[place] = table
                    rows += len(table)
                place += 1
        yield found


def _decoded(decode: Decode) -> pa.Table | Columns | None:
    import pyarrow as pa

    with suppress(OSError, pa.ArrowException, ValueError, MemoryError, DataError):
        return decode()
    return None


def _sound(cells: Sequence[tuple[int, Description, pa.Table | Columns]]) -> dict[int, CondensedCell]:
    """The records of cells of the same rules, all tables or none, by their places; those with nothing wrong."""
    import pyarrow as pa

    places, descriptions, tables = zip(*cells, strict=True)
    with suppress(pa.ArrowException, ValueError, MemoryError, DataError):
        columns = Columns.joined(tables) if isinstance(tables[0], Columns) else read_columns(tables)
        if columns is not None:
            sizes = [*map(len, tables)]
            check_columns(Path(), descriptions[0], _apart(columns, sizes))
            return dict(zip(places, condensed_together(descriptions, columns, sizes), strict=True))
    return {} if len(cells) == 1 else {place: own for cell in cells for place, own in _sound([cell]).items()}


def _apart(columns: Columns, sizes: Sequence[int]) -> Columns:
    """The same with another utterance in each cell, so that what holds of a cell holds of all."""
    texts = columns.texts["utterance"]
    cell = np.repeat(np.arange(len(sizes)), sizes)
    number, first = in_order(cell * len(texts.names) + texts.codes)
    return replace(columns, texts={**columns.texts, "utterance": Texts(texts.names[texts.codes[first]], number)})
