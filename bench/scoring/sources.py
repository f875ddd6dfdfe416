"""Finished cells of a run's folder, described without reading their rows: by the digest of each file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bench.core.errors import DataError
from bench.core.json_objects import JsonObject
from bench.scoring.cell_records import CellRecords, read_cell
from bench.scoring.descriptions import Description
from bench.scoring.rows import SCHEMA, digest_of
from bench.scoring.schema import AGAIN
from bench.scoring.units import FinishedCell

_AT_ONCE = 16
Damaged = dict[Path, DataError]
"""What is wrong with files that cannot be read."""


def sources_in(folder: Path, damaged: Damaged | None = None) -> dict[str, FinishedCell]:
    """List the finished cells of a run by their keys, in order.

    Args:
        folder: the run's.
        damaged: what is found to be damaged, foreign or of a newer version is put here and passed over, and what stands
            here already is passed over too; None raises the error.

    Raises:
        DataError: the folder is not a run; or a file cannot be read, now or when its rows are asked for.
    """
    if not (folder / "cells").is_dir():
        raise DataError(folder, "no folder cells/ in it", "the --out folder of a bench run", "check the path")
    found: dict[str, FinishedCell] = {}
    paths = [path for path in sorted((folder / "cells").glob("*.parquet")) if path not in (damaged or ())]
    for path, content in _contents(paths):
        try:
            found[path.stem] = _source(path, content, damaged)
        except DataError as error:
            if damaged is None:
                raise
            damaged[path] = error
    return found


def _contents(paths: Sequence[Path]) -> Iterator[tuple[Path, bytes | DataError]]:
    """What is in files, several of which are waited for at once: each takes a while where they lie far away."""
    with ThreadPoolExecutor(_AT_ONCE) as readers:
        for first in range(0, len(paths), _AT_ONCE):
            some = paths[first : first + _AT_ONCE]
            yield from zip(some, readers.map(_content, some), strict=True)


def _content(path: Path) -> bytes | DataError:
    try:
        return path.read_bytes()
    except OSError as error:
        return DataError(path, f"no readable records ({error})", "a record file", AGAIN)


def source_of(path: Path, damaged: Damaged | None = None) -> FinishedCell:
    """Describe one finished cell.

    Args:
        path: `cells/KEY.parquet` in a run's folder.
        damaged: where it is noted that its rows turn out not to be readable.

    Raises:
        DataError: it is no record file, damaged, or of a newer version; what only its rows would show is not seen yet.
    """
    return _source(path, _content(path), damaged)


def _source(path: Path, content: bytes | DataError, damaged: Damaged | None) -> FinishedCell:
    if isinstance(content, DataError):
        raise content
    description = _described(path, content) or read_cell(path).description
    return FinishedCell(description, partial(_read, path, damaged), hashlib.sha256(content).hexdigest())


def _described(path: Path, content: bytes) -> Description | None:
    """The description of a file of the version that is written; None where the whole file has to be looked at."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(pa.BufferReader(content))
        schema = metadata.schema.to_arrow_schema()
        text = schema.metadata[b"serbench"].decode()
        columns = [[field.name, str(field.type)] for field in schema]
        digest = schema.metadata.get(b"serbench_sha256")  # older files have none
        told = json.loads(text)
        if digest not in (None, digest_of(text, columns, metadata.num_rows).encode()) or told.pop("schema") != SCHEMA:
            return None
        return Description.of(JsonObject.of(path, told, AGAIN))
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError, AttributeError, DataError):
        return None


def _read(path: Path, damaged: Damaged | None) -> CellRecords:
    try:
        return read_cell(path)
    except DataError as error:
        if damaged is not None:
            damaged[path] = error
        raise
