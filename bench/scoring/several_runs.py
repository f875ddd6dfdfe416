"""The cells of several runs, each once, their rows read and checked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.scoring.believing import believed, check_same
from bench.scoring.cell_records import CellRecords
from bench.scoring.records import Store


def believed_of(folders: Iterable[Path]) -> list[CellRecords]:
    """Read the finished cells of some runs, each once, in the order of their keys.

    Args:
        folders: `--out` folders, perhaps somebody else's.

    Raises:
        DataError: a folder is no run; a file is not to be believed; or two hold records of one cell that differ.
    """
    found: dict[str, tuple[CellRecords, Path]] = {}
    for folder in folders:
        store = Store(folder)
        for cell in believed(store):
            path = store.path(cell.key)
            if cell.key in found:
                check_same(*found[cell.key], cell, path)
            found[cell.key] = cell, path
    return [found[key][0] for key in sorted(found)]
