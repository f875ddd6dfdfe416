"""MELD, the Multimodal EmotionLines Dataset, from the user's own copy: its text, and its sound where that is there.

Source: Poria, Hazarika, Majumder, Naik, Cambria, Mihalcea: MELD: A Multimodal Multi-Party Dataset for Emotion
Recognition in Conversations, ACL 2019. Tables, folders and names of clips are as published (GitHub, declare-lab/MELD;
`MELD.Raw.tar.gz`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench.core.errors import DataError
from bench.core.showing.progress import Progress
from bench.core.types import SAMPLE_RATE, Dataset, Utterance
from bench.data.corpora.folders import given_folder, listed
from bench.data.corpora.tables import TableRow, csv_rows

PARTS = {"train": "train", "dev": "valid", "test": "test"}
"""The published parts, and what each is in an utterance's metadata `official_part`."""

CLIPS = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}
"""The folder of each part's clips."""

EMOTIONS = {
    "anger": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "joy": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
    "surprise": "surprise",
}
"""The house's name of each published emotion."""

FAULTY = frozenset({"train/dia125_utt3", "train/dia309_utt0", "test/dia38_utt4", "test/dia220_utt0"})
"""Utterances whose clip is known to be unusable (GitHub, declare-lab/MELD, issues 20, 39 and 52): the first is broken,
the others were cut at a wrong place and last 41 to 305 seconds. Their sound is never read; their words are."""

WINDOWS_1252 = {byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0xA0)}
"""What stands for a control character that was a Windows-1252 byte: some copies have U+0092 for an apostrophe."""

_NEEDED = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")
_METADATA = {
    "Sentiment": "sentiment",
    "Season": "season",
    "Episode": "episode",
    "StartTime": "episode_start",
    "EndTime": "episode_end",
}
_LAYOUT = (
    "ROOT/train_sent_emo.csv, dev_sent_emo.csv, test_sent_emo.csv (each in ROOT or in ROOT/train, dev, test), and "
    f"where there is sound {', '.join(CLIPS.values())} beside them with dia0_utt0.wav and so on"
)
_OPTION = "give the folder that holds train_sent_emo.csv with --corpus-root"
_CONVERT = "take the sound out of the .mp4 clips, beside them: ffmpeg -i dia0_utt0.mp4 -ac 1 -ar 16000 dia0_utt0.wav"


@dataclass(frozen=True)
class Meld:
    """MELD: 13,708 utterances of the series Friends, seven emotions, words always and sound where the user has it.

    The speaker is the character. The six main characters speak in all three published parts, which are therefore no
    split of the house: an utterance's part stands in its metadata, `official_part`. An utterance without sound has a
    waveform of shape (0,). There are no ratings of activation and valence, and no times of words.

    Args:
        root: the folder that holds the three tables, or `train`, `dev` and `test` with them in it.
        sound_only: leave out the utterances without sound.
    """

    root: Path | None = None
    sound_only: bool = False

    def read(self, progress: Progress) -> Dataset:
        """Read MELD. Utterances stand in the order of the tables: train, dev, test.

        Metadata of an utterance: `official_part` (train, valid or test), `dialogue` (unique in the corpus),
        `position` in it, and as published `sentiment`, `season`, `episode`, `episode_start`, `episode_end`.

        Raises:
            UsageError: no root is given.
            DataError: a file or folder is not as it should be; `sound_only` and there is no sound.
        """
        import torch

        from bench.audio.decoding import DecodedSound, read_with_rates
        from bench.core.code.keys import fingerprint
        from bench.core.storage.digests import content_digests

        root = given_folder("meld", "MELD", self.root, _LAYOUT, _OPTION)
        lines = {line["id"]: line for part, table in _tables(root) for line in _lines(part, table)}
        sounds = {name: file for name, file in _sounds(root) if name in lines and name not in FAULTY}
        if self.sound_only:
            if not sounds:
                expected = f"sound of at least one utterance, {_LAYOUT}"
                raise DataError(root, "no sound (an .mp4 alone counts as none)", expected, _CONVERT)
            lines = {name: line for name, line in lines.items() if name in sounds}
        files = [sounds[name] for name in lines if name in sounds]
        heard = dict(zip(files, read_with_rates(files, progress, "reading MELD"), strict=True))
        digests = dict(zip(files, content_digests(files), strict=True))
        nothing = DecodedSound(torch.zeros(0), SAMPLE_RATE)
        recordings = (heard[sounds[name]] if name in sounds else nothing for name in lines)
        utterances = tuple(
            Utterance(waveform=recording.waveform, rate_hz=recording.rate_hz, **line)
            for line, recording in zip(lines.values(), recordings, strict=True)
        )
        parts: list[object] = ["meld 1"]
        for one in utterances:
            digest = digests[sounds[one.id]] if one.id in sounds else ""
            parts += [one.id, digest, one.speaker, one.emotion, one.transcript, sorted(one.metadata.items())]
        return Dataset("meld", utterances, fingerprint(parts))


def as_text(content: bytes) -> str:
    """Decode a table's bytes: UTF-8 or Windows-1252, and UTF-8 in which Windows-1252 bytes became control characters.

    >>> [as_text("It’s".encode(code)) for code in ("utf-8", "cp1252")], as_text("It\\x92s".encode())
    (['It’s', 'It’s'], 'It’s')
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.translate(WINDOWS_1252)


def _tables(root: Path) -> list[tuple[str, Path]]:
    """The table of each part that is there; one in the root comes before a copy of it in the part's own folder."""
    found = []
    for part in PARTS:
        name = f"{part}_sent_emo.csv"
        found += [(part, file) for file in (root / name, root / part / name) if file.is_file()][:1]
    if not found:
        names = ", ".join(f"{part}_sent_emo.csv" for part in PARTS)
        raise DataError(root, f"none of {names}", f"MELD, {_LAYOUT}", _OPTION)
    return found


def _lines(part: str, table: Path) -> Iterator[Mapping[str, Any]]:
    """All of each utterance but its sound. A line that says again what another says is passed over."""
    rows = csv_rows(table, as_text)
    if not rows:
        raise DataError(table, "a header and no rows", "a row for each utterance", "restore the published file")
    missing = [name for name in _NEEDED if name not in rows[0].cells]
    if missing:
        found = f"no column {', no column '.join(missing)}, among {', '.join(rows[0].cells)}"
        raise DataError(table, found, f"the columns {', '.join(_NEEDED)}", "restore the published file")
    first: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for row in rows:
        line = _line(part, row)
        where, before = first.setdefault(line["id"], (row.where, line))
        if before != line:
            found = f"{line['id']} for a second time, unlike {where}"
            raise DataError(row.where, found, "one row an utterance", "remove one of them")
        if before is line:
            yield line


def _line(part: str, row: TableRow) -> Mapping[str, Any]:
    cells = row.cells
    numbers = {name: cells[name] for name in ("Dialogue_ID", "Utterance_ID")}
    for name, text in numbers.items():
        if not (text.isascii() and text.isdecimal()):
            raise _refusal(row, name, repr(text), "a whole number of at least 0")
    for name in ("Speaker", "Utterance"):
        if not cells[name]:
            raise _refusal(row, name, "an empty cell", "a text in every row")
    if cells["Emotion"].lower() not in EMOTIONS:
        raise _refusal(row, "Emotion", repr(cells["Emotion"]), f"one of {', '.join(EMOTIONS)}")
    dialogue, position = (int(text) for text in numbers.values())
    told = {ours: cells[theirs] for theirs, ours in _METADATA.items() if cells.get(theirs)}
    place = {"official_part": PARTS[part], "dialogue": f"{part}/dia{dialogue}", "position": str(position)}
    return {
        "id": f"{part}/dia{dialogue}_utt{position}",
        "speaker": " ".join(cells["Speaker"].split()),
        "transcript": cells["Utterance"],
        "emotion": EMOTIONS[cells["Emotion"].lower()],
        "metadata": MappingProxyType({**told, **place}),
    }


def _sounds(root: Path) -> Iterator[tuple[str, Path]]:
    """The sound file by utterance. Videos are passed over; so are, in the caller, clips that no table knows."""
    from bench.audio.reading import is_audio

    for part, name in CLIPS.items():
        folder = next((folder for folder in (root / name, root / part / name) if folder.is_dir()), None)
        first: dict[str, Path] = {}
        for file in listed(folder) if folder else []:
            if not is_audio(file) or file.suffix.lower() == ".mp4":
                continue
            other = first.setdefault(file.stem, file)
            if other is not file:
                found = f"a second sound of {file.stem}, beside {other.name}"
                raise DataError(file, found, "one", "remove one of them")
            yield f"{part}/{file.stem}", file


def _refusal(row: TableRow, column: str, found: str, expected: str) -> DataError:
    return DataError(f"{row.where}, column {column!r}", found, expected, "correct it, or restore the published file")
