"""Any corpus at all, described by a table of the user's: a CSV or Parquet file with a row for each utterance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bench.core.errors import DataError, UsageError
from bench.core.showing.progress import Progress
from bench.core.types import Dataset
from bench.data.corpora.stretches import StretchEntry, dataset_of, refusal, refuse_disorder, sound_file
from bench.data.corpora.tables import EMPTY, TableRow, csv_rows, parquet_rows, unreadable

SPELLINGS = {
    "anger": "ang angry",
    "boredom": "bor bored",
    "calm": "cal calmness",
    "contempt": "con contemptuous",
    "disgust": "dis disgusted",
    "excitement": "exc excited",
    "fear": "fea fearful afraid",
    "frustration": "fru frustrated",
    "happiness": "hap happy joy",
    "neutral": "neu neutrality",
    "sadness": "sad",
    "surprise": "sur surprised",
}
"""The house's names of emotions, and the other spellings that are read as them."""

EMOTIONS = {other: name for name, others in SPELLINGS.items() for other in (name, *others.split())}
"""The house's name by every spelling, lower-case. Any other name stays as it is, lower-case."""

COLUMNS = ("path", "speaker", "emotion", "activation", "valence", "dominance", "id", "text", "session", "start", "end")
"""The columns that mean something. Case does not matter; all others become metadata."""

SYNONYMS = {"path": ("file",), "activation": ("arousal",), "text": ("transcript", "transcription")}
"""Other names of a column, read as it where the column itself is absent."""

LABELS = ("emotion", "activation", "valence", "dominance")

_FORM = (
    "a CSV or Parquet table with the columns path, speaker, at least one of emotion, activation, valence, dominance "
    "(1-5), and if wanted id, text, session, start, end"
)
_OPTION = "give the table, or the folder that holds manifest.csv or manifest.parquet, with --corpus-root"
_RESCALE = "rescale it: 1 + 4 * (x - LOW) / (HIGH - LOW) for a scale from LOW to HIGH"


@dataclass(frozen=True)
class Manifest:
    """Any corpus: a CSV or Parquet table of sound files, speakers and labels.

    One row an utterance: `path` and `speaker`; at least one of `emotion`, `activation`, `valence` and `dominance`
    (ratings from 1 to 5); and where they are wanted `id`, `text`, `session`, `start` and `end` (seconds: a stretch of
    the file).

    Args:
        root: the table, or a folder that holds `manifest.csv` or `manifest.parquet`.
    """

    root: Path | None = None

    def read(self, progress: Progress) -> Dataset:
        """Read the table and its sounds. Utterances stand in the order of the rows; a file that several share is
        decoded once.

        Raises:
            UsageError: no root is given.
            DataError: the table or a sound file is not as it should be; the message names the row and the column.
        """
        file = _table(self.root)
        entries = _entries(file, parquet_rows(file) if file.suffix.lower() in (".parquet", ".pq") else csv_rows(file))
        return dataset_of("manifest", entries, progress)


def _table(root: Path | None) -> Path:
    if root is None:
        raise UsageError("corpus 'manifest'", "no table", _FORM, _OPTION)
    root = Path(root).expanduser()
    try:
        if root.is_file():
            return root
        there = [root / name for name in ("manifest.csv", "manifest.parquet") if (root / name).is_file()]
        found = "neither manifest.csv nor manifest.parquet" if root.is_dir() else "no such file or folder"
    except OSError as error:
        raise unreadable(root, error) from error
    if len(there) == 2:
        raise DataError(root, "both manifest.csv and manifest.parquet", "one", "give the one that is meant, as a file")
    if not there:
        raise DataError(root, found, _FORM, _OPTION)
    return there[0]


def _entries(file: Path, rows: Sequence[TableRow]) -> list[StretchEntry]:
    if not rows:
        raise DataError(file, "a header and no rows", "a row for each utterance", "fill it")
    columns = _columns(file, list(rows[0].cells))
    entries: dict[str, StretchEntry] = {}
    for row in rows:
        entry = _entry(file.parent, row, columns)
        name = entry.fields["id"]
        if name in entries:
            found = f"{name!r}, which {entries[name].where} has too"
            raise refusal(row, columns.get("id", columns["path"]), found, "one row an id", "give each row an id")
        entries[name] = entry
    return list(entries.values())


def _columns(file: Path, there: Sequence[str]) -> dict[str, str]:
    """The table's own name of each known column."""
    lower = {name.lower(): name for name in there}
    found = {}
    for column in COLUMNS:
        name = next((name for name in (column, *SYNONYMS.get(column, ())) if name in lower), None)
        if name is not None:
            found[column] = lower[name]
    missing = [column for column in ("path", "speaker") if column not in found]
    missing += [] if set(LABELS) & set(found) else [" or ".join(LABELS)]
    if missing:
        shown = ", ".join(there) or "no names at all"
        raise DataError(file, f"no column {', no column '.join(missing)}, among {shown}", _FORM, "add it to the header")
    return found


def _entry(home: Path, row: TableRow, columns: Mapping[str, str]) -> StretchEntry:
    cells = {column: row.cells[name] for column, name in columns.items()}
    for column in ("path", "speaker"):
        if not cells[column]:
            raise refusal(row, columns[column], "an empty cell", f"a {column} in every row", "fill it in")
    start_s, end_s = (_number(row, columns, column) for column in ("start", "end"))
    refuse_disorder(row, columns.get("start", columns.get("end", "")), start_s, end_s)
    path = sound_file(home, row, columns["path"])
    stretch = "" if start_s is None and end_s is None else f"#{cells.get('start', '')}-{cells.get('end', '')}"
    emotion = cells.get("emotion", "").lower()
    known = set(columns.values())
    fields = {
        "id": cells.get("id") or cells["path"].replace("\\", "/") + stretch,
        "speaker": cells["speaker"],
        "session": cells.get("session") or None,
        "transcript": cells.get("text") or None,
        "emotion": EMOTIONS.get(emotion, emotion) or None,
        "activation": _rating(row, columns, "activation"),
        "valence": _rating(row, columns, "valence"),
        "dominance": _rating(row, columns, "dominance"),
        "metadata": MappingProxyType({k: v for k, v in row.cells.items() if v and k not in known}),
    }
    return StretchEntry(row.where, path, start_s, end_s, fields)


def _number(row: TableRow, columns: Mapping[str, str], column: str) -> float | None:
    """A cell as a finite number, with a decimal point or comma; None where it is empty or the column is absent."""
    text = row.cells[columns[column]] if column in columns else ""
    if text.lower() in EMPTY:
        return None
    try:
        value = float(text.replace(",", ".") if "_" not in text else "")
        if not math.isfinite(value):
            raise ValueError(text)
    except ValueError as error:
        raise refusal(row, columns[column], repr(text), "a number", "correct it or leave it empty") from error
    return value


def _rating(row: TableRow, columns: Mapping[str, str], column: str) -> float | None:
    value = _number(row, columns, column)
    if value is not None and not 1 <= value <= 5:
        raise refusal(row, columns[column], f"{value:g}", "a rating from 1 to 5", _RESCALE)
    return value
