"""Record files of every version: which columns they must have, which they may, and how older ones are read.

docs/decisions has the rules: what may change without a new version, and what not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import DataError
from bench.core.storage.json_objects import JsonObject
from bench.scoring.record_files.rows import NEEDED, SCHEMA, Column, optional_columns

if TYPE_CHECKING:
    import pyarrow as pa

AGAIN = "delete it and run again"


@dataclass(frozen=True)
class RecordFile:
    """Hold a record file as it was read, before anything is made of it.

    Args:
        path: the file.
        table: its columns.
        description: the JSON in its metadata, without the version.
    """

    path: Path
    table: pa.Table
    description: JsonObject


Migration = Callable[[RecordFile], RecordFile]
MIGRATIONS: Mapping[int, Migration] = {}
"""By version: what makes a file of this version one of the next. Version 1 is the first, so there is none yet."""


def current(path: Path, table: pa.Table, description: JsonObject) -> RecordFile:
    """Make a record file of any version one of the version that is written, with all columns that are written.

    Optional columns that it lacks are added, full of nulls; columns that are not known stay, after the others.

    Args:
        path: names the file in messages.
        table: its columns.
        description: the JSON in its metadata, with the version as `schema`.

    Raises:
        DataError: it is of a newer version, or of none; a column is missing, of another type, or has nulls where it may
            not.
    """
    version = description.whole("schema")
    if version > SCHEMA:
        found, remedy = f"records of version {version}", "update serbench to the version that wrote them, or newer"
        raise DataError(path, found, f"version {SCHEMA} or older", remedy)
    fields = {name: value for name, value in description.fields.items() if name != "schema"}
    file = RecordFile(path, table, replace(description, fields=fields))
    for older in range(version, SCHEMA):
        if older not in MIGRATIONS:
            raise DataError(path, f"records of version {version}", f"version {SCHEMA}", AGAIN)
        file = MIGRATIONS[older](file)
    return replace(file, table=_completed(file))


def _completed(file: RecordFile) -> pa.Table:
    import pyarrow as pa

    found = file.table
    if not found.num_rows:
        raise DataError(file.path, "no row", "one for each query", AGAIN)
    optional = optional_columns()
    for column in (*NEEDED, *(one for one in optional if one.name in found.column_names)):
        _check(file, column)
    for column in optional:
        if column.name not in found.column_names:
            kind = pa.type_for_alias(column.kind)
            found = found.append_column(column.name, pa.nulls(found.num_rows, kind))
    known = [column.name for column in (*NEEDED, *optional)]
    return found.select([*known, *(name for name in found.column_names if name not in known)])


def _check(file: RecordFile, column: Column) -> None:
    import pyarrow as pa

    names = file.table.column_names
    if names.count(column.name) != 1:
        found = f"{names.count(column.name) or 'no'} columns {column.name}"
        raise DataError(file.path, found, f"one of type {column.kind}", AGAIN)
    values = file.table.column(column.name)
    if values.type != pa.type_for_alias(column.kind):
        raise DataError(file.path, f"column {column.name} of type {values.type}", f"type {column.kind}", AGAIN)
    if values.null_count and not column.nullable:
        raise DataError(file.path, f"column {column.name} with {values.null_count} nulls", "none", AGAIN)
