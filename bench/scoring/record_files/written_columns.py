"""The columns of a record file of a few rows, taken from the bytes of its pages where they are as they are written.

To have a small file opened and read by Arrow takes a third of all that is done with it, and most of its columns are,
byte for byte, those of other files: who speaks, what is true, what is not measured. So where columns lie is read off
the footer, a column is decoded once for all files that have it, and its checksums are compared then. In doubt Arrow is
asked, and says what is wrong: about a footer, page or value of any other form, pages that are packed, and checksums
that do not agree.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from bench.scoring.arrays import Floats
from bench.scoring.record_files.columns import NUMBERS, TEXTS, TRUTHS, USED, Columns
from bench.scoring.record_files.footers import footer_of, rows_at
from bench.scoring.record_files.rows import NEEDED, arrow_schema
from bench.scoring.record_files.written_pages import NUMBER, Kind, Values, signed, values_in

_MOST_ROWS = 1024
"""More than any file has that is not packed."""
_ANY = rb"[\x80-\xff]{0,8}[\x00-\x7f]"
_TYPES: dict[str, tuple[Kind, bytes]] = {
    "bool": ("truth", b"\x00"),
    "int32": ("whole", b"\x02"),
    "double": ("number", b"\x0a"),
    "string": ("text", b"\x0c"),
}
"""By Arrow's name of a type, what is made of it and Parquet's number of it, doubled."""
_COMPLETE = frozenset(one.name for one in NEEDED if not one.nullable)
"""Columns in which no value may be missing."""


def written_columns(content: bytes) -> Columns | None:
    """Read what figures are made of.

    Args:
        content: of a record file whose footer `plain_footer` knows.

    Returns:
        None where the file is not, in every byte that is looked at, as small files are written.
    """
    footer = footer_of(content)
    match = _pattern().match(footer, rows_at())
    if match is None:
        return None
    rows, *told, whole = map(signed, match.groups())
    if not 0 < rows <= _MOST_ROWS or not 0 <= whole <= len(content):
        return None
    found, numbers = dict[str, Values](), iter(told)
    for name, kind in _places():
        size, data = next(numbers), next(numbers)
        first = data if kind == "truth" else next(numbers)
        if not 4 <= first <= data < first + size <= len(content) - len(footer):
            return None
        values = values_in(kind, rows, content[first : first + size]) if first < data or kind == "truth" else None
        if values is None or (values.lacking and name in _COMPLETE):
            return None
        found[name] = values
    return _columns(found)


def _columns(found: dict[str, Values]) -> Columns:
    numbers: dict[str, Floats] = {name: np.asarray(found[name].values, dtype=np.float64) for name in NUMBERS}
    truths = {name: np.asarray(found[name].values, dtype=np.int8) for name in TRUTHS}
    texts = {name: texts for name in TEXTS if (texts := found[name].texts) is not None}
    return Columns(np.asarray(found["query"].values, dtype=np.int64), texts, numbers, truths)


@cache
def _places() -> tuple[tuple[str, Kind], ...]:
    """The columns that figures are made of, in the order of the file."""
    return tuple((field.name, _TYPES[str(field.type)][0]) for field in arrow_schema() if field.name in USED)


@cache
def _pattern() -> re.Pattern[bytes]:
    """A footer from the number of rows to the description: where each column's pages lie, not packed.

    Its groups are the number of rows, of each column that figures are made of its size and where its data lie, and its
    dictionary, where it has one; last, the size of all.
    """
    schema = arrow_schema()
    parts, groups = [NUMBER + re.escape(b"\x19\x1c\x19\xfc" + bytes([len(schema)]))], 1
    for field in schema:
        parts.append(_column(field.name, str(field.type), groups))
        groups += 0 if field.name not in USED else 2 if str(field.type) == "bool" else 3
    parts.append(rb"\x16" + NUMBER + rb"\x16\1&" + _ANY + rb"\x16" + _ANY + rb"\x00(?=\x19\x3c\x18\x08serbench\x18)")
    return re.compile(b"".join(parts), re.DOTALL)


def _column(name: str, type_name: str, groups: int) -> bytes:
    """What a footer tells of a column; each number is a group after so many others, where figures are made of it."""
    kind, number = _TYPES[type_name]
    place, size = (NUMBER, NUMBER + rb"\x16\%d" % (groups + 1)) if name in USED else (_ANY, _ANY + rb"\x16" + _ANY)
    coded = b"\x19\x25\x06\x00" if kind == "truth" else b"\x19\x35\x00\x06\x10"
    about = b"\x26\x00\x1c\x15" + number + coded + b"\x19\x18" + bytes([len(name)]) + name.encode() + b"\x15\x00"
    pages, lies = b"\x49\x1c\x15\x00\x15\x00\x15\x02\x00", rb"&" + place
    if kind != "truth":  # there is a page with the dictionary before the data
        pages, lies = b"\x29\x2c\x15\x04\x15\x00\x15\x02\x00\x15\x00\x15\x10\x15\x02\x00", lies + lies
    lengths = rb"<\x16" + _ANY + rb"\x19\x06" if kind == "text" else rb"<\)\x06"
    counted = lengths + rb"\x19&" + _ANY + _ANY + rb"\x00\x00\x00"
    return re.escape(about) + rb"\x16\1\x16" + size + lies + re.escape(pages) + counted
