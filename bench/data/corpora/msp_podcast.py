"""MSP-Podcast, spontaneous speech from podcasts, from the user's own copy of a release.

Sources: Lotfian, Busso: Building Naturalistic Emotionally Balanced Speech Corpus by Retrieving Emotional Speech from
Existing Podcast Recordings, IEEE Transactions on Affective Computing 10(4), 2019; Busso and others: The MSP-Podcast
Corpus, arXiv 2509.09791, 2025; the readme of release 1.12 (folders, files, letters).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bench.core.errors import DataError
from bench.core.showing.progress import Progress
from bench.core.types import Dataset, Utterance
from bench.data.corpora.folders import given_folder, listed
from bench.data.corpora.iemocap_files import numbered_lines
from bench.data.corpora.tables import TableRow, csv_rows

if TYPE_CHECKING:
    from bench.audio.decoding import DecodedSound

EMOTIONS = {
    "A": "anger",
    "C": "contempt",
    "D": "disgust",
    "F": "fear",
    "H": "happiness",
    "N": "neutral",
    "O": "other",
    "S": "sadness",
    "U": "surprise",
    "X": None,
}
"""The emotion by its letter in `EmoClass`. With X the annotators did not agree: no emotion, but the ratings."""

PARTS = {
    "Train": "train",
    "Development": "valid",
    "Validation": "valid",
    "Test": "test",
    "Test1": "test",
    "Test2": "test",
    "Test3": "test",
}
"""The official part by what stands in `Split_Set`. Speakers of the test sets overlap with each other alone."""

RATINGS = (1.0, 7.0)
"""The published scale: from calm, negative, weak to active, positive, dominant."""

UNKNOWN = "unknown"
"""What stands in `SpkrID` where nobody has told the speaker yet, in any case of letters."""

AUDIO_FOLDERS = ("Audios", "Audio")
TABLES = ("labels_consensus.csv", "labels_concensus.csv")
"""The table of labels within `Labels/`: older releases spell it the second way."""

_COLUMNS = {"EmoAct": "activation", "EmoVal": "valence", "EmoDom": "dominance"}
_NEEDED = ("FileName", "EmoClass", *_COLUMNS, "SpkrID", "Gender", "Split_Set")
_NAME = re.compile(r"MSP-PODCAST_(\w+?)_\w+")
_LAYOUT = "ROOT/Audios/MSP-PODCAST_0001_0008.wav and so on, and ROOT/Labels/labels_consensus.csv"
_OPTION = "give the folder that holds Audios/ and Labels/ with --corpus-root"
_RESTORE = "restore the published file"


@dataclass(frozen=True)
class MspPodcast:
    """MSP-Podcast: spontaneous speech of some thousand speakers, rated by listeners, with official parts, in English.

    What nobody knows the speaker of is left out: nothing could keep such a speaker on one side of a split. Sounds
    that the table does not name, as those of Test3, whose labels are hidden, are passed over.

    Activation, valence and dominance are rescaled from 1 to 7 to 1 to 5.

    Args:
        root: the folder that holds `Audios/` and `Labels/` and, if they are there, `Transcripts/`.
    """

    root: Path | None = None

    def read(self, progress: Progress) -> Dataset:
        """Read MSP-Podcast. Utterances stand in the order of their names.

        Metadata of an utterance: `official_part` (train, valid or test), `split_set` (as published), `label` (the
        published letter), `dominance` (from 1 to 5), `podcast`; `gender` where known.

        Raises:
            UsageError: no root is given.
            DataError: a file or folder is not as it should be.
        """
        from bench.audio.decoding import read_with_rates
        from bench.core.code.keys import fingerprint
        from bench.core.storage.digests import content_digests

        root = given_folder("msp_podcast", "MSP-Podcast", self.root, _LAYOUT, _OPTION)
        table = next((root / "Labels" / name for name in TABLES if (root / "Labels" / name).is_file()), None)
        if table is None:
            raise DataError(root / "Labels" / TABLES[0], "no such file", f"MSP-Podcast, {_LAYOUT}", _OPTION)
        rows = _rows(table)
        files = _sounds(root, rows)
        said = _transcripts(root / "Transcripts", rows, progress)
        recordings = read_with_rates(files, progress, "reading MSP-Podcast")
        utterances = tuple(
            _utterance(id, row, recording, said.get(id))
            for (id, row), recording in zip(rows.items(), recordings, strict=True)
        )
        parts: list[object] = ["msp_podcast 1"]
        for one, digest in zip(utterances, content_digests(files), strict=True):
            parts += [one.id, digest, one.speaker, one.emotion, one.activation, one.valence, one.transcript]
            parts += [sorted(one.metadata.items())]
        return Dataset("msp_podcast", utterances, fingerprint(parts))


def _rows(table: Path) -> dict[str, TableRow]:
    """The rows whose speaker is known, checked, in the order of names; a row may stand there twice and say the same."""
    rows = csv_rows(table)
    missing = [name for name in _NEEDED if rows and name not in rows[0].cells]
    if missing or not rows:
        found = f"no column {', '.join(missing)}" if rows else "no rows"
        raise DataError(table, found, f"the columns {', '.join(_NEEDED)}", _RESTORE)
    known: dict[str, TableRow] = {}
    for row in (row for row in rows if row.cells["SpkrID"].lower() not in (UNKNOWN, "")):
        _check(row)
        first = known.setdefault(Path(row.cells["FileName"]).stem, row)
        if first.cells != row.cells:
            found = f"{row.cells['FileName']} a second time, after {first.where}"
            raise DataError(row.where, found, "one", "remove one of them")
    if not known:
        raise DataError(table, "no row whose SpkrID is known", "speakers", "take a release that tells the speakers")
    return dict(sorted(known.items()))


def _check(row: TableRow) -> None:
    if _NAME.fullmatch(Path(row.cells["FileName"]).stem) is None:
        raise DataError(row.where, f"the file {row.cells['FileName']!r}", "MSP-PODCAST_0001_0008.wav", _RESTORE)
    for column, allowed in (("EmoClass", EMOTIONS), ("Split_Set", PARTS)):
        if row.cells[column] not in allowed:
            found = f"{column} {row.cells[column]!r}"
            raise DataError(row.where, found, "one of " + ", ".join(allowed), _RESTORE)
    for column in _COLUMNS:
        _rating(row, column)


def rescaled(value: float) -> float:
    """Bring a rating from 1 to 7 to the harness's scale from 1 to 5.

    >>> rescaled(1), rescaled(4), rescaled(7)
    (1.0, 3.0, 5.0)
    """
    low, high = RATINGS
    return round(1 + 4 * (value - low) / (high - low), 6)


def _rating(row: TableRow, column: str) -> float | None:
    """A rating on the scale from 1 to 5; None where the cell is empty."""
    text, (low, high) = row.cells[column], RATINGS
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise DataError(row.where, f"{column} {text!r}", f"a number from {low:g} to {high:g}", _RESTORE)
    return rescaled(value)


def _sounds(root: Path, rows: Mapping[str, TableRow]) -> list[Path]:
    """The sound file of every row; the folder is listed once."""
    from bench.audio.reading import is_audio

    folder = next((root / name for name in AUDIO_FOLDERS if (root / name).is_dir()), None)
    if folder is None:
        raise DataError(root / AUDIO_FOLDERS[0], "no such folder", f"MSP-Podcast, {_LAYOUT}", _OPTION)
    sounds: dict[str, Path] = {}
    for file in (file for file in listed(folder) if is_audio(file)):
        if file.stem in sounds and file.stem in rows:
            found = f"a second file of the turn {file.stem}, beside {sounds[file.stem].name}"
            raise DataError(file, found, "one", "remove one of them")
        sounds[file.stem] = file
    missing = [id for id in rows if id not in sounds]
    if missing:
        found = f"{missing[0]}, which has no sound" + f" (nor have {len(missing) - 1} more)" * (len(missing) > 1)
        expected = f"its sound, {folder / missing[0]}.wav"
        raise DataError(rows[missing[0]].where, found, expected, "unpack all of the release's sound")
    return [sounds[id] for id in rows]


def _transcripts(folder: Path, rows: Mapping[str, TableRow], progress: Progress) -> dict[str, str]:
    """What was said, from a text file a turn; nothing where the folder is absent."""
    if not folder.is_dir():
        return {}
    files = [file for file in listed(folder) if file.suffix.lower() == ".txt" and file.stem in rows]
    said = {}
    with progress.task("reading MSP-Podcast's transcripts", total=len(files)) as advance:
        for file in files:
            said[file.stem] = " ".join(line for _, line in numbered_lines(file))
            advance(1)
    return {id: text for id, text in said.items() if text}


def _utterance(id: str, row: TableRow, recording: DecodedSound, transcript: str | None) -> Utterance:
    match = _NAME.fullmatch(id)
    assert match is not None  # checked when the table was read
    ratings = {name: _rating(row, column) for column, name in _COLUMNS.items()}
    gender = row.cells["Gender"].lower()
    metadata = {
        "official_part": PARTS[row.cells["Split_Set"]],
        "split_set": row.cells["Split_Set"],
        "label": row.cells["EmoClass"],
        "podcast": match[1],
        **({"dominance": f"{ratings['dominance']:g}"} if ratings["dominance"] is not None else {}),
        **({"gender": gender} if gender not in (UNKNOWN, "") else {}),
    }
    return Utterance(
        id=id,
        waveform=recording.waveform,
        rate_hz=recording.rate_hz,
        speaker=row.cells["SpkrID"],
        transcript=transcript,
        emotion=EMOTIONS[row.cells["EmoClass"]],
        activation=ratings["activation"],
        valence=ratings["valence"],
        dominance=ratings["dominance"],
        metadata=MappingProxyType(metadata),
    )
