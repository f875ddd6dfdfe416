"""One cell's records as they are read from their file, whose every part is checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import DataError
from bench.core.storage.json_objects import JsonObject, loaded
from bench.core.storage.regular import at_most, read_regular
from bench.scoring.record_files.columns import SOUND, Columns
from bench.scoring.record_files.descriptions import Description
from bench.scoring.record_files.rows import columns_of, digest_of
from bench.scoring.record_files.schema import AGAIN, RecordFile, current
from bench.scoring.record_files.sounds import names_settings

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

MOST_BYTES, MOST_UNPACKED, MOST_MEMORY = 2**28, 2**29, 2**31
"""A record file is no larger, packed and unpacked; and to unpack it takes no more memory, whatever it says."""
MOST_ROWS, MOST_COLUMNS, MOST_TOLD = 20_000_000, 500, 2**22
"""A record file has no more rows, columns, bytes of description."""


@dataclass(frozen=True)
class CellRecords:
    """Hold a finished cell as it was read.

    Args:
        key: names its file.
        description: what determined it: names, versions, fingerprints.
        rows: a DataFrame with a row for each query and the columns of docs/records.md.
    """

    key: str
    description: Description
    rows: pd.DataFrame


def read_cell(path: Path) -> CellRecords:
    """Read one record file, of this version or an older one.

    Args:
        path: `cells/KEY.parquet` in a run's folder.

    Raises:
        DataError: it is no record file, damaged, or of a newer version.
    """
    file = checked(path)
    return CellRecords(path.stem, Description.of(file.description), file.table.to_pandas())


def checked(path: Path) -> RecordFile:
    """Read a record file, and compare its pages and its description with their checksums.

    Raises:
        DataError: it is no record file, damaged, or of a newer version.
    """
    import pyarrow as pa

    content = read_regular(path, MOST_BYTES, AGAIN)
    try:
        table = decoded(content)
        text = table.schema.metadata[b"serbench"]
        digest = table.schema.metadata.get(b"serbench_sha256")
        own = digest_of(text.decode(), columns_of(table.schema), table.num_rows)
        if digest is not None and own != digest.decode():  # older files have none
            raise ValueError("a description or columns that are not those written")
        return current(path, table, JsonObject.of(path, loaded(text.decode()), AGAIN))
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError, RecursionError, MemoryError) as error:
        raise DataError(path, f"no readable records ({error})", "a record file", AGAIN) from error


def opened(content: bytes, texts: Sequence[str] = ()) -> pq.ParquetReader:
    """Open a file whose pages are compared with their checksums when they are read.

    Of a file of a few rows, what `pyarrow.parquet.ParquetFile` does beside takes as long as all its columns.

    Args:
        content: of a record file.
        texts: columns whose texts are wanted as numbers, with a dictionary.

    Raises:
        pyarrow.ArrowException, OSError, ValueError: it is no Parquet file.
    """
    import pyarrow as arrow
    from pyarrow import parquet

    file = parquet.ParquetReader()
    file.open(arrow.BufferReader(content), read_dictionary=[*texts], page_checksum_verification=True)
    return file


def decoded(content: bytes, texts: Sequence[str] = (), only: Collection[str] | None = None) -> pa.Table:
    """Read a file's columns as `unpacked` does, into no more memory than can be meant.

    Args:
        content: of a record file.
        texts: columns whose texts are wanted as numbers, with a dictionary.
        only: columns that are wanted, where they are there; all by default.

    Raises:
        pyarrow.ArrowException, OSError, ValueError, MemoryError: it cannot be read, or is not to be.
    """
    with at_most(MOST_MEMORY):
        table = unpacked(content, texts, only)
        table.validate(full=True)  # texts are UTF-8
        return table


def unpacked(content: bytes, texts: Sequence[str] = (), only: Collection[str] | None = None) -> pa.Table:
    """Read a file's columns, unpacked only where it says to be of a size that can be meant.

    Args:
        content: of a record file.
        texts: columns whose texts are wanted as numbers, with a dictionary.
        only: columns that are wanted, where they are there; all by default.

    Returns:
        A table whose texts nobody has looked at: who uses it validates it.

    Raises:
        pyarrow.ArrowException, OSError, ValueError, MemoryError: it cannot be read, or is not to be.
    """
    file = opened(content, texts)
    about = file.metadata
    unpacked = sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))
    told = sum(map(len, (about.metadata or {}).values()))
    sizes = (about.num_rows, MOST_ROWS, "rows"), (about.num_columns, MOST_COLUMNS, "columns")
    for found, most, what in (*sizes, (unpacked, MOST_UNPACKED, "bytes"), (told, MOST_TOLD, "bytes of description")):
        if found > most:
            raise ValueError(f"{found:,} {what}; at most {most:,} are read")
    paths = enumerate(map(tuple, file.column_paths))
    places = None if only is None else [place for place, path in paths if path[0] in only]
    return file.read_all(places, use_threads=False)


def pooled_rows(cells: Iterable[CellRecords]) -> pd.DataFrame:
    """Put the rows of several cells together.

    Args:
        cells: at least one.

    Returns:
        Their rows, in order, each with the `fold`, `seed` and `repeat` of its cell; and where sources of one are
        settings, with the `sound` that an utterance was asked with, null without one.
    """
    import pandas as pd

    own = list(cells)
    apart = any(names_settings(cell.description.names.attack, cell.description.settings) for cell in own)
    named = []
    for cell in own:
        names, declared = cell.description.names, cell.description.settings
        rows = cell.rows.assign(fold=names.fold, seed=names.seed, repeat=names.repeat)
        if apart and "source" in rows:
            rows[SOUND] = Columns.of(cell.rows).without_settings(names.attack, declared).texts["source"].spelt()
        named.append(rows)
    return pd.concat(named, ignore_index=True)
