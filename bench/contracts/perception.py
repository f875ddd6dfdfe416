"""Which perturbations change the emotion that people hear.

A noise that changes what people hear falsifies the label, so success with it is no fair success (P1). The default table
is P1's: shares of utterances whose perceived activation or valence changed, by majority of three raters.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from bench.core.errors import DataError
from bench.core.rng import key_of

P1_NAMES = {
    "FillerL": "filler",
    "FillerS": "filler",
    "Laugh": "laugh",
    "Cry": "cry",
    "SpeedUtt0.75": "speed_utterance",
    "SpeedUtt1.25": "speed_utterance",
    "PitchUp1.25": "pitch",
    "PitchDown0.75": "pitch",
    "SpeedSeg": "speed_segment",
    "FadeIn": "fade_in",
    "FadeOut": "fade_out",
    "DropW": "drop_words",
    "DropLt": "drop_letters",
    "Reverb": "reverb",
    **{f"{kind}{position}": "noise" for kind in ("Nat", "Hum", "Int") for position in ("St", "Co")},
}
"""P1's names of its noises, and the perturbation that each is here."""

CHANGED = 0.05
"""In a table of the user's without a column `perceptible`, a perturbation that changed what people heard in at least
this share of utterances is perceptible. The least that P1 reports as perceptible is 0.06 (FillerS)."""

_P1_IMPERCEPTIBLE = (
    "noise",
    "speed_segment",
    "fade_in",
    "fade_out",
    "drop_words",
    "drop_letters",
    "reverb",
    "reverb:room=measured",
    "reverb:room=simulated",
)
"""Specs with the parameters that people were asked about. P1 adds "room reverberation" and says no more of the room."""


P1_TABLES = ("08af7ddf206931c5", "c06e0defc37565f1")
"""Fingerprints of P1's table, as each version of serbench that has written records had it; the last is today's."""


def table_called(name: str, fingerprint: str | None) -> str:
    """Name a perception table so that no other has the name: by its digest, where it is not P1's.

    Args:
        name: the study's.
        fingerprint: of the table; None where the oldest records do not tell it.

    >>> table_called("p1", P1_TABLES[-1]), table_called("p1", "0123456789abcdef")
    ('p1', 'p1 (01234567)')
    """
    known = fingerprint is None or (name == "p1" and fingerprint in P1_TABLES)
    return name if known else f"{name} ({fingerprint:.8})"


@dataclass(frozen=True)
class Perception:
    """A study of what people hear, by the name of the perturbation.

    Args:
        name: the study, as it stands in records.
        perceptible: perturbations found to change the perceived emotion, with the largest share of utterances changed.
        imperceptible: perturbations found not to: "noise" for a sound of a noise bank, else an effect's spec. Without
            parameters it stands for the effect as it is by default, and for no other.
    """

    name: str
    perceptible: Mapping[str, float]
    imperceptible: frozenset[str]

    @property
    def fingerprint(self) -> str:
        """Digest the table in 16 hexadecimal digits, which change whenever it does; part of every result's key."""
        rows = [*sorted(self.perceptible.items()), *sorted(self.imperceptible)]
        return f"{key_of(self.name, *rows):016x}"

    @property
    def called(self) -> str:
        """Return what tables and boards call it, which no other table is called."""
        return table_called(self.name, self.fingerprint)

    def copied(self) -> Perception:
        """Copy the table, for code that might write to it."""
        return replace(self, perceptible=dict(self.perceptible))

    def covers(self, name: str) -> bool:
        """Tell whether the study has looked at an effect, whatever its parameters.

        Args:
            name: the effect's, or "noise" for a sound of a noise bank.

        >>> p1().covers("pitch"), p1().covers("gain")
        (True, False)
        """
        studied = (*self.perceptible, *self.imperceptible)
        return name in {spec.partition(":")[0] for spec in studied}

    def is_imperceptible(self, spec: str) -> bool:
        """Tell whether people were found to hear the same emotion in spite of an effect, with these parameters.

        What no study has looked at does not count as imperceptible: silence wins no attack a better column.

        Args:
            spec: the effect's, as records name it; "noise" for a sound of a noise bank.

        >>> p1().is_imperceptible("fade_in"), p1().is_imperceptible("fade_in:percent_per_s=90.0")
        (True, False)
        >>> p1().is_imperceptible("pitch:factor=1.25"), p1().is_imperceptible("gain")
        (False, False)
        """
        return spec in self.imperceptible


@cache
def p1() -> Perception:
    """Read the table of P1, section 5.3. Everything else in P1's catalogue was found imperceptible for emotion."""
    from importlib import resources

    text = resources.files("bench.contracts").joinpath("perception_p1.csv").read_text()
    shares: dict[str, float] = {}
    for row in csv.DictReader(text.splitlines()):
        name = P1_NAMES[row["noise"]]
        share = max(float(row["activation_changed"]), float(row["valence_changed"]))
        shares[name] = max(share, shares.get(name, 0.0))
    return Perception("p1", shares, frozenset(_P1_IMPERCEPTIBLE))


def read_perception(file: Path) -> Perception:
    """Read a perception study of the user's own, from a CSV file in the columns of P1's.

    `noise` is a perturbation by its name here ("fade_in") or in P1 ("FadeIn"); `activation_changed` and
    `valence_changed` are the shares of utterances whose perceived emotion changed, from 0 to 1. A column `perceptible`
    (yes or no) says what counts; without it, a share of [`CHANGED`][bench.contracts.perception.CHANGED] or more does.
    Several rows of one perturbation are taken together: perceptible where one of them is. What has no row has not been
    studied, and is not imperceptible.

    Raises:
        DataError: the file is not as described; the message names the line.
    """
    from bench.data.corpora.tables import csv_rows

    rows = csv_rows(file)
    if not rows or not set(_COLUMNS) <= set(rows[0].cells):
        found = f"the columns {', '.join(rows[0].cells)}" if rows else "no rows"
        raise DataError(file, found, _FORM, "correct the header")
    shares: dict[str, float] = {}
    perceptible: set[str] = set()
    for row in rows:
        name = P1_NAMES.get(row.cells["noise"], row.cells["noise"])
        if not name:
            raise DataError(row.where, "no name of a perturbation", _FORM, "fill it in")
        share = max(_share(row.where, column, row.cells[column]) for column in _COLUMNS[1:])
        shares[name] = max(share, shares.get(name, 0.0))
        if _is_perceptible(row.where, row.cells.get("perceptible"), share):
            perceptible.add(name)
    heard = {name: share for name, share in shares.items() if name in perceptible}
    return Perception(file.stem, heard, frozenset(shares) - perceptible)


_COLUMNS = ("noise", "activation_changed", "valence_changed")
_FORM = "a CSV file with the columns " + ", ".join(_COLUMNS) + ", and if wanted perceptible (yes or no)"


def _share(where: str, column: str, text: str) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise DataError(f"{where}, column {column!r}", repr(text), "a share from 0 to 1", "correct it")
    return value


def _is_perceptible(where: str, answer: str | None, share: float) -> bool:
    if not answer:
        return share >= CHANGED
    if answer.lower() not in ("yes", "no", "true", "false", "1", "0"):
        raise DataError(f"{where}, column 'perceptible'", repr(answer), "yes or no", "correct it")
    return answer.lower() in ("yes", "true", "1")
