"""The cells of a run, or of several, each once, their rows read and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bench.core.errors import DataError
from bench.scoring.record_files.believing import check_believable, check_same
from bench.scoring.record_files.cell_records import CellRecords
from bench.scoring.records import Store


def believed(store: Store, instead: Callable[[DataError], None] | None = None) -> Iterator[CellRecords]:
    """Read all finished cells of a run whose records the referee could have written.

    Args:
        store: the run's folder, perhaps somebody else's.
        instead: told of each file that is passed over; by default its error is raised.

    Raises:
        DataError: the folder is not a run; or a file is not to be believed.
    """
    for cell in store.cells(instead):
        try:
            check_believable(store.path(cell.key), cell)
        except DataError as error:
            if instead is None:
                raise
            instead(error)
        else:
            yield cell


def believed_of(folders: Iterable[Path], instead: Callable[[DataError], None] | None = None) -> list[CellRecords]:
    """Read the finished cells of some runs, each once, in the order of their keys.

    Args:
        folders: `--out` folders, perhaps somebody else's.
        instead: told of each file that is passed over; by default its error is raised.

    Raises:
        DataError: a folder is no run; a file is not to be believed; or two hold records of one cell that differ.
    """
    found: dict[str, tuple[CellRecords, Path]] = {}
    for folder in folders:
        store = Store(folder)
        for cell in believed(store, instead):
            path = store.path(cell.key)
            if cell.key in found:
                check_same(*found[cell.key], cell, path)
            found[cell.key] = cell, path
    return [found[key][0] for key in sorted(found)]
