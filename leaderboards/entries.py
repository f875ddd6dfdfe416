"""Entries, taken on to a board with the receipts that say how they were verified."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import DataError
from bench.core.showing.lookalikes import look_alike, seen_as
from bench.core.storage.cache import appearing_folder
from bench.sharing.entry.contents import RUN, EntryContents
from bench.sharing.entry.opening import OpenedEntry, opened
from bench.sharing.entry.receipt import Receipt, receipt_of
from bench.sharing.entry.source_code import KINDS
from leaderboards.receipts import CARD, ENTRIES, ENTRY, RECEIPT, entries_of

_NOT_NAMED = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Added:
    """Tell of an entry that now stands on a board.

    Args:
        folder: of the entry.
        receipt: how it was verified.
        again: whether it stood there already, with this file.
    """

    folder: Path
    receipt: Receipt
    again: bool


def add(board: Path, file: Path) -> Added:
    """Take an entry on to a board, with its receipt, whole or not at all.

    Args:
        board: the board's folder; made where it is not there.
        file: the entry, with its receipt beside it.

    Raises:
        DataError: it is no entry, was not verified, is not the file that was, or a name that it has is another's.
    """
    receipt = Receipt.read(receipt_of(file))
    if receipt.outcome != "verified":
        expected, remedy = "verified", "see what bench verify says, and have it corrected"
        raise DataError(file, f"a receipt that says {receipt.outcome}", expected, remedy)
    with opened(file) as entry:
        if entry.found.sha256 != receipt.sha256:
            expected = f"the file that was verified, {receipt.sha256[:16]}"
            raise DataError(file, f"a file with digest {entry.found.sha256[:16]}", expected, "verify this one")
        _check_keys(entry, receipt)
        folder = board / ENTRIES / slug(entry.found.manifest.card.title)
        again = _check_clashes(board, folder, entry)
        if again:
            shutil.copyfile(receipt_of(file), folder / RECEIPT)
            return Added(folder, receipt, True)
        with appearing_folder(folder) as temporary:
            shutil.copytree(entry.contents.folder / "cells", temporary / "cells")
            if (entry.contents.folder / RUN).is_file():
                shutil.copyfile(entry.contents.folder / RUN, temporary / RUN)
            shutil.copyfile(file, temporary / ENTRY)
            shutil.copyfile(receipt_of(file), temporary / RECEIPT)
            card = json.dumps(entry.found.manifest.card.to_json(), indent=1)
            (temporary / CARD).write_text(card + "\n", encoding="utf-8")
    return Added(folder, receipt, False)


def slug(title: str) -> str:
    """Name an entry's folder by its title.

    >>> slug("Halved speech, 2nd try")
    'halved-speech-2nd-try'
    """
    return _NOT_NAMED.sub("-", title.casefold()).strip("-")[:80] or "entry"


def _check_keys(entry: OpenedEntry, receipt: Receipt) -> None:
    keys = {cell.key for cell in entry.contents.cells}
    if not receipt.same <= keys or receipt.of != len(keys):
        found, expected = "a receipt of other cells", "those of the entry"
        raise DataError(receipt_of(entry.path), found, expected, "make it again with bench verify")


def _check_clashes(board: Path, folder: Path, entry: OpenedEntry) -> bool:
    """Whether this very file stands there already; names that are somebody else's are refused, with both files."""
    if not (board / ENTRIES).is_dir():
        return False
    for other in entries_of(board):
        with opened(other / ENTRY) as there:
            if there.found.sha256 == entry.found.sha256:
                return True
            titles = [one.found.manifest.card.title for one in (entry, there)]
            if other == folder or seen_as(titles[0]) == seen_as(titles[1]):
                found = f"the title {titles[0]!r}, which {other / ENTRY} has, or is taken for"
                raise DataError(entry.path, found, "a title of its own", "submit it under another, or remove the other")
            _check_distinct_code(entry, there)
    return False


def _check_distinct_code(entry: OpenedEntry, there: OpenedEntry) -> None:
    """Refuse a component of the same name by other code, or of one that shows as it: nobody could tell them apart."""
    for kind in KINDS:
        names = [[name for of, name in one.contents.code.components if of == kind] for one in (entry, there)]
        if (alike := look_alike(*names)) is not None:
            what = f"{alike[0]!r} among {kind}, which is taken for {alike[1]!r} of {there.path}"
            raise DataError(entry.path, what, "a name of its own", "rename the component, and run again")
    for one in set(entry.contents.code.components) & set(there.contents.code.components):
        if dict(_code(entry.contents)) != dict(_code(there.contents)):
            found = f"{one[1]!r} among {one[0]}, which {there.path} has by other code"
            raise DataError(entry.path, found, "a name of its own", "rename the component, and run again")


def _code(contents: EntryContents) -> Iterable[tuple[str, bytes]]:
    return ((str(file.relative_to(contents.folder)), file.read_bytes()) for file in _files(contents.folder / "code"))


def _files(folder: Path) -> Iterator[Path]:
    yield from (one for one in sorted(folder.rglob("*")) if one.is_file())
