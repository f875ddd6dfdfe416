"""Finished cells of a run's folder, described without reading their rows: by the digest of each file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.computing.crew import Crew
from bench.core.errors import DataError
from bench.core.storage.json_objects import JsonObject, loaded
from bench.core.storage.regular import read_regular
from bench.scoring.entries.units import FinishedCell
from bench.scoring.record_files.believing import check_believable, check_description
from bench.scoring.record_files.cell_records import MOST_BYTES, MOST_TOLD, CellRecords, opened, read_cell, unpacked
from bench.scoring.record_files.columns import TEXTS, USED, Columns
from bench.scoring.record_files.descriptions import Description
from bench.scoring.record_files.fast_reading import plain_schema
from bench.scoring.record_files.footers import plain_footer
from bench.scoring.record_files.rows import SCHEMA, columns_of, digest_as_told
from bench.scoring.record_files.schema import AGAIN
from bench.scoring.record_files.written_columns import written_columns

if TYPE_CHECKING:
    import pyarrow as pa

_AT_ONCE, _TOGETHER, _SHARED = 16, 256, 256
_CHEAPER = 8
"""To see what a file is takes an eighth of what scoring it takes."""
Damaged = dict[Path, DataError]
"""What is wrong with files that cannot be read."""


def sources_in(folder: Path, damaged: Damaged | None = None, crew: Crew | None = None) -> dict[str, FinishedCell]:
    """List the finished cells of a run by their keys, in order.

    Args:
        folder: the run's.
        damaged: what is found to be damaged, foreign or of a newer version is put here and passed over, and what stands
            here already is passed over too; None raises the error.
        crew: processes that share the work where there is much of it.

    Raises:
        DataError: the folder is not a run; or a file cannot be read, now or when its rows are asked for.
    """
    if not (folder / "cells").is_dir():
        raise DataError(folder, "no folder cells/ in it", "the --out folder of a bench run", "check the path")
    if (folder / "cells").is_symlink():
        raise DataError(folder / "cells", "a link", "a folder of the run's own", "name the run that it leads to")
    found: dict[str, FinishedCell] = {}
    paths = [path for path in sorted((folder / "cells").glob("*.parquet")) if path not in (damaged or ())]
    for path, about in _all_seen(paths, crew):
        if isinstance(about, _Seen):
            found[path.stem] = about.source(path, damaged)
        elif damaged is None:
            raise about
        else:
            damaged[path] = about
    return found


def _all_seen(paths: Sequence[Path], crew: Crew | None) -> Iterator[tuple[Path, _Seen | DataError]]:
    if crew is None or not crew.shares(len(paths) // _CHEAPER):
        yield from ((path, _seen(path, content)) for path, content in _contents(paths))
        return
    some = [paths[first : first + _SHARED] for first in range(0, len(paths), _SHARED)]
    for own, found in zip(some, crew.in_order(_some_seen, some), strict=True):
        yield from zip(own, found, strict=True)


def _some_seen(paths: Sequence[Path]) -> list[_Seen | DataError]:
    return [_seen(path, content) for path, content in _contents(paths)]


def _contents(paths: Sequence[Path]) -> Iterator[tuple[Path, bytes | DataError]]:
    """What is in files, several of which are waited for at once: each takes a while where they lie far away."""
    with ThreadPoolExecutor(_AT_ONCE) as readers:
        for first in range(0, len(paths), _TOGETHER):
            some = paths[first : first + _TOGETHER]
            parts = [some[start::_AT_ONCE] for start in range(_AT_ONCE)]
            read = readers.map(_some_contents, parts)
            found = {
                path: content
                for own, those in zip(parts, read, strict=True)
                for path, content in zip(own, those, strict=True)
            }
            yield from ((path, found[path]) for path in some)


def _some_contents(paths: Sequence[Path]) -> list[bytes | DataError]:
    return [*map(_content, paths)]


def _content(path: Path) -> bytes | DataError:
    try:
        return read_regular(path, MOST_BYTES, AGAIN)
    except DataError as error:
        return error


def source_of(path: Path, damaged: Damaged | None = None) -> FinishedCell:
    """Describe one finished cell.

    Args:
        path: `cells/KEY.parquet` in a run's folder.
        damaged: where it is noted that its rows turn out not to be readable.

    Raises:
        DataError: it is no record file, damaged, or of a newer version; what only its rows would show is not seen yet.
    """
    seen = _seen(path, _content(path))
    if isinstance(seen, DataError):
        raise seen
    return seen.source(path, damaged)


@dataclass(frozen=True)
class _Seen:
    """What a file says of itself, its digest, whether its columns can be read as they are kept, and by its bytes."""

    description: Description
    digest: str
    plain: bool
    written: bool

    def source(self, path: Path, damaged: Damaged | None) -> FinishedCell:
        decode = partial(_decode, path, self.digest, self.written) if self.plain else None
        return FinishedCell(self.description, partial(_read, path, damaged), self.digest, decode, self.digest)


def _seen(path: Path, content: bytes | DataError) -> _Seen | DataError:
    if isinstance(content, DataError):
        return content
    try:
        text = plain_footer(content)
        written = None if text is None else _description(path, text)
        described = written or _described(path, content)
        description = read_cell(path).description if described is None else described
        check_description(path, path.stem, description)
    except DataError as error:
        return error
    return _Seen(description, hashlib.sha256(content).hexdigest(), described is not None, written is not None)


def _described(path: Path, content: bytes) -> Description | None:
    """The description of a file that is plain as it is written; None where the whole file has to be looked at."""
    import pyarrow as pa

    try:
        file = opened(content)
        told, rows = file.metadata.metadata, file.metadata.num_rows
        text = told[b"serbench"].decode()
        digest = told.get(b"serbench_sha256")  # older files have none
        columns, plain = _columns_in(file.schema_arrow.remove_metadata())
        if not plain or digest not in (None, digest_as_told(text, columns, rows).encode()):
            return None
        return _description(path, text)
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        return None


def _description(path: Path, text: str) -> Description | None:
    """What is told in a description of this version; None where something is wrong with it."""
    try:
        told = loaded(text) if len(text) <= MOST_TOLD else None
        if not isinstance(told, dict) or told.pop("schema") != SCHEMA:
            return None
        return Description.of(JsonObject.of(path, told, AGAIN))
    except (KeyError, TypeError, ValueError, RecursionError, DataError):
        return None


@lru_cache(maxsize=8)
def _columns_in(schema: pa.Schema) -> tuple[str, bool]:
    """The columns as a file's digest counts them, and whether they are those that are written; mostly the same."""
    columns = columns_of(schema)
    return json.dumps(columns), plain_schema(columns)


def _read(path: Path, damaged: Damaged | None) -> CellRecords:
    try:
        cell = read_cell(path)
        check_believable(path, cell)
        return cell
    except DataError as error:
        if damaged is not None:
            damaged[path] = error
        raise


def _decode(path: Path, digest: str, written: bool) -> pa.Table | Columns:
    """What figures are made of; whatever is wrong is told by who reads the file alone."""
    content = read_regular(path, MOST_BYTES, AGAIN)
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError("another file than the one that was looked at")
    if written and (columns := written_columns(content)) is not None:
        return columns
    table = unpacked(content, TEXTS, USED)
    if b"serbench" not in (table.schema.metadata or {}):
        raise ValueError("no description, where the footer looked as though there were one")
    return table
