"""What the referee saw, query by query, and the file that it is written into."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.code.keys import fingerprint
from bench.measures.catalogue import MEASURES
from bench.scoring.record_files.columns import USED

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
        recipe: what was tried, a line of JSON from which the candidate can be rendered again; None for query 0.
        additive: whether it is imperceptible, or keeps the length and so has an SNR; None for query 0.
        burst_snr_db: of an accepted candidate of the same length, the lowest SNR of any 250 ms of speech, in dB.
        peak_ratio: of an accepted candidate of the same length, the greatest change of a sample over the greatest
            sample of the original.
        survives_pcm: whether an accepted candidate is a success as well once it was written as 16-bit PCM at the
            corpus's own rate, and read back.
        tied: the two likeliest classes lie so close together that the label is no answer: no success.
        flip_share: against a randomised victim, the share of further draws in which the label changed.
        turn: of an attack that learns in rounds, the utterance's place in the order of all, from 0.
        value_true: in a dimensional task, the corpus's rating on the task's scale; None in a task of classes.
        value_before: in a dimensional task, what the victim answers about the clean utterance.
        value_after: in a dimensional task, what it answers about this candidate.
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
    recipe: str | None = None
    additive: bool | None = None
    burst_snr_db: float | None = None
    peak_ratio: float | None = None
    survives_pcm: bool | None = None
    tied: bool | None = None
    flip_share: float | None = None
    turn: int | None = None
    value_true: float | None = None
    value_before: float | None = None
    value_after: float | None = None


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


LATER = (
    Column("recipe", "string", nullable=True),
    Column("additive", "bool", nullable=True),
    Column("burst_snr_db", "double", nullable=True),
    Column("peak_ratio", "double", nullable=True),
    Column("survives_pcm", "bool", nullable=True),
    Column("tied", "bool", nullable=True),
    Column("flip_share", "double", nullable=True),
    Column("turn", "int32", nullable=True),
    Column("value_true", "double", nullable=True),
    Column("value_before", "double", nullable=True),
    Column("value_after", "double", nullable=True),
)
"""Columns that came after the first version, and that a file of that version lacks: fields of `Row`, in their order."""


def optional_columns() -> tuple[Column, ...]:
    """Return the columns that a record file may lack: one for each measure, in the catalogue's order, and `LATER`."""
    return (*(Column(name, "double", nullable=True) for name in MEASURES), *LATER)


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
    columns |= dict(zip((one.name for one in LATER), zip(*map(_later, rows), strict=True), strict=True))
    schema = arrow_schema()
    return pa.Table.from_arrays([pa.array(columns[field.name], type=field.type) for field in schema], schema=schema)


_needed = attrgetter(*(one.name for one in NEEDED))
_later = attrgetter(*(one.name for one in LATER))


_SMALL = 64
"""Rows that take longer to be compressed, each column by itself, than they would save."""


def write_rows(path: Path, description: Mapping[str, object], rows: Sequence[Row]) -> None:
    """Write a record file: the same rows and description give the same bytes.

    Args:
        path: a new file.
        description: everything that determined the rows, as JSON.
        rows: at least one.
    """
    write_table(path, json.dumps({"schema": SCHEMA, **description}), as_table(rows))


def write_table(path: Path, text: str, table: pa.Table) -> None:
    """Write a record file from a table.

    What figures are made of is packed so that it is unpacked fast, the rest, above all recipes, so that it is small.

    Args:
        path: a new file.
        text: its description, as JSON.
        table: with all the columns that are written.
    """
    import pyarrow.parquet as pq

    metadata = {"serbench": text, "serbench_sha256": digest_of(text, columns_of(table.schema), table.num_rows)}
    packed = {name: "lz4" if name in USED else "zstd" for name in table.column_names}
    pq.write_table(
        table.replace_schema_metadata(metadata),
        path,
        compression=packed if table.num_rows > _SMALL else "none",
        write_statistics=False,
        write_page_checksum=True,
    )


def digest_of(text: str, columns: Sequence[Sequence[str]], rows: int) -> str:
    """Digest what of a record file has no checksum: its pages have checksums of their own, its footer has none.

    Args:
        text: its description.
        columns: name and type of each.
        rows: how many there are.
    """
    return digest_as_told(text, json.dumps(columns), rows)


def digest_as_told(text: str, columns: str, rows: int) -> str:
    """Digest as `digest_of` does.

    Args:
        text: its description.
        columns: name and type of each, as JSON.
        rows: how many there are.
    """
    return fingerprint([text, columns, rows])


def columns_of(schema: pa.Schema) -> list[list[str]]:
    """Return name and type of each column of a schema."""
    return [[field.name, str(field.type)] for field in schema]
