"""One cell's records as they are read from their file, whose every part is checked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import DataError
from bench.core.json_objects import JsonObject
from bench.scoring.descriptions import Description
from bench.scoring.rows import columns_of, digest_of
from bench.scoring.schema import AGAIN, RecordFile, current

if TYPE_CHECKING:
    import pandas as pd

    from bench.scoring.candidates import Tally


@dataclass(frozen=True)
class CellRecords:
    """Hold a finished cell as it was read.

    Args:
        key: names its file.
        description: what determined it: names, versions, fingerprints.
        rows: a DataFrame with a row for each query and the columns of docs/records.md.
        tally: counts of all queries, where `rows` are not all any more.
    """

    key: str
    description: Description
    rows: pd.DataFrame
    tally: Tally | None = None


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
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(path.read_bytes()), page_checksum_verification=True)
        table = file.read(use_threads=False)  # of one small file, threads take longer
        text = table.schema.metadata[b"serbench"]
        digest = table.schema.metadata.get(b"serbench_sha256")
        own = digest_of(text.decode(), columns_of(table), table.num_rows)
        if digest is not None and own != digest.decode():  # older files have none
            raise ValueError("a description or columns that are not those written")
        return current(path, table, JsonObject.of(path, json.loads(text), AGAIN))
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise DataError(path, f"no readable records ({error})", "a record file", AGAIN) from error


def pooled_rows(cells: Iterable[CellRecords]) -> pd.DataFrame:
    """Put the rows of several cells together.

    Args:
        cells: at least one.

    Returns:
        Their rows, in order, each with the `fold`, `seed` and `repeat` of its cell.
    """
    import pandas as pd

    named = [
        cell.rows.assign(
            fold=cell.description.names.fold, seed=cell.description.names.seed, repeat=cell.description.names.repeat
        )
        for cell in cells
    ]
    return pd.concat(named, ignore_index=True)
