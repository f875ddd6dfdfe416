"""Footers read without Arrow: what they say is what Arrow reads, and where it is not, the file is set aside."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from bench.core.errors import DataError
from bench.scoring.entries.sources import Damaged, sources_in
from bench.scoring.record_files.believing import determined_key
from bench.scoring.record_files.cell_records import opened, read_cell
from bench.scoring.record_files.footers import plain_footer
from bench.scoring.record_files.rows import Row, arrow_schema, columns_of, digest_of
from bench.scoring.records import Store


@pytest.fixture
def path(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> Path:
    """The file of one cell."""
    store = Store(tmp_path)
    store.write(determined_key(about), about, rows)
    return store.path(determined_key(about))


def told_in(content: bytes) -> tuple[str, str]:
    """The description and its digest as Arrow reads them."""
    told = opened(content).metadata.metadata
    return told[b"serbench"].decode(), told[b"serbench_sha256"].decode()


def changed(path: Path, old: str, new: str) -> bytes:
    """The file with another description, which agrees with its digest, but not with what Arrow writes beside it."""
    content = path.read_bytes()
    text, digest = told_in(content)
    other = text.replace(old, new)
    own = digest_of(other, columns_of(arrow_schema()), 5)
    return content.replace(text.encode(), other.encode()).replace(digest.encode(), own.encode())


def test_a_footer_says_what_arrow_reads(path: Path) -> None:
    content = path.read_bytes()
    assert plain_footer(content) == told_in(content)[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda content, text: content.replace(text, text[:-1] + b" "),
        lambda content, text: content.replace(text, text[:20] + b"\xff" + text[21:]),
        lambda content, text: content.replace(b"\x18\x08serbench\x18", b"\x18\x08sirbench\x18"),
        lambda content, text: content[:-4] + b"PAR2",
        lambda content, text: content[:-8] + b"\xff\xff\xff\x7fPAR1",
        lambda content, text: content[:-9],
        lambda content, text: content[-4:],
        lambda content, text: b"",
    ],
)
def test_whatever_differs_is_asked_of_arrow(path: Path, change: Callable[[bytes, bytes], bytes]) -> None:
    content = path.read_bytes()
    assert plain_footer(change(content, told_in(content)[0].encode())) is None


def test_each_byte_counts_but_those_that_say_where_pages_lie(path: Path) -> None:
    """The schema of Parquet and the number of rows; and behind the places of pages, descriptions and writer."""
    content = path.read_bytes()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    for place in (*range(start, start + 514, 7), *range(content.index(b"serbench"), len(content), 31)):
        assert plain_footer(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]) is None


def test_a_file_with_two_descriptions_has_one(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> None:
    """Arrow keeps one of its own beside that of the file: no way to read it tells another than the others."""
    counted = about | {"found": {"looks": 3}}
    Store(tmp_path).write(determined_key(counted), counted, rows)
    path = Store(tmp_path).path(determined_key(counted))
    path.write_bytes(changed(path, '"looks": 3', '"looks": 4'))
    assert plain_footer(path.read_bytes()) is None
    (found,) = sources_in(path.parent.parent).values()
    assert '"looks": 4' in found.description.text
    assert found.description.text == read_cell(path).description.text
    assert found.condensed().description == found.read().description == found.description


@pytest.mark.parametrize("other", [True, False])
def test_a_footer_within_another_is_none(path: Path, other: bool) -> None:
    """Another footer's name of the writer can hold all that this one ends with: Arrow reads that other."""
    content = path.read_bytes()
    start, end = content.rindex(b"\x19\x3c\x18\x08serbench"), len(content) - 8
    inner = content[start : end - 1]
    kept = changed(path, '"victim": "cnn_gru"', '"victim": "cnn_grv"')[start : content.rindex(b"\x18\x20parquet-cpp")]
    length = bytes([len(inner) & 0x7F | 0x80, len(inner) >> 7])
    held = (kept if other else b"") + (b"\x18" if other else b"\x28") + length + inner + b"\0"
    size = int.from_bytes(content[-8:-4], "little") + len(held) - (end - start)
    path.write_bytes(content[:start] + held + size.to_bytes(4, "little") + b"PAR1")
    assert (
        ('"cnn_grv"' in told_in(path.read_bytes())[0]) if other else opened(path.read_bytes()).metadata.metadata is None
    )
    damaged: Damaged = {}
    for found in sources_in(path.parent.parent, damaged).values():
        with pytest.raises(DataError):
            found.condensed()
    assert path in damaged


def test_columns_that_arrow_takes_for_others_are_refused(path: Path) -> None:
    """The schema of Parquet is the same for texts and large texts."""
    (text, digest), table = told_in(path.read_bytes()), parquet.read_table(path)
    large = table.set_column(1, "speaker", table.column("speaker").cast(pa.large_string()))
    told = {"serbench": text, "serbench_sha256": digest}
    written = io.BytesIO()
    parquet.write_table(large.replace_schema_metadata(told), written, compression="none", write_page_checksum=True)
    path.write_bytes(written.getvalue())
    damaged: Damaged = {}
    assert plain_footer(path.read_bytes()) is None
    assert sources_in(path.parent.parent, damaged) == {}
    assert "large_string" in str(damaged[path]) or "no readable records" in str(damaged[path])
