"""A board that others submit to: a folder an entry, with its file, its receipt and its records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.core.errors import DataError
from bench.core.json_objects import JsonObject, loaded
from bench.core.regular import read_regular
from bench.sharing.entry.card import EntryCard
from bench.sharing.entry.receipt import Receipt

ENTRIES, RECEIPT, CARD = "entries", "receipt.json", "card.json"
_MOST = 2**17


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


def card_in(folder: Path) -> str:
    """Read who made an entry of a board, in one line; "" of any other run.

    Args:
        folder: of a run, or of an entry.

    Raises:
        DataError: the card is none.
    """
    if folder.parent.name != ENTRIES or not (folder / CARD).is_file():
        return ""
    again = "remove the entry, and add it again"
    try:
        told = JsonObject.of(folder / CARD, loaded(read_regular(folder / CARD, _MOST, again)), again)
    except (ValueError, RecursionError) as error:
        raise DataError(folder / CARD, f"no card ({error})", "JSON, by bench leaderboard add", again) from error
    card = EntryCard.of(told)
    line = f"“{card.title}” by {', '.join(card.authors)}, {card.licence}"
    return ". ".join([line, *(text for text in (card.description, card.contact, card.citation) if text)])
