"""A board that others submit to: a folder an entry, with its file, its receipt and its records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.sharing.entry.receipt import Receipt

ENTRIES, RECEIPT = "entries", "receipt.json"


def folders_in(runs: Sequence[Path]) -> list[Path]:
    """List runs' folders, boards as the folders of their entries.

    Args:
        runs: folders of runs and of boards.
    """
    return [one for run in runs for one in (entries_of(run) if (run / ENTRIES).is_dir() else [run])]


def receipt_in(folder: Path) -> Receipt | None:
    """Read the receipt of an entry of a board; None of any other run, whatever lies in it.

    Args:
        folder: of a run, or of an entry.

    Raises:
        DataError: the receipt is none, or not that of the entry's file.
    """
    if folder.parent.name != ENTRIES or not (folder / RECEIPT).is_file():
        return None
    return Receipt.read(folder / RECEIPT)


def entries_of(board: Path) -> list[Path]:
    """List the folders of a board's entries, in the order of their names."""
    return sorted(one for one in (board / ENTRIES).iterdir() if one.is_dir() and not one.name.startswith("."))
