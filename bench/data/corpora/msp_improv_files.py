"""MSP-IMPROV's own file of labels, `Evalution.txt`: a line a clip, and under it a line an annotator."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from bench.core.errors import DataError
from bench.data.corpora.iemocap_files import numbered_lines

EMOTIONS = {
    "A": "anger",
    "H": "happiness",
    "N": "neutral",
    "O": "other",
    "S": "sadness",
    "X": None,
}
"""The emotion by its letter. With X the annotators did not agree: no emotion, but the ratings."""

RATINGS = (1.0, 5.0)
"""The lowest and highest mark, and so the lowest and highest mean."""

_EXAMPLE = "UTD-IMPROV-S01A-F01-P-FM01.avi; N; A:3.0; V:3.5; D:3.0 ; N:NaN;"
_CLIP = re.compile(r"(?:UTD|MSP)-IMPROV-([A-Z0-9-]+)\.(?:avi|wav)")
_MARK = re.compile(r"([ADNV])\s*:\s*(NaN|\d+(?:\.\d*)?)", re.IGNORECASE)
_RESTORE = "restore the published file"


@dataclass(frozen=True)
class Clip:
    """What the annotators said of one clip.

    Args:
        where: the file and line, for messages.
        label: the letter of the emotion that most of them perceived.
        activation: mean mark on the published scale, or None.
        valence: mean mark from 1, negative, to 5, positive, or None.
        dominance: mean mark, or None.
        naturalness: mean mark, or None.
        answers: each annotator's emotion, by name.
    """

    where: str
    label: str
    activation: float | None
    valence: float | None
    dominance: float | None
    naturalness: float | None
    answers: tuple[tuple[str, str], ...] = ()

    @property
    def metadata(self) -> dict[str, str]:
        """Collect what is neither emotion, activation nor valence, as an utterance's metadata."""
        votes = Counter(answer for _, answer in self.answers)
        marks = {"dominance": self.dominance, "naturalness": self.naturalness}
        counts = sorted(votes.items(), key=lambda vote: (-vote[1], vote[0]))
        said = {
            "annotators": str(len(self.answers)),
            "votes": ", ".join(f"{answer} {count}" for answer, count in counts),
        }
        known = {name: f"{mark:g}" for name, mark in marks.items() if mark is not None}
        return {"label": self.label, **known, **(said if self.answers else {})}


def read_clips(file: Path) -> dict[str, Clip]:
    """Read the clips by the name of their sound (`MSP-IMPROV-S01A-F01-P-FM01`), in the file's order.

    An annotator who stands under a clip more than once counts once: such lines are copies. So are clips that stand
    there twice with the same label and marks.

    Raises:
        DataError: the file cannot be read, holds no clip, a line is not of the published form, or a mark is outside
            [`RATINGS`][bench.data.corpora.msp_improv_files.RATINGS].
    """
    clips: dict[str, Clip] = {}
    answers: dict[str, dict[str, str]] = {}
    name = ""
    for number, line in numbered_lines(file):
        where, cells = f"{file}, line {number}", [cell.strip() for cell in line.split(";")]
        match = _CLIP.fullmatch(cells[0])
        if match:
            name, clip = f"MSP-IMPROV-{match[1]}", _clip(where, line, cells)
            if name in clips and replace(clips[name], where=where) != clip:
                raise DataError(where, f"{name} a second time, after {clips[name].where}", "one", "remove one of them")
            clips.setdefault(name, clip)
        elif name and len(cells) >= 3 and cells[0] and cells[1] and "IMPROV-" not in cells[0]:
            answers.setdefault(name, {}).setdefault(cells[0], cells[1])
        else:
            expected = f"a clip, {_EXAMPLE} or under it an annotator's line, name; emotion; ..."
            raise DataError(where, repr(line), expected, _RESTORE)
    if not clips:
        raise DataError(file, "no clip", f"lines such as {_EXAMPLE}", _RESTORE)
    return {name: replace(clip, answers=tuple(answers.get(name, {}).items())) for name, clip in clips.items()}


def _clip(where: str, line: str, cells: list[str]) -> Clip:
    _, label, *rest = *cells, ""
    found = [_MARK.fullmatch(cell) for cell in rest if cell]
    marks = {match[1].upper(): float(match[2]) for match in found if match}
    if label not in EMOTIONS or None in found or not {"A", "V"} <= set(marks) or len(marks) < len(found):
        expected = f"{_EXAMPLE}, the letter one of {', '.join(EMOTIONS)}"
        raise DataError(where, repr(line), expected, _RESTORE)
    for name, mark in marks.items():
        if not (math.isnan(mark) or RATINGS[0] <= mark <= RATINGS[1]):
            raise DataError(where, f"{name}:{mark:g}", f"{RATINGS[0]:g} to {RATINGS[1]:g}", _RESTORE)
    known = {name: mark for name, mark in marks.items() if not math.isnan(mark)}
    return Clip(where, label, known.get("A"), known.get("V"), known.get("D"), known.get("N"))
