"""An audformat database as it lies on disk: its header and its tables, read as data and never run.

Source: audEERING, audformat 1.4 (https://audeering.github.io/audformat), data format: header, schemes, tables, storage.
Differences to the library: its `Database.load` runs whatever a YAML tag or a `.pkl` file in the folder says, takes
columns by position, and turns a label that its scheme does not know into nothing. Here YAML is read as plain values,
pickles are never opened, columns go by their names, and an unknown label is an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from bench.core.errors import DataError
from bench.core.storage.files import read_file
from bench.data.corpora.stretches import refusal
from bench.data.corpora.tables import TableRow, csv_rows, parquet_rows, unreadable

HEADER = "db.yaml"

Stretch: TypeAlias = tuple[str, float, float | None]
"""File, start and end in seconds; (file, 0, None) is all of it, as in a table without times."""

_TIME = re.compile(r"(?:(?P<d>\d+) days?,? ?)?(?:\+?(?P<h>\d+):(?P<m>[0-5]?\d):(?P<s>[0-5]?\d(?:\.\d+)?))?")
_LONGEST = 60
_SAVE_AGAIN = "save the database again with audformat"


@dataclass(frozen=True)
class Scheme:
    """What may stand in a column.

    Args:
        limits: minimum and maximum of a number; None where they are not both given.
        labels: what is known of each label; None where there is no list of labels. A label's description, where it
            has one in place of properties, stands under "".
    """

    limits: tuple[float, float] | None = None
    labels: Mapping[str, Mapping[str, str]] | None = None


@dataclass(frozen=True)
class AudformatTable:
    """One table of the header.

    Args:
        name: its id.
        index: its index columns: `file`, or `file`, `start`, `end`, or those of a table about something else.
        columns: the scheme by column; None where it has none.
        part: the type of its split: "train", "dev", "test"; "" where it has none.
    """

    name: str
    index: tuple[str, ...]
    columns: Mapping[str, str | None]
    part: str = ""


@dataclass(frozen=True)
class Database:
    """A folder with `db.yaml` and a `db.TABLE.csv` or `db.TABLE.parquet` for each table.

    Args:
        root: the folder.
        header: what `db.yaml` says, checked only where it is used.
    """

    root: Path
    header: Mapping[str, Any]
    _read: dict[str, list[TableRow]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def at(cls, root: Path) -> Database:
        """Open the database in this folder: read its header.

        Raises:
            DataError: there is no header, or it is not one.
        """
        return cls(root, _plain_yaml(root / HEADER))

    @property
    def file(self) -> Path:
        """Return the path of the header."""
        return self.root / HEADER

    @cached_property
    def tables(self) -> Mapping[str, AudformatTable]:
        """Read from the header the tables about files, by name."""
        parts = {name: str(told.get("type", "")) for name, told in self._section("splits").items()}
        return {
            name: AudformatTable(
                name, self._index(name, told), self._columns(told), parts.get(str(told.get("split_id")), "")
            )
            for name, told in self._section("tables").items()
        }

    @cached_property
    def misc(self) -> Mapping[str, AudformatTable]:
        """Read from the header the tables about something else, such as speakers, by name."""
        return {
            name: AudformatTable(name, tuple(map(str, told.get("levels") or ())), self._columns(told))
            for name, told in self._section("misc_tables").items()
        }

    def scheme(self, table: AudformatTable, column: str) -> Scheme:
        """Read what the header says of a table's column.

        Args:
            table: one of `tables` or `misc`.
            column: its name; one without a scheme may hold anything.

        Raises:
            DataError: the header names a scheme that it does not have, or limits that are none.
        """
        name = table.columns.get(column)
        if name is None:
            return Scheme()
        schemes = self._section("schemes")
        if name not in schemes:
            raise self._broken(f"the scheme {name!r} of column {column!r}, which is not there", "each scheme described")
        told = schemes[name]
        low, high = told.get("minimum"), told.get("maximum")
        if low is None or high is None:
            return Scheme(None, self._labels(told.get("labels")))
        if not all(isinstance(edge, int | float) and math.isfinite(edge) for edge in (low, high)) or low >= high:
            found = f"minimum {low!r:.40} and maximum {high!r:.40} of scheme {name!r}"
            raise self._broken(found, "two numbers, the smaller first")
        return Scheme((float(low), float(high)), self._labels(told.get("labels")))

    def rows(self, table: AudformatTable) -> list[TableRow]:
        """Read a table's rows, once; Parquet comes before CSV, as in audformat.

        Raises:
            DataError: the file is not there, cannot be read, or lacks a column of the header.
        """
        if table.name not in self._read:
            self._read[table.name] = self._rows(table)
        return self._read[table.name]

    def _rows(self, table: AudformatTable) -> list[TableRow]:
        stem = f"db.{table.name}"
        file = next((f for f in (self.root / f"{stem}.{end}" for end in ("parquet", "csv")) if f.is_file()), None)
        if file is None:
            pickled = (self.root / f"{stem}.pkl").is_file()
            found = f"{stem}.pkl, which is never opened: a pickle can run anything" if pickled else f"no {stem}"
            remedy = f"{_SAVE_AGAIN} as CSV" if pickled else "restore the file"
            raise DataError(self.root, found, f"{stem}.csv or {stem}.parquet", remedy)
        rows = parquet_rows(file) if file.suffix == ".parquet" else csv_rows(file)
        missing = [name for name in (*table.index, *table.columns) if rows and name not in rows[0].cells]
        if missing:
            found = f"no column {', no column '.join(missing)}, among {', '.join(rows[0].cells)}"
            raise DataError(file, found, f"the columns of the table in {HEADER}", _SAVE_AGAIN)
        return rows

    def _labels(self, told: object) -> Mapping[str, Mapping[str, str]] | None:
        """The labels of a scheme: a list, a mapping to descriptions or properties, or the name of a misc table."""
        if told is None:
            return None
        if isinstance(told, str):
            if told not in self.misc or len(self.misc[told].index) != 1:
                raise self._broken(f"labels from {told!r}", "a misc table with one index")
            key, table = self.misc[told].index[0], self.misc[told]
            return {row.cells[key]: {name: row.cells[name] for name in table.columns} for row in self.rows(table)}
        if isinstance(told, list):
            return {str(label): {} for label in told}
        if not isinstance(told, dict):
            raise self._broken(f"labels {told!r:.80}", "a list, a mapping, or the name of a misc table")
        return {
            str(label): {str(name): str(value) for name, value in known.items()}
            if isinstance(known, dict)
            else {"": str(known)}
            for label, known in told.items()
        }

    def _section(self, name: str) -> dict[str, dict[str, Any]]:
        told = self.header.get(name) or {}
        if not isinstance(told, dict) or not all(isinstance(one, dict) for one in told.values()):
            raise self._broken(f"{name} that are no mapping", "a mapping by name")
        return {str(key): value for key, value in told.items()}

    def _index(self, name: str, told: Mapping[str, Any]) -> tuple[str, ...]:
        kinds = {"filewise": ("file",), "segmented": ("file", "start", "end")}
        if told.get("type") not in kinds:
            raise self._broken(f"table {name!r} of type {told.get('type')!r}", f"one of {', '.join(kinds)}")
        return kinds[told["type"]]

    def _columns(self, told: Mapping[str, Any]) -> dict[str, str | None]:
        columns = told.get("columns") or {}
        if not isinstance(columns, dict) or not all(isinstance(one, dict | None) for one in columns.values()):
            raise self._broken("columns that are no mapping", "a mapping by name")
        schemes = {str(name): (one or {}).get("scheme_id") for name, one in columns.items()}
        return {name: None if scheme is None else str(scheme) for name, scheme in schemes.items()}

    def _broken(self, found: str, expected: str) -> DataError:
        return DataError(self.file, found, expected, _SAVE_AGAIN)


def stretch_of(row: TableRow, table: AudformatTable) -> Stretch:
    """Find which stretch of which file a row is about.

    Args:
        row: with its index columns among the cells.
        table: the row's table, which says what the index columns are.

    Returns:
        File, start and end in seconds; (file, 0, None) where the table has no times.

    Raises:
        DataError: no file, or a time that is none.
    """
    if not row.cells["file"]:
        raise refusal(row, "file", "an empty cell", "a file in every row", "fill it in")
    if "start" not in table.index:
        return row.cells["file"], 0.0, None
    return row.cells["file"], _seconds(row, "start") or 0.0, _seconds(row, "end")


def _seconds(row: TableRow, column: str) -> float | None:
    """A time such as "0 days 00:00:01.5", "0 days" or "0:00:01.5"; None where it is empty (NaT)."""
    text = row.cells[column]
    if text in ("", "NaT"):
        return None
    match = _TIME.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise refusal(row, column, f"{text!r:.80}", "a time such as 0 days 00:00:01.500", "correct it")
    units = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
    return sum(unit * float(match[name] or 0) for name, unit in units.items())


def _plain_yaml(file: Path) -> dict[str, Any]:
    """The header as plain values: a tag that would run something is an error."""
    from bench.core.storage.plain_yaml import plain_yaml

    try:
        told = plain_yaml(read_file(file))
    except FileNotFoundError as error:
        expected = f"an audformat database: a folder with {HEADER} and a db.TABLE.csv or db.TABLE.parquet a table"
        raise DataError(file.parent, f"no {HEADER}", expected, "give its folder with --corpus-root") from error
    except OSError as error:
        raise unreadable(file, error) from error
    except ValueError as error:
        raise DataError(file, f"no YAML of plain values ({error})", "an audformat header", _SAVE_AGAIN) from error
    if not isinstance(told, dict):
        raise DataError(file, "no mapping", "an audformat header", _SAVE_AGAIN)
    return told
