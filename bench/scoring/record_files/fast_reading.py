"""Record files read as arrays, for the many of which nothing but figures is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.scoring.arrays import Floats, Places
from bench.scoring.record_files.columns import MISSING, NUMBERS, TEXTS, TRUTHS, USED, Columns, Texts
from bench.scoring.record_files.rows import NEEDED, optional_columns

if TYPE_CHECKING:
    import pyarrow as pa


def plain_schema(columns: list[list[str]]) -> bool:
    """Tell whether a record file has the columns that are written, once each and of their types.

    Args:
        columns: name and type of each.
    """
    kinds = {name: kind for name, kind in columns}  # noqa: C416  # a list of pairs is no iterable of tuples to mypy
    if len(kinds) != len(columns) or any(one.name not in kinds for one in NEEDED):
        return False
    return all(kinds.get(one.name, one.kind) == one.kind for one in (*NEEDED, *optional_columns()))


def read_columns(tables: Sequence[pa.Table]) -> Columns | None:
    """Take what figures are made of from record files, as though they were one.

    Args:
        tables: at least one, as `unpacked` gives them for `TEXTS` and `USED`, of files whose schema is plain.

    Returns:
        None where one has no rows, or nulls where there may be none: what is wrong says who reads it as a table.

    Raises:
        pyarrow.ArrowException: a text is not one.
    """
    import pyarrow as pa

    if not all(one.num_rows for one in tables):
        return None
    table = pa.concat_tables(tables, promote_options="default")
    table.validate(full=True)
    rows, there = table.num_rows, set(table.column_names)
    if any(table.column(one.name).null_count for one in NEEDED if one.name in USED and not one.nullable):
        return None
    packed = table.select([name for name in table.column_names if name not in NUMBERS]).combine_chunks()
    numbers = {one: _numbers(table.column(one), rows) if one in there else np.full(rows, np.nan) for one in NUMBERS}
    no_truth = np.full(rows, MISSING, dtype=np.int8)
    truths = {one: _truths(packed.column(one)) if one in there else no_truth for one in TRUTHS}
    texts = {one: _texts(packed.column(one)) for one in TEXTS}
    return Columns(packed.column("query").to_numpy().astype(np.int64), texts, numbers, truths)


def _numbers(column: pa.ChunkedArray, rows: int) -> Floats:
    if column.null_count == rows:
        return np.full(rows, np.nan)
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _truths(column: pa.ChunkedArray) -> NDArray[np.int8]:
    if column.null_count == len(column):
        return np.full(len(column), MISSING, dtype=np.int8)
    found = [_bits(one, 1).astype(np.int8) for one in column.chunks]
    if column.null_count:
        found = [np.where(_bits(one, 0), own, np.int8(MISSING)) for one, own in zip(column.chunks, found, strict=True)]
    return found[0] if len(found) == 1 else np.concatenate(found)


def _bits(values: pa.Array, buffer: int) -> NDArray[np.uint8]:
    """One of an array's bitmaps: 0 says which values are there, 1 which are true."""
    packed = values.buffers()[buffer]
    if packed is None:
        return np.ones(len(values), dtype=np.uint8)
    end = values.offset + len(values)
    return np.unpackbits(np.frombuffer(packed, dtype=np.uint8), count=end, bitorder="little")[values.offset :]


def _texts(column: pa.ChunkedArray) -> Texts:
    """Texts by their numbers; equal ones have one number, whatever the file's own dictionaries say."""
    return Texts.joined([Texts.distinct(one.dictionary.to_pylist(), _codes(one.indices)) for one in column.chunks])


def _codes(indices: pa.Array) -> Places:
    if not indices.null_count:
        return np.asarray(indices.to_numpy(), dtype=np.intp)
    found = indices.to_numpy(zero_copy_only=False)
    return np.where(np.isnan(found), MISSING, found).astype(np.intp)
