"""Examples to hear on an entry's page, from what `bench run --keep-audio` left: looked at before it is believed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.audio.writing import wav_file
from bench.core.errors import DataError
from bench.core.storage.png import png
from bench.core.storage.regular import read_regular
from leaderboards.site.facts import CellFacts
from leaderboards.site.spectrogram import GREYS, spectrogram

_TABLE_BYTES, _SOUND_BYTES, _LINES = 1 << 20, 8 << 20, 10_000
_LONGEST_S = 60
_NAMED = re.compile(r"\d{3,6}-[A-Za-z0-9._-]{0,80}-attacked\.wav")
_REMEDY = "make it anew: bench run --keep-audio N"
_DIGITS = re.compile(r"[1-9]\d{0,8}")


@dataclass(frozen=True)
class HeardExample:
    """Hold one utterance, and what an attack made of it.

    Args:
        utterance: id.
        speaker: who speaks it.
        truth: the corpus's label.
        before: what the victim says of it.
        after: what it says of the attacked one.
        attack: its name in tables.
        query: at which it fell.
        rate_hz: of both.
        original: samples, shape (n,), 16 bits.
        attacked: samples, shape (m,).
    """

    utterance: str
    speaker: str
    truth: str
    before: str
    after: str
    attack: str
    query: int
    rate_hz: int
    original: NDArray[np.int16]
    attacked: NDArray[np.int16]

    @property
    def difference(self) -> NDArray[np.int16] | None:
        """Return what was added, shape (n,); None where the length changed."""
        if len(self.original) != len(self.attacked):
            return None
        added = self.attacked.astype(np.int32) - self.original
        within: NDArray[np.int16] = np.clip(added, -32768, 32767).astype(np.int16)
        return within

    @property
    def snr_db(self) -> float | None:
        """Return the speech's energy over that of the difference, measured from the files; None where there is none."""
        added = self.difference
        if added is None or not added.any() or not self.original.any():
            return None
        energies = (float(np.sum(one.astype(np.float64) ** 2)) for one in (self.original, added))
        return float(10 * np.log10(next(energies) / next(energies)))

    def parts(self) -> Iterator[tuple[str, NDArray[np.int16]]]:
        """Return what there is to hear, by name."""
        yield "original", self.original
        yield "attacked", self.attacked
        if (added := self.difference) is not None:
            yield "difference", added

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Return what there is to hear and its spectrograms, by file name."""
        for name, samples in self.parts():
            yield f"{name}.wav", wav_file(samples, self.rate_hz)
            yield f"{name}.png", png(spectrogram(samples), GREYS)


def examples(
    facts: Sequence[CellFacts], attacks: Sequence[str], most: int, instead: Callable[[DataError], None]
) -> list[HeardExample]:
    """Return the first utterances that fell and whose sounds were kept, under the strongest attack first.

    Args:
        facts: of an entry.
        attacks: names in tables, the strongest first.
        most: examples.
        instead: told of each file that is none, which is left out.
    """
    found: list[HeardExample] = []
    for attack in attacks:
        for cell in facts:
            if cell.about.attack_base == attack and cell.sounds is not None:
                for one in _of_cell(cell, attack, cell.sounds, instead):
                    if len(found) >= most:
                        return found
                    if one.utterance not in {each.utterance for each in found}:
                        found.append(one)
    return found


def _of_cell(
    cell: CellFacts, attack: str, folder: Path, instead: Callable[[DataError], None]
) -> Iterator[HeardExample]:
    table = folder / "sounds.csv"
    if not table.exists():
        return
    places = {str(name): place for place, name in enumerate(cell.utterances)}
    try:
        for line in _lines(table):
            yield _heard(cell, places, attack, folder, line)
    except DataError as error:
        instead(error)


def _lines(table: Path) -> list[dict[str, str]]:
    raw = read_regular(table, _TABLE_BYTES, _REMEDY)
    try:
        lines = list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(table, f"no CSV ({error})", "a table of kept sounds", _REMEDY) from error
    if len(lines) > _LINES:
        raise DataError(table, f"{len(lines):,} lines", f"at most {_LINES:,}", _REMEDY)
    return lines


def _heard(cell: CellFacts, places: dict[str, int], attack: str, folder: Path, line: dict[str, str]) -> HeardExample:
    """One example, its facts from the records and its sounds from the files.

    Raises:
        DataError: the line names no file of its folder, or no utterance of the cell; the sounds are none.
    """
    name, utterance, query = (line.get(one) or "" for one in ("file", "utterance", "query"))
    if not _NAMED.fullmatch(name) or utterance not in places or not _DIGITS.fullmatch(query):
        found = f"the line {str(line)[:120]}"
        raise DataError(folder / "sounds.csv", found, "a file, an utterance of the cell and its query", _REMEDY)
    place = places[utterance]
    fell = {int(one[place]) for one in cell.fell.values()}
    if int(query) not in fell:
        found = f"query {query} for {utterance[:60]!r}"
        raise DataError(folder / "sounds.csv", found, "a query at which it fell, as the records say", _REMEDY)
    rate_hz, attacked = _sound(folder / name)
    other, original = _sound(folder / name.replace("-attacked.wav", "-original.wav"))
    if rate_hz != other:
        raise DataError(folder / name, f"{rate_hz} Hz", f"the original's {other} Hz", _REMEDY)
    about = (str(cell.speakers[place]), str(cell.truths[place]), str(cell.answers[place]))
    return HeardExample(
        utterance, *about, (line.get("label_after") or "")[:80], attack, int(query), rate_hz, original, attacked
    )


def _sound(path: Path) -> tuple[int, NDArray[np.int16]]:
    import soundfile

    raw = read_regular(path, _SOUND_BYTES, _REMEDY)
    expected = f"a WAV file of one channel, 16 bits and at most {_LONGEST_S} s"
    try:
        with soundfile.SoundFile(io.BytesIO(raw)) as file:
            told = (file.format, file.subtype, file.channels)
            rate_hz: int = file.samplerate
            if told != ("WAV", "PCM_16", 1) or not 4000 <= rate_hz <= 192_000 or file.frames > _LONGEST_S * rate_hz:
                raise DataError(path, f"{told}, {rate_hz} Hz, {file.frames} samples", expected, _REMEDY)
            samples = file.read(dtype="int16")
    except soundfile.LibsndfileError as error:
        raise DataError(path, f"no sound ({error})", expected, _REMEDY) from error
    if len(samples) == 0:
        raise DataError(path, "no samples", expected, _REMEDY)
    return rate_hz, samples
