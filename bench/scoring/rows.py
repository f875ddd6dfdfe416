"""What the referee saw, query by query, and the file that it is written into."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measures.catalogue import MEASURES

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = 1
"""Version of the record files. It grows when a column or field that is needed changes its meaning, comes or goes."""


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one query.

    Args:
        utterance: whose.
        speaker: who speaks it: intervals are clustered by speaker.
        query: 0 for the clean, uncharged one; then 1, 2, ... in the order asked.
        label_true: the corpus's label.
        label_before: the victim's label for the clean utterance.
        label_after: the victim's label for this candidate.
        snr_db: Σ over the original's own samples, after clipping; None where the length was changed, and for query 0.
        perturbation: its name, as in the perception table; None where undeclared.
        category: "natural", "human", ..., "signal".
        source: which sound or setting.
        imperceptible: whether people were found to hear the same emotion.
        accepted: the label changed, and the SNR is above the threshold (or undefined, and the perception table covers
            the perturbation).
        measures: of an accepted candidate, by their names in `bench.measures.catalogue`; those that were not asked for,
            or are not defined, are left out or None.
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
    measures: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """Describe one column of a record file.

    Args:
        name: its name.
        kind: its type, as Arrow spells it.
        nullable: whether it may hold nulls.
    """

    name: str
    kind: str
    nullable: bool = False


NEEDED = (
    Column("utterance", "string"),
    Column("speaker", "string"),
    Column("query", "int32"),
    Column("label_true", "string"),
    Column("label_before", "string"),
    Column("label_after", "string"),
    Column("snr_db", "double", nullable=True),
    Column("perturbation", "string", nullable=True),
    Column("category", "string", nullable=True),
    Column("source", "string", nullable=True),
    Column("imperceptible", "bool", nullable=True),
    Column("accepted", "bool"),
)
"""What every record file has: the fields of `Row` but for the measures, in their order."""


def optional_columns() -> tuple[Column, ...]:
    """Return the columns that a record file may lack: one for each measure of the catalogue, in its order."""
    return tuple(Column(name, "double", nullable=True) for name in MEASURES)


def arrow_schema() -> Any:
    """Return the columns that are written, as a schema of Arrow: the needed ones, then the optional ones."""
    import pyarrow as pa

    return pa.schema([(one.name, pa.type_for_alias(one.kind)) for one in (*NEEDED, *optional_columns())])


def as_table(rows: Sequence[Row]) -> pa.Table:
    """Turn rows into a table of Arrow with all the columns that are written.

    Args:
        rows: at least one.

    Raises:
        ValueError: there are none, or one has a measure that is not in the catalogue.
    """
    import pyarrow as pa

    unknown = {name for row in rows for name in row.measures} - MEASURES.keys()
    if unknown or not rows:
        raise ValueError(
            f"measures {', '.join(sorted(unknown))} that are not in the catalogue" if unknown else "no row"
        )
    columns: dict[str, Sequence[object]] = dict(
        zip((one.name for one in NEEDED), zip(*map(_needed, rows), strict=True), strict=True)
    )
    columns |= {name: [row.measures.get(name) for row in rows] for name in MEASURES}
    schema = arrow_schema()
    return pa.Table.from_arrays([pa.array(columns[field.name], type=field.type) for field in schema], schema=schema)


_needed = attrgetter(*(one.name for one in NEEDED))


def write_rows(path: Path, description: Mapping[str, object], rows: Sequence[Row]) -> None:
    """Write a record file: the same rows and description give the same bytes.

    Args:
        path: a new file.
        description: everything that determined the rows, as JSON.
        rows: at least one.
    """
    import pyarrow.parquet as pq

    metadata = {"serbench": json.dumps({"schema": SCHEMA, **description})}
    pq.write_table(as_table(rows).replace_schema_metadata(metadata), path, compression="zstd", write_page_checksum=True)
