"""Columns from the bytes of small files: what Arrow says, or nothing."""

from __future__ import annotations

import io
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.scoring.record_files.cell_records import decoded
from bench.scoring.record_files.columns import NUMBERS, TEXTS, TRUTHS, USED, Columns
from bench.scoring.record_files.fast_reading import read_columns
from bench.scoring.record_files.footers import plain_footer
from bench.scoring.record_files.rows import SCHEMA, Row, as_table, write_table
from bench.scoring.record_files.written_columns import written_columns
from bench.scoring.record_files.written_pages import values_in

NAMES = st.sampled_from(["u1", "u2", "Ω-\u202e", "", "a longer name, of more than a few bytes", "s"])
LEVELS = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 12.5, 1e300, float("nan"), -3.25]))
TRUTH = st.one_of(st.none(), st.booleans())
ROWS = st.builds(
    Row,
    **dict.fromkeys(("utterance", "speaker", "label_true", "label_before", "label_after"), NAMES),
    query=st.integers(0, 70_000),
    snr_db=LEVELS,
    source=st.one_of(st.none(), NAMES),
    imperceptible=TRUTH,
    accepted=st.booleans(),
    additive=TRUTH,
    burst_snr_db=LEVELS,
    survives_pcm=TRUTH,
    tied=TRUTH,
    flip_share=LEVELS,
    turn=st.one_of(st.none(), st.integers(-5, 9)),
    value_true=LEVELS,
)


def file_of(path: Path, rows: list[Row], change: Any = None) -> bytes:
    table = as_table(rows)
    write_table(path, json.dumps({"schema": SCHEMA, "told": "x"}), table if change is None else change(table))
    return path.read_bytes()


def by_arrow(content: bytes) -> Columns | None:
    """What Arrow reads; None where it reads nothing, or what figures may not be made of."""
    try:
        return read_columns([decoded(content, TEXTS, USED)])
    except (OSError, pa.ArrowException, ValueError, MemoryError):
        return None


def told(columns: Columns) -> dict[str, Any]:
    """All that there is, bit by bit but for the kind of a NaN."""
    numbers = {name: np.where(np.isnan(one), np.nan, one).tobytes() for name, one in columns.numbers.items()}
    texts = {name: (one.spelt().tolist(), one.codes.dtype) for name, one in columns.texts.items()}
    truths = {name: (one.tolist(), one.dtype) for name, one in columns.truths.items()}
    return {**numbers, **texts, **truths, "query": (columns.query.tolist(), columns.query.dtype)}


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROWS, min_size=1, max_size=64))
def test_they_are_what_arrow_says(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> None:
    content = file_of(tmp_path_factory.mktemp("file") / "a.parquet", rows)
    found, expected = written_columns(content), by_arrow(content)
    assert plain_footer(content) is not None
    assert found is not None
    assert expected is not None
    assert told(found) == told(expected)
    assert {*found.texts, *found.numbers, *found.truths, "query"} == USED == {*TEXTS, *NUMBERS, *TRUTHS, "query"}


def some_rows(count: int) -> list[Row]:
    hit: dict[str, Any] = {"snr_db": 12.5, "source": "rain", "accepted": True, "survives_pcm": True}
    named = [(f"u{at // 4}", f"s{at // 8}", at % 4, "anger", "anger") for at in range(count)]
    return [
        Row(*one, "anger" if at % 3 else "sadness", **({} if at % 3 else hit), imperceptible=at % 2 > 0)
        for at, one in enumerate(named)
    ]


def test_no_changed_byte_makes_them_say_what_arrow_does_not(tmp_path: Path) -> None:
    """Wherever it lies: where columns are told, in a page's own words, in its values, or in its checksum."""
    content = file_of(tmp_path / "a.parquet", some_rows(40))
    own, same = written_columns(content), 0
    assert own is not None
    draws = np.random.Generator(np.random.Philox(key=5))
    for place in draws.permutation(len(content))[:1500].tolist():
        changed = bytearray(content)
        changed[place] ^= 1 << int(draws.integers(8))
        found = written_columns(bytes(changed))
        if found is not None and plain_footer(bytes(changed)) is not None:
            same += 1
            expected = by_arrow(bytes(changed))
            assert expected is not None
            assert told(found) == told(expected) == told(own)
    assert same, "no figure is made of recipes"


def test_large_files_and_those_of_others_are_left_to_arrow(tmp_path: Path) -> None:
    rows = some_rows(65)
    assert written_columns(file_of(tmp_path / "packed.parquet", rows)) is None
    assert written_columns(file_of(tmp_path / "small.parquet", rows[:64])) is not None
    lacking = pa.array([None, *([True] * 7)])

    def without(table: pa.Table) -> pa.Table:
        return table.set_column(table.schema.get_field_index("accepted"), "accepted", lacking)

    assert written_columns(file_of(tmp_path / "lacking.parquet", rows[:8], without)) is None
    written = io.BytesIO()
    pa.parquet.write_table(as_table(rows[:8]), written, compression="none", write_statistics=False)
    assert written_columns(written.getvalue()) is None, "pages without checksums"
    assert written_columns(b"") is None


def number(value: int) -> bytes:
    """As Parquet tells numbers that may be below 0."""
    doubled, found = (value << 1) ^ (value >> 63), bytearray()
    while doubled > 0x7F:
        found.append(doubled & 0x7F | 0x80)
        doubled >>= 7
    return bytes([*found, doubled])


def page(body: bytes, after: bytes, first: bytes, checksum: int | None = None) -> bytes:
    signed = zlib.crc32(body) if checksum is None else checksum
    size = number(len(body))
    told = number(signed - 2**32 if signed >= 2**31 else signed)
    return b"\x15" + first + b"\x15" + size + b"\x15" + size + b"\x15" + told + after + body


def listed(body: bytes, count: int) -> bytes:
    return page(body, b"<\x15" + number(count) + b"\x15\x00\x12\x00\x00", b"\x04")


def data(body: bytes, rows: int, checksum: int | None = None, encoding: bytes = b"\x10") -> bytes:
    about = b"\x1c\x15" + number(rows) + b"\x15" + encoding + b"\x15\x06\x15\x06\x1c\x00\x00\x00"
    return page(body, about, b"\x00", checksum)


TWO = b"\1\0\0\0a\1\0\0\0b"
ALL = b"\2\0\0\0\x10\1"  # eight rows have a value
SOUND = listed(TWO, 2) + data(ALL + b"\1\x03\x55", 8)


def test_a_column_is_read_from_its_pages() -> None:
    found = values_in("text", 8, SOUND)
    assert found is not None
    assert found.texts is not None
    assert found.texts.spelt().tolist() == ["b", "a"] * 4
    some = values_in("text", 8, listed(TWO, 2) + data(b"\2\0\0\0\x03\x0f" + b"\1\x08\1", 8))
    assert some is not None
    assert some.lacking
    assert some.texts is not None
    assert some.texts.spelt().tolist() == ["b"] * 4 + [None] * 4
    truths = values_in("truth", 8, data(ALL + b"\x0f", 8, encoding=b"\x00"))
    assert truths is not None
    assert truths.values.tolist() == [1] * 4 + [0] * 4
    with pytest.raises(ValueError, match="read-only"):
        truths.values[0] = 0


@pytest.mark.parametrize(
    "chunk",
    [
        listed(TWO, 2) + data(ALL + b"\1\x03\x55", 8, checksum=1),
        listed(TWO, 2) + data(ALL + b"\1\x03\x55", 9),
        listed(TWO, 2) + data(ALL + b"\2\x03\xff\xff", 8),
        listed(TWO, 2) + data(ALL + b"\1\x14\1", 8),
        listed(TWO, 2) + data(ALL + b"\1\x03", 8),
        listed(TWO, 2) + data(ALL + b"\1\x00\1" * 3, 8),
        listed(TWO, 2) + data(ALL + b"\1\x08\1", 8),
        listed(TWO, 2) + data(ALL + b"\0", 8),
        listed(TWO, 2) + data(ALL + b"\x40\x03" + bytes(64), 8),
        listed(TWO, 2) + data(b"\2\0\0\0\x10\2" + b"\1\x03\x55", 8),
        listed(TWO, 2) + data(b"\xff\xff\xff\xff\x10\1\1\x03\x55", 8),
        listed(TWO, 2) + data(b"", 8),
        listed(TWO, 3) + data(ALL + b"\1\x03\x55", 8),
        listed(TWO + b"x", 2) + data(ALL + b"\1\x03\x55", 8),
        listed(b"\1\0\0\0\xff\1\0\0\0b", 2) + data(ALL + b"\1\x03\x55", 8),
        listed(b"\xff\xff\xff\xff\xff\1\0\0\0b", 2) + data(ALL + b"\1\x03\x55", 8),
        listed(TWO, -1) + data(ALL + b"\1\x03\x55", 8),
        SOUND + b"\0",
        SOUND[:-1],
        data(ALL + b"\1\x03\x55", 8),
        b"",
    ],
)
def test_whatever_is_not_as_it_is_written_is_left_to_arrow(chunk: bytes) -> None:
    """Checksums are right but in the first: a hostile writer's are."""
    assert values_in("text", 8, chunk) is None
    assert values_in("number", 8, chunk) is None
    assert values_in("truth", 8, chunk) is None
