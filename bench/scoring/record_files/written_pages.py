"""The values of one column of a record file, from the bytes of its pages as this version writes them, not packed."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bench.scoring.arrays import Mask, Places
from bench.scoring.record_files.columns import MISSING, Texts

Kind = Literal["text", "number", "whole", "truth"]
NUMBER = rb"([\x80-\xff]{0,8}[\x00-\x7f])"
_DICTIONARY = re.compile(
    rb"\x15\x04\x15" + NUMBER + rb"\x15\1\x15" + NUMBER + rb"<\x15" + NUMBER + rb"\x15\x00\x12\x00\x00", re.DOTALL
)
_DATA = {
    encoded: re.compile(
        rb"\x15\x00\x15"
        + NUMBER
        + rb"\x15\1\x15"
        + NUMBER
        + rb"\x1c\x15"
        + NUMBER
        + rb"\x15"
        + encoding
        + rb"\x15\x06\x15\x06\x1c\x00\x00\x00",
        re.DOTALL,
    )
    for encoded, encoding in ((True, rb"\x10"), (False, rb"\x00"))
}
"""How a page begins: its size, twice, since it is not packed, its checksum, and how many values it has."""
_MOST_BITS = 16
_STORED: dict[Kind, np.dtype[Any]] = {"number": np.dtype("<f8"), "whole": np.dtype("<i4")}


@dataclass(frozen=True, eq=False)
class Values:
    """Hold a column of n rows.

    Args:
        values: shape (n,): numbers, NaN where there is none; truth values, `MISSING` where there is none.
        lacking: whether a value is missing.
        texts: in their place, of a column of texts.
    """

    values: NDArray[Any]
    lacking: bool
    texts: Texts | None = None


@lru_cache(maxsize=2**12)
def values_in(kind: Kind, rows: int, chunk: bytes) -> Values | None:
    """Read a column, or find the one with these bytes that was read before.

    Args:
        kind: of its values.
        rows: how many there are, few.
        chunk: its pages.

    Returns:
        None where they are of another form than is written, or do not agree with their checksums.
    """
    try:
        return _truths(rows, chunk) if kind == "truth" else _looked_up(kind, rows, chunk)
    except (ValueError, IndexError):  # UnicodeDecodeError is one
        return None


def _truths(rows: int, chunk: bytes) -> Values:
    body = _page(_DATA[False], chunk, 0, rows)[0]
    there, start = _there(body, rows)
    count = int(there.sum())
    if len(body) - start < (count + 7) // 8:
        raise ValueError("fewer values than there are")
    found = np.full(rows, MISSING, dtype=np.int8)
    found[there] = np.unpackbits(np.frombuffer(body, np.uint8, offset=start), count=count, bitorder="little")
    return _kept(found, count < rows)


def _looked_up(kind: Kind, rows: int, chunk: bytes) -> Values:
    """A column whose values are told by their places in a dictionary."""
    listed, end, count = _page(_DICTIONARY, chunk, 0, None)
    body = _page(_DATA[True], chunk, end, rows)[0]
    there, start = _there(body, rows)
    wanted = int(there.sum())
    places = _numbers(body, start + 1, len(body), body[start], wanted) if wanted else np.empty(0, dtype=np.intp)
    if wanted and int(places.max()) >= count:
        raise ValueError("a place beyond the dictionary")
    lacking = wanted < rows
    if kind == "text":
        codes = np.full(rows, MISSING, dtype=np.intp)
        codes[there] = places
        texts = Texts.distinct(_spelt(listed, count), codes)
        return Values(_frozen(texts.codes), lacking, texts)
    if len(listed) != count * _STORED[kind].itemsize:
        raise ValueError("another size than that of so many numbers")
    found = np.full(rows, np.nan)
    found[there] = np.frombuffer(listed, _STORED[kind])[places]
    return _kept(found, lacking)


def _page(begins: re.Pattern[bytes], chunk: bytes, start: int, values: int | None) -> tuple[bytes, int, int]:
    """What is in a page that agrees with its checksum, where it ends, and how many values it has."""
    match = begins.match(chunk, start)
    if match is None:
        raise ValueError("another kind of page")
    size, checksum, count = (signed(told) for told in match.groups())
    end = match.end() + size
    body = chunk[match.end() : end]
    if size < 0 or len(body) < size or zlib.crc32(body) != checksum & 0xFFFFFFFF:
        raise ValueError("another checksum")
    if count < 0 or (values is not None and (count != values or end != len(chunk))):
        raise ValueError("another number of values, or something after them")
    return body, end, count


@lru_cache(maxsize=2**14)
def signed(told: bytes) -> int:
    """Read a number of Parquet's, which may be below 0: seven bits a byte, the lowest first, its sign in the lowest.

    Args:
        told: its bytes, see `NUMBER`.

    >>> signed(bytes([6])), signed(bytes([0x80, 1])), signed(bytes([1]))
    (3, 64, -1)
    """
    found = 0
    for place, byte in enumerate(told):
        found |= (byte & 0x7F) << (7 * place)
    return (found >> 1) ^ -(found & 1)


def _there(body: bytes, rows: int) -> tuple[Mask, int]:
    """Which rows have a value, and where what follows begins."""
    end = 4 + int.from_bytes(body[:4], "little")
    if len(body) < end:
        raise ValueError("a page that ends early")
    levels = _numbers(body, 4, end, 1, rows)
    if int(levels.max()) > 1:
        raise ValueError("a value that is neither there nor not")
    return levels == 1, end


def _numbers(body: bytes, start: int, end: int, bits: int, count: int) -> Places:
    """Numbers of so many bits: runs of one number, and of numbers bit by bit, each run with its length before it."""
    if not 0 < bits <= _MOST_BITS:
        raise ValueError(f"numbers of {bits} bits")
    found: list[NDArray[np.integer]] = []
    left, width = count, (bits + 7) // 8
    while left:
        length, start = _length(body, start, end)
        if length & 1:
            size = (length >> 1) * bits
            run = _unpacked(body[start : start + size] if start + size <= end else b"", bits)[:left]
        else:
            size = width
            run = np.full(min(length >> 1, left), int.from_bytes(body[start : start + size], "little"))
        if start + size > end or not len(run) or (not length & 1 and length >> 1 > left):
            raise ValueError("a run of another length")
        start += size
        left -= len(run)
        found.append(run)
    return (found[0] if len(found) == 1 else np.concatenate(found)).astype(np.intp, copy=False)


def _unpacked(packed: bytes, bits: int) -> Places:
    each = np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little").reshape(-1, bits)
    return each.astype(np.intp) @ (1 << np.arange(bits, dtype=np.intp))


def _length(body: bytes, start: int, end: int) -> tuple[int, int]:
    found = shift = 0
    while start < end and shift <= 28:
        byte = body[start]
        found, shift, start = found | (byte & 0x7F) << shift, shift + 7, start + 1
        if byte < 0x80:
            return found, start
    raise ValueError("a run without a length")


def _spelt(listed: bytes, count: int) -> list[str]:
    """Texts, each with its length in four bytes before it."""
    found: list[str] = []
    start = 0
    while len(found) < count:
        end = start + 4 + int.from_bytes(listed[start : start + 4], "little")
        if len(listed) < end or end < start + 4 or start + 4 > len(listed):
            raise ValueError("a text that ends early")
        found.append(listed[start + 4 : end].decode())
        start = end
    if start != len(listed):
        raise ValueError("something after the texts")
    return found


def _kept(values: NDArray[Any], lacking: bool) -> Values:
    return Values(_frozen(values), lacking)


def _frozen(values: NDArray[Any]) -> NDArray[Any]:
    values.flags.writeable = False  # it is shared by all files that have it
    return values
