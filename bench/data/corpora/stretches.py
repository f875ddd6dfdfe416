"""Tables that say which stretch of which sound file is an utterance: finding, decoding once, and cutting."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.errors import DataError
from bench.core.showing.progress import Progress
from bench.core.types import SAMPLE_RATE, Dataset, Utterance
from bench.data.corpora.tables import TableRow

if TYPE_CHECKING:
    from torch import Tensor

    from bench.audio.decoding import DecodedSound

END_TOLERANCE_S = 0.01
"""Seconds that `end` may lie beyond the file, for times that were rounded; the stretch then ends with the file."""


_LATEST_S = 1e8
"""No file is so long: three years."""


@dataclass(frozen=True)
class StretchEntry:
    """A row that has been understood: which stretch of which file, and all of the utterance but its sound.

    Args:
        where: the row, for messages.
        path: the sound file.
        start_s: seconds; None is the file's start.
        end_s: seconds; None is the file's end.
        fields: the utterance's fields, all but `waveform` and `rate_hz`.
    """

    where: str
    path: Path
    start_s: float | None
    end_s: float | None
    fields: Mapping[str, Any]


def dataset_of(name: str, entries: Sequence[StretchEntry], progress: Progress) -> Dataset:
    """Make a corpus of these entries, in their order. A file that several share is decoded once.

    Args:
        name: the corpus.
        entries: one for each utterance.
        progress: told of every file that is decoded.

    Raises:
        DataError: a sound file is not as it should be, or a stretch is not within its file or silent.
    """
    from bench.audio.decoding import read_with_rates
    from bench.core.code.keys import fingerprint
    from bench.core.storage.digests import content_digests

    paths = list(dict.fromkeys(entry.path for entry in entries))
    recordings = dict(zip(paths, read_with_rates(paths, progress, f"reading the {name}'s files"), strict=True))
    digests = dict(zip(paths, content_digests(paths), strict=True))
    utterances = tuple(_utterance(entry, recordings[entry.path]) for entry in entries)
    parts: list[object] = [f"{name} 1"]
    for entry, one in zip(entries, utterances, strict=True):
        parts += [one.id, digests[entry.path], entry.start_s, entry.end_s, one.speaker, one.session]
        parts += [one.emotion, one.activation, one.valence, one.transcript, sorted(one.metadata.items())]
        parts += [] if one.dominance is None else ["dominance", one.dominance]
    return Dataset(name, utterances, fingerprint(parts))


def sound_file(home: Path, row: TableRow, column: str) -> Path:
    """Find the file that a cell names, relative to `home` or absolute; a name in another Unicode form is the same.

    Args:
        home: the table's folder.
        row: the table's row.
        column: the cell's column.

    Raises:
        DataError: it is not there.
    """
    text = row.cells[column]
    for path in (home / text, home / text.replace("\\", "/")):
        try:
            if path.is_file():
                return path
        except (OSError, ValueError):  # a name too long, or with a NUL in it
            continue
    near = _nearly(home, text.replace("\\", "/"))
    if near is not None and _same_letters(near.name) == _same_letters(Path(text).name):
        return near
    found = f"{text!r}, which is not there" + ("" if near is None else f" ({near.name!r} is)")
    raise refusal(row, column, found, f"a sound file, absolute or relative to {home}", "correct the path")


def _nearly(home: Path, text: str) -> Path | None:
    """The one file whose name differs in case or Unicode form alone, in the folder that is named; None for none."""
    try:
        wanted = home / text
        name = _same_letters(wanted.name).casefold()
        there = [one for one in wanted.parent.iterdir() if _same_letters(one.name).casefold() == name]
        return there[0] if len(there) == 1 and there[0].is_file() else None
    except (OSError, ValueError):
        return None


def _same_letters(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def refuse_disorder(row: TableRow, column: str, start_s: float | None, end_s: float | None) -> None:
    """Refuse a stretch that ends before it starts.

    Args:
        row: the table's row, for the message.
        column: the column that is named in the message.
        start_s: in seconds; None is the file's start.
        end_s: in seconds; None is the file's end.

    Raises:
        DataError: not 0 <= start < end.
    """
    begin = start_s or 0.0
    if not 0 <= begin < (_LATEST_S if end_s is None else end_s) <= _LATEST_S:
        found = f"start {begin:g} and end {'of the file' if end_s is None else format(end_s, 'g')}"
        raise refusal(row, column, found, "0 <= start < end, in seconds", "correct it")


def refusal(row: TableRow, column: str, found: str, expected: str, remedy: str) -> DataError:
    """Make the error about one cell of a table.

    Args:
        row: the table's row.
        column: the cell's column.
        found: what stands there.
        expected: what was expected instead.
        remedy: what to do about it.
    """
    return DataError(f"{row.where}, column {column!r}", found, expected, remedy)


def _utterance(entry: StretchEntry, recording: DecodedSound) -> Utterance:
    return Utterance(waveform=_cut(entry, recording.waveform), rate_hz=recording.rate_hz, **entry.fields)


def _cut(entry: StretchEntry, waveform: Tensor) -> Tensor:
    """The entry's stretch of its file."""
    if entry.start_s is None and entry.end_s is None:
        return waveform
    from bench.audio.reading import SILENCE_PEAK

    length_s = waveform.shape[-1] / SAMPLE_RATE
    start_s, end_s = entry.start_s or 0.0, length_s if entry.end_s is None else entry.end_s
    first, last = round(start_s * SAMPLE_RATE), round(min(end_s, length_s) * SAMPLE_RATE)
    if end_s > length_s + END_TOLERANCE_S or first >= last:
        found = f"{start_s:g} to {end_s:g} s of {entry.path}, which is {length_s:.3f} s long"
        raise DataError(entry.where, found, "a stretch within the file", "correct start and end (in seconds)")
    stretch = waveform[first:last].clone()
    if float(stretch.abs().max()) <= SILENCE_PEAK:
        found = f"nothing but silence from {start_s:g} to {end_s:g} s of {entry.path}"
        raise DataError(entry.where, found, "a sound", "correct start and end, or remove the row")
    return stretch
