"""Any audformat database: a folder with a `db.yaml` header, tables of annotations, and the sound files they name.

Source: audEERING, audformat (https://audeering.github.io/audformat). How its files are read, and in what that differs
from the library of that name: [`bench.data.corpora.audformat_files`][].
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench.core.errors import DataError, UsageError
from bench.core.showing.progress import Progress
from bench.core.specs import values_of
from bench.core.types import Dataset
from bench.data.corpora.audformat_files import HEADER, AudformatTable, Database, Scheme, Stretch, stretch_of
from bench.data.corpora.audformat_lookup import Said, lookup
from bench.data.corpora.folders import given_folder
from bench.data.corpora.manifest import EMOTIONS, LABELS, SYNONYMS
from bench.data.corpora.stretches import StretchEntry, dataset_of, refusal, refuse_disorder, sound_file
from bench.data.corpora.tables import TableRow

PARTS = {"train": "train", "dev": "valid", "test": "test"}
"""An utterance's metadata `official_part` by the type of its table's split."""

_LAYOUT = f"ROOT/{HEADER}, ROOT/db.TABLE.csv or ROOT/db.TABLE.parquet for each table, and the sound files they name"
_OPTION = f"give the folder that holds {HEADER} with --corpus-root"


@dataclass(frozen=True)
class Audformat:
    """Any audformat database. A row of the chosen table is an utterance.

    The labels are columns of that table. Speaker, text and session may also stand in another table, about the same
    stretches or about whole files, or be a property of a label (`session` has labels, each with a `speaker`).

    Args:
        root: the folder that holds `db.yaml`.
        table: the tables to read, joined by +; the only one with a label column where none is given.
        emotion: the column of emotions.
        activation: the column of activations; `arousal` where there is no `activation`.
        valence: the column of valences.
        dominance: the column of dominances.
        speaker: the column, or the labels' property, that says who speaks.
        text: the column of words; `transcript` or `transcription` where there is no `text`.
        session: the column of recording sessions.
    """

    root: Path | None = None
    table: tuple[str, ...] = ()
    emotion: str = "emotion"
    activation: str = "activation"
    valence: str = "valence"
    dominance: str = "dominance"
    speaker: str = "speaker"
    text: str = "text"
    session: str = "session"

    def read(self, progress: Progress) -> Dataset:
        """Read the tables. Utterances stand in the order of tables and rows; a file that several share is decoded once.

        Metadata of an utterance: `official_part` (train, valid or test) where its table has such a split, and every
        other column of its table.

        Raises:
            UsageError: no root is given; a table or column is asked for that is not there.
            DataError: a file or folder is not as it should be.
        """
        base = Database.at(given_folder("audformat", "an audformat database", self.root, _LAYOUT, _OPTION))
        entries: dict[str, StretchEntry] = {}
        for table in self._tables(base):
            for entry in _Reader.of(self, base, table).entries():
                name = entry.fields["id"]
                if name in entries:
                    found = f"{name!r}, which {entries[name].where} has too"
                    raise DataError(entry.where, found, "one row a stretch", "remove one, or choose other tables")
                entries[name] = entry
        if not entries:
            raise DataError(base.root, "no rows", "a row for each utterance", "choose another table")
        return dataset_of("audformat", list(entries.values()), progress)

    def _names(self, what: str) -> tuple[str, ...]:
        """The column names that are read as this, the first that is there going before the others."""
        wanted: str = values_of(self)[what]
        return (wanted, *SYNONYMS.get(what, ())) if wanted == what else (wanted,)

    def _column(self, table: AudformatTable, what: str) -> str | None:
        return next((name for name in self._names(what) if name in table.columns), None)

    def _tables(self, base: Database) -> list[AudformatTable]:
        """The tables that are asked for, or the only one with a label."""
        labelled = [table for table in base.tables.values() if any(self._column(table, what) for what in LABELS)]
        shown = "; ".join(f"{t.name} ({', '.join(t.columns) or 'no columns'})" for t in base.tables.values()) or "none"
        columns = " or ".join(name for what in LABELS for name in self._names(what))
        if not self.table:
            if len(labelled) == 1:
                return labelled
            if not labelled:
                remedy = "name them: audformat:emotion=COLUMN"
                raise DataError(base.file, f"no column {columns} in the tables {shown}", "a column of labels", remedy)
            names = ", ".join(table.name for table in labelled)
            remedy = f"choose: audformat:table={labelled[0].name} (several are joined by +)"
            raise UsageError("corpus 'audformat'", f"several tables with labels: {names}", "one", remedy)
        for name in self.table:
            if name not in {table.name for table in labelled}:
                found = f"table={name}, with no column {columns}" if name in base.tables else f"table={name}"
                remedy = "choose one that has labels, or name its columns: audformat:emotion=COLUMN"
                raise UsageError("corpus 'audformat'", found, f"a table with labels, among {shown}", remedy)
        return [base.tables[name] for name in dict.fromkeys(self.table)]


@dataclass(frozen=True)
class _Reader:
    """Reads one table: which of its columns is what, by what scheme, and where the rest is looked up."""

    base: Database
    table: AudformatTable
    columns: Mapping[str, str]
    schemes: Mapping[str, Scheme]
    rest: Sequence[str]
    values: Mapping[str, Said] = field(repr=False)

    @classmethod
    def of(cls, asked: Audformat, base: Database, table: AudformatTable) -> _Reader:
        columns = {what: name for what in LABELS if (name := asked._column(table, what))}
        wanted = values_of(asked)
        for what in LABELS:
            if what not in columns and wanted[what] != what:
                found = f"{what}={wanted[what]}"
                expected = f"a column of table {table.name!r}: {', '.join(table.columns)}"
                raise UsageError("corpus 'audformat'", found, expected, "correct the name")
        values = {
            what: lookup(base, table, asked._names(what), described=what == "text")
            for what in ("speaker", "text", "session")
        }
        for what, found_values in values.items():
            if found_values is None and (what == "speaker" or wanted[what] != what):
                found = f"nothing of the name {wanted[what]!r} in any table, nor as a property of labels"
                raise DataError(base.file, found, f"a column for {what}", f"name it: audformat:{what}=COLUMN")
        schemes = {what: base.scheme(table, name) for what, name in columns.items()}
        used = {*columns.values(), *(asked._column(table, what) for what in values)}
        rest = [name for name in table.columns if name not in used]
        return cls(base, table, columns, schemes, rest, {what: one for what, one in values.items() if one})

    def entries(self) -> list[StretchEntry]:
        return [self._entry(row) for row in self.base.rows(self.table)]

    def _entry(self, row: TableRow) -> StretchEntry:
        file, start_s, end_s = place = stretch_of(row, self.table)
        whole = start_s == 0 and end_s is None
        refuse_disorder(row, "start", start_s, end_s)
        path = sound_file(self.base.root, row, "file")
        told = {name: row.cells[name] for name in self.rest if row.cells[name]}
        if self.table.part in PARTS:
            told["official_part"] = PARTS[self.table.part]
        speaker = self._looked_up(row, place, "speaker")
        if speaker is None:
            expected, remedy = "a speaker of every row", "fill it in, or name another column: audformat:speaker=COLUMN"
            raise DataError(row.where, "nobody who speaks", expected, remedy)
        fields: dict[str, Any] = {
            "id": file if whole else f"{file}#{_short(start_s)}-{'' if end_s is None else _short(end_s)}",
            "speaker": speaker,
            "session": self._looked_up(row, place, "session"),
            "transcript": self._looked_up(row, place, "text"),
            "emotion": self._emotion(row),
            "activation": self._rating(row, "activation"),
            "valence": self._rating(row, "valence"),
            "dominance": self._rating(row, "dominance"),
            "metadata": MappingProxyType(told),
        }
        return StretchEntry(row.where, path, None if whole else start_s, end_s, fields)

    def _looked_up(self, row: TableRow, place: Stretch, what: str) -> str | None:
        found = self.values[what](place) if what in self.values else set()
        if len(found) > 1:
            said = f"the {what}s {', '.join(sorted(found))}, of several tables"
            raise DataError(row.where, said, "one", f"name the column that is meant: audformat:{what}=COLUMN")
        return next(iter(found), None)

    def _emotion(self, row: TableRow) -> str | None:
        if "emotion" not in self.columns or not (label := row.cells[self.columns["emotion"]]):
            return None
        labels = self.schemes["emotion"].labels
        if labels is not None and label not in labels:
            expected = f"one of its scheme's labels: {', '.join(labels)}"
            raise refusal(row, self.columns["emotion"], repr(label), expected, f"correct it, or add it in {HEADER}")
        described = (labels or {}).get(label, {}).get("", "").lower()
        return EMOTIONS.get(label.lower()) or EMOTIONS.get(described) or label.lower()

    def _rating(self, row: TableRow, what: str) -> float | None:
        """A rating from 1 to 5, from the scheme's minimum to its maximum."""
        if what not in self.columns or not (text := row.cells[self.columns[what]]):
            return None
        column, limits = self.columns[what], self.schemes[what].limits
        if limits is None:
            found = f"no minimum and maximum for column {column!r} of table {self.table.name!r}"
            raise DataError(self.base.file, found, "a scheme with both", "add them: ratings become 1 to 5 by them")
        low, high = limits
        try:
            value = float(text if "_" not in text else "")
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            expected = f"a number from {low:g} to {high:g}, as its scheme says"
            raise refusal(row, column, repr(text), expected, f"correct it, or the scheme in {HEADER}")
        return 1 + 4 * (value - low) / (high - low)


def _short(seconds: float) -> str:
    """A time without trailing zeros, to the microsecond."""
    return f"{seconds:.6f}".rstrip("0").rstrip(".")
