"""Records: what the referee saw, one row a query, and where it is kept.

A cell's records are one Parquet file named by the cell's key, with the cell's description in the file's own metadata.
A file appears under its name at once or not at all; the same cell gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.cache import appearing_file
from bench.core.errors import DataError
from bench.measures.catalogue import MEASURES

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
"""Version of the record files and of the JSON. It grows when a column changes its meaning or goes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One query.

    Args:
        utterance: whose.
        speaker: who speaks it: intervals are clustered by speaker.
        query: 0 for the clean, uncharged one; then 1, 2, ... in the order asked.
        label_true: the corpus's label.
        label_before: the victim's label for the clean utterance.
        label_after: the victim's label for this candidate.
        snr_db: Σ over the original's own samples, after clipping; null where the length was changed, and for query 0.
        perturbation: its name, as in the perception table; null where undeclared.
        category: "natural", "human", ..., "signal".
        source: which sound or setting.
        imperceptible: whether people were found to hear the same emotion.
        accepted: the label changed, and the SNR is above the threshold (or undefined, and the perception table covers
            the perturbation).
        seg_snr_db: measures of an accepted candidate, see `bench.measures.catalogue`; null where not asked for, and
            where not defined.
        stoi: likewise.
        pesq: likewise.
        nmr_db: likewise.
        audible_share: likewise.
    """

    utterance: str
    speaker: str
    query: int
    label_true: str
    label_before: str
    label_after: str
    snr_db: float | None = None
    perturbation: str | None = None
    category: str | None = None
    source: str | None = None
    imperceptible: bool | None = None
    accepted: bool = False
    seg_snr_db: float | None = None
    stoi: float | None = None
    pesq: float | None = None
    nmr_db: float | None = None
    audible_share: float | None = None


_NEEDED = {"victim", "defense", "attack", "attack_base", "corr", "noises", "corpus", "noise_bank", "task"}
_NEEDED |= {"split", "fold", "seed", "limit", "max_queries", "min_snr_db", "perception", "fitting"}
_NEEDED |= {"attack_identity", "attack_noises"}
"""What a cell's description must say for the cell to be scored."""


def _arrow_schema() -> Any:
    import pyarrow as pa

    kinds = {"query": pa.int32(), "snr_db": pa.float64(), "imperceptible": pa.bool_(), "accepted": pa.bool_()}
    kinds |= dict.fromkeys(MEASURES, pa.float64())
    return pa.schema([(field.name, kinds.get(field.name, pa.string())) for field in fields(Row)])


@dataclass(frozen=True)
class Store:
    """The folder of a run.

    Args:
        folder: holds `cells/KEY.parquet`, one for each finished cell, and `failed/KEY.json` for each that failed.
    """

    folder: Path

    def path(self, key: str) -> Path:
        """Where a cell's records are."""
        return self.folder / "cells" / f"{key}.parquet"

    def _failure(self, key: str) -> Path:
        return self.folder / "failed" / f"{key}.json"

    def has(self, key: str) -> bool:
        """Whether the cell is finished."""
        return self.path(key).is_file()

    def write(self, key: str, description: Mapping[str, Any], rows: Sequence[Row]) -> None:
        """Keep a finished cell's records, and forget an earlier failure of it."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = zip(*map(astuple, rows), strict=True)
        schema = _arrow_schema().with_metadata({"serbench": json.dumps({"schema": SCHEMA, **description})})
        table = pa.Table.from_arrays(
            [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
        )
        with appearing_file(self.path(key)) as temporary:
            pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
        self._failure(key).unlink(missing_ok=True)

    def fail(self, key: str, description: Mapping[str, Any], message: str, traceback: str) -> None:
        """Note why a cell failed."""
        with appearing_file(self._failure(key)) as temporary:
            temporary.write_text(json.dumps({**description, "error": message, "traceback": traceback}, indent=1))

    def read(self, key: str) -> CellRecords:
        """One finished cell.

        Raises:
            DataError: the file is damaged or of another version.
        """
        return read_cell(self.path(key))

    def cells(self) -> Iterator[CellRecords]:
        """All finished cells, in the order of their keys.

        Raises:
            DataError: the folder is not a run.
        """
        if not (self.folder / "cells").is_dir():
            raise DataError(self.folder, "no folder cells/ in it", "the --out folder of a bench run", "check the path")
        yield from map(read_cell, sorted((self.folder / "cells").glob("*.parquet")))

    def failure(self, key: str) -> dict[str, Any]:
        """Why a cell failed: its description with `error` and `traceback`."""
        found: dict[str, Any] = json.loads(self._failure(key).read_text())
        return found

    def failures(self) -> list[dict[str, Any]]:
        """Descriptions of the failed cells, each with `error` and `traceback`."""
        return [json.loads(path.read_text()) for path in sorted((self.folder / "failed").glob("*.json"))]


@dataclass(frozen=True)
class CellRecords:
    """A finished cell as it was read.

    Args:
        key: names its file.
        description: what determined it: victim, defence, attack, corpus, task, fold, seed, versions.
        rows: a DataFrame with the columns of `Row`.
    """

    key: str
    description: Mapping[str, Any]
    rows: pd.DataFrame


def read_cell(path: Path) -> CellRecords:
    """Read one record file.

    Raises:
        DataError: it is no record file, damaged, or of another version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, page_checksum_verification=True)
        description, rows = json.loads(table.schema.metadata[b"serbench"]), table.to_pandas()
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise DataError(path, f"no readable records ({error})", "a record file", "delete it and run again") from error
    if not isinstance(description, dict) or description.pop("schema", None) != SCHEMA:
        raise DataError(path, "records of another version", f"version {SCHEMA}", "use the serbench that wrote them")
    missing = sorted(_NEEDED - set(description))
    if missing or not table.schema.equals(_arrow_schema()):
        found = f"a description without {', '.join(missing)}" if missing else "other columns"
        raise DataError(path, found, "a record file as serbench writes it", "delete it and run again")
    return CellRecords(path.stem, description, rows)
