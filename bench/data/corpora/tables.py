"""Tables of text, rows known by where they stand: CSV with any usual delimiter, or Parquet."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import DataError
from bench.core.storage.files import read_file

_NO_TEXT = (
    (b"PK\x03\x04", "a ZIP file, such as an Excel workbook", "save it as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save it as CSV UTF-8"),
    (b"\x1f\x8b", "a file compressed with gzip", "decompress it: gunzip FILE"),
    (b"BZh", "a file compressed with bzip2", "decompress it: bunzip2 FILE"),
    (b"\xfd7zXZ", "a file compressed with xz", "decompress it: unxz FILE"),
    (b"PAR1", "a Parquet file under another name", "give it the ending .parquet"),
    (b"\xff\xfe", "text in UTF-16", "save it as CSV UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "save it as CSV UTF-8"),
)
"""How files begin that are taken for tables, what they are, and what to do."""

EMPTY = frozenset({"", "nan", "na", "n/a", "none", "null", "<na>"})
"""What programs write into a cell of numbers where there is none, in lower case."""


@dataclass(frozen=True)
class TableRow:
    """One row of a table.

    Args:
        where: file and line (of a CSV file, as an editor counts) or row (of a Parquet file, from 1), for messages.
        cells: text by column name, without spaces around; "" where there is nothing.
    """

    where: str
    cells: Mapping[str, str]


def utf8(content: bytes) -> str:
    """Decode text in UTF-8, with or without a mark."""
    return content.decode("utf-8-sig")


def csv_rows(file: Path, decode: Callable[[bytes], str] = utf8) -> list[TableRow]:
    """Read the rows of a CSV file: any line ends, commas, semicolons or tabs between cells.

    Args:
        file: the table.
        decode: its bytes as text; UTF-8 where nothing is said.

    Raises:
        DataError: it cannot be read, is empty, or a row has more or fewer cells than the header.
    """
    try:
        content = read_file(file)
    except OSError as error:
        raise unreadable(file, error) from error
    _refuse_other_files(file, content)
    try:
        text = decode(content).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise DataError(file, "text that is not UTF-8", "a CSV file in UTF-8", "save it as CSV UTF-8") from error
    if "\0" in text:
        where = f"{file}, line {text[: text.index(chr(0))].count(chr(10)) + 1}"
        raise DataError(where, "a NUL character", "text", "write the table again: it is damaged, or no text")
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
        lines, line = [], 1
        for cells in reader:
            lines.append((f"{file}, line {line}", [cell.strip() for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(file, f"broken CSV ({error})", "a CSV file with a header", "correct the file") from error
    lines = [(where, cells) for where, cells in lines if any(cells)]
    if not lines:
        raise DataError(file, "an empty file", "a CSV file with a header and rows below it", "fill it")
    return _rows(file, lines[0][1], lines[1:])


def _refuse_other_files(file: Path, content: bytes) -> None:
    """Name what is no text though its name promises a table."""
    for mark, what, remedy in _NO_TEXT:
        if content.startswith(mark):
            raise DataError(file, what, "a CSV file in UTF-8, or a Parquet file", remedy)


def parquet_rows(file: Path) -> list[TableRow]:
    """Read the rows of a Parquet file, every value as text; null and NaN are empty.

    Raises:
        DataError: it cannot be read.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(file) as opened:
            table = opened.read()
        columns = [[_text(value) for value in column.to_pylist()] for column in table.columns]
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, LookupError, MemoryError, OverflowError) as error:
        found = f"no Parquet that can be read ({error})"
        raise DataError(file, found, "a Parquet file", "write it again, or give a CSV file") from error
    rows = zip(*columns, strict=True)
    return _rows(file, table.column_names, [(f"{file}, row {n}", row) for n, row in enumerate(rows, start=1)])


def _delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=lambda mark: len(next(csv.reader([header], delimiter=mark), [])))


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _rows(file: Path, header: Sequence[str], lines: Iterable[tuple[str, Sequence[str]]]) -> list[TableRow]:
    names = [name.strip() for name in header]
    counts = Counter(name.lower() for name in names)
    twice = sorted({name for name in names if name and counts[name.lower()] > 1})
    if twice:
        raise DataError(file, f"two columns of the name {twice[0]!r}", "one", "rename or remove one of them")
    rows = []
    for where, cells in lines:
        if len(cells) != len(names):
            found = f"{len(cells)} cells under {len(names)} columns"
            raise DataError(where, found, "a cell for each column", "correct the row (quote a text that holds commas)")
        rows.append(TableRow(where, {name: cell for name, cell in zip(names, cells, strict=True) if name}))
    return rows


def unreadable(file: Path, error: OSError) -> DataError:
    """Make the error that refuses a table which cannot be opened.

    Args:
        file: the table.
        error: why it cannot be opened.
    """
    reason = (error.strerror or "an error").lower()
    return DataError(file, reason, "a file that can be read", "check the path and its permissions")
