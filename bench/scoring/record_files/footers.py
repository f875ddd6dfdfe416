"""What a record file says of itself, taken from the bytes of its footer where they are those that are written.

To have a footer read by Arrow takes longer than all else that is done to see what a file is. A footer that is what this
version writes, byte for byte but for where its pages lie, says the same to Arrow; of every other, Arrow is asked. That
Arrow finds a description too is seen when rows are read.
"""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bench.scoring.record_files.rows import arrow_schema, columns_of, digest_as_told

if TYPE_CHECKING:
    import pyarrow as pa

_END = b"PAR1"
_KEPT = b"\x19\x3c\x18\x08serbench\x18"
"""How Parquet begins a list of three texts that are kept by name, the first one's name, and how its text begins."""
_DIGEST = b"\0\x18\x0fserbench_sha256\x18\x20"
_SCHEMA = b"\0\x18\x0cARROW:schema\x18"
_DIGITS = 32
_MOST_BYTES = 9
"""A number is told in no more bytes of seven bits."""
_NAME = b"serbench"
_WRITER = re.compile(rb"\0\x18([\x01-\x7f])(parquet-cpp-arrow version [\w.+-]+)")
"""The end of the list, and who wrote the file: a name with its length, in which no footer can hide."""


@dataclass(frozen=True)
class _Written:
    """How footers are written: the columns, how each begins up to the number of rows, and how it ends."""

    schema: pa.Schema
    columns: str
    begins: bytes
    ends: bytes


def plain_footer(content: bytes) -> str | None:
    """Read the description of a record file that has the columns that are written today, as they are written.

    Args:
        content: the whole file.

    Returns:
        The text, the only one that Arrow can find in it, if it finds any; None where the footer is any other, or does
        not agree with its digest: Arrow says what it is.
    """
    footer, written = footer_of(content), _written()
    place = footer.rfind(_KEPT)
    if place < 0 or not footer.startswith(written.begins):
        return None
    length, start = _number(footer, place + len(_KEPT))
    text, after = footer[start : start + length], start + length + len(_DIGEST)
    digest = footer[after : after + _DIGITS]
    kept = _KEPT + _told(length) + text + _DIGEST + digest + _SCHEMA + _schema_told(text, digest)
    writer = _WRITER.match(footer, place + len(kept))
    if writer is None or writer[1][0] != len(writer[2]) or footer[writer.end() :] != written.ends:
        return None
    if not footer.startswith(kept, place) or footer.count(_NAME) != kept.count(_NAME):  # no other goes by the name
        return None
    return _agreeing(text, digest, _number(footer, len(written.begins))[0])


def rows_at() -> int:
    """Return where in a footer that `plain_footer` knows the number of rows stands, and what follows it."""
    return len(_written().begins)


def footer_of(content: bytes) -> bytes:
    """Return the footer of a Parquet file; nothing where it has none.

    Args:
        content: the whole file.
    """
    size = int.from_bytes(content[-8:-4], "little")
    return content[-8 - size : -8] if content[-4:] == _END and size <= len(content) - 8 else b""


def _agreeing(text: bytes, digest: bytes, rows: int) -> str | None:
    """A description that agrees with its digest; numbers that may have a sign are told twice as large."""
    try:
        found = text.decode()
    except UnicodeDecodeError:
        return None
    return found if digest == digest_as_told(found, _written().columns, rows >> 1).encode() else None


@cache
def _written() -> _Written:
    import pyarrow as pa
    from pyarrow import parquet

    schema, footers = arrow_schema(), []
    for rows in (0, 1):
        written = io.BytesIO()
        nulls = [pa.nulls(rows, field.type) for field in schema]
        parquet.write_table(pa.Table.from_arrays(nulls, schema=schema), written)
        footers.append(footer_of(written.getvalue()))
    same = next(place for place, (one, other) in enumerate(zip(*footers, strict=False)) if one != other)
    writer = _WRITER.search(footers[0])
    return _Written(
        schema, json.dumps(columns_of(schema)), footers[0][:same], b"" if writer is None else footers[0][writer.end() :]
    )


def _schema_told(text: bytes, digest: bytes) -> bytes:
    """What Arrow writes of the schema, as a text of Parquet."""
    schema = _written().schema.with_metadata({b"serbench": text, b"serbench_sha256": digest})
    told = base64.b64encode(schema.serialize())
    return _told(len(told)) + told


def _told(number: int) -> bytes:
    """A number, seven bits a byte, the lowest first."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _number(told: bytes, start: int) -> tuple[int, int]:
    """The number that `_told` wrote somewhere, and where it ends."""
    found = 0
    for place, byte in enumerate(told[start : start + _MOST_BYTES]):
        found |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return found, start + place + 1
    return 0, start
