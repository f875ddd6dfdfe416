"""An entry of somebody's, opened: unpacked into a folder of its own, everything in it checked, none of it run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import DataError
from bench.sharing.entry.archive import Extracted, extract
from bench.sharing.entry.contents import EntryContents, checked_contents


@dataclass(frozen=True)
class OpenedEntry:
    """Hold an entry that has been checked.

    Args:
        path: its file.
        found: manifest and digest.
        contents: what is in it.
    """

    path: Path
    found: Extracted
    contents: EntryContents


@contextmanager
def opened(path: Path) -> Iterator[OpenedEntry]:
    """Unpack an entry and check it; its folder goes when the `with` block ends.

    Args:
        path: its file, which somebody else may have made.

    Raises:
        DataError: it is no entry that can be believed; the message names the file within.
    """
    with tempfile.TemporaryDirectory(prefix="serbench-entry-") as temporary:
        folder = Path(temporary) / "entry"
        folder.mkdir()
        found = extract(path, folder)
        names = [file.name for file in found.manifest.files]
        try:
            contents = checked_contents(folder, names, found.manifest.code, Path(temporary) / "submitted.py")
        except DataError as error:
            inside = error.where.removeprefix(str(folder)).strip("/")
            where = f"{path}: {inside}" if inside else str(path)
            raise DataError(where, error.found, error.expected, error.remedy) from error
        yield OpenedEntry(path, found, contents)
