"""A board that others submit to: a folder an entry, with its file, its receipt and its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.core.errors import DataError
from bench.core.storage.json_objects import JsonObject, loaded
from bench.core.storage.regular import read_regular
from bench.sharing.entry.archive import manifest_of, sha256_of
from bench.sharing.entry.card import EntryCard
from bench.sharing.entry.receipt import Receipt

ENTRIES, RECEIPT, CARD, ENTRY = "entries", "receipt.json", "card.json", "entry.serbench"
_MOST = 2**17
_AGAIN = "remove the entry, and add it again"


def folders_in(runs: Sequence[Path]) -> list[Path]:
    """List runs' folders, boards as the folders of their entries.

    Args:
        runs: folders of runs and of boards. A run in whose folder a site lies is a run all the same.

    Raises:
        DataError: there is no entry in the boards, and no run beside them.
    """
    boards = {run for run in runs if (run / ENTRIES).is_dir() and not (run / "cells").is_dir()}
    found = [one for run in runs for one in (entries_of(run) if run in boards else [run])]
    if runs and not found:
        raise DataError(runs[0], "a board without entries", "the --out folder of a bench run", "check the path")
    return found


def receipt_in(folder: Path) -> Receipt | None:
    """Read the receipt of an entry of a board; None of any other run, whatever lies in it.

    Args:
        folder: of a run, or of an entry.

    Raises:
        DataError: the receipt is none, or not that of the entry's file.
    """
    if folder.parent.name != ENTRIES or not (folder / RECEIPT).is_file():
        return None
    receipt, digest = Receipt.read(folder / RECEIPT), sha256_of(folder / ENTRY)
    if digest != receipt.sha256:
        raise DataError(folder / ENTRY, f"a file with digest {digest[:16]}", f"{receipt.sha256[:16]}", _AGAIN)
    return receipt


def check_cells(folder: Path, cells: Mapping[str, str | None]) -> None:
    """Refuse records in the folder of an entry of a board that its file does not have: nobody ran those again.

    Args:
        folder: of an entry, with its receipt.
        cells: by key, the digests of the record files that lie there.

    Raises:
        DataError: there are such, or the file cannot be read.
    """
    packed = {file.name: file.sha256 for file in manifest_of(folder / ENTRY).files}
    for key, digest in cells.items():
        if packed.get(name := f"cells/{key}.parquet") != digest:
            raise DataError(folder / name, "records that the entry's file does not have", f"those of {ENTRY}", _AGAIN)


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
    try:
        told = JsonObject.of(folder / CARD, loaded(read_regular(folder / CARD, _MOST, _AGAIN)), _AGAIN)
    except (ValueError, RecursionError) as error:
        raise DataError(folder / CARD, f"no card ({error})", "JSON, by bench leaderboard add", _AGAIN) from error
    card = EntryCard.of(told)
    line = f"“{card.title}” by {', '.join(card.authors)}, {card.licence}"
    return ". ".join([line, *(text for text in (card.description, card.contact, card.citation) if text)])
