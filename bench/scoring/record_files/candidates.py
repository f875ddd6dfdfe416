"""How many candidates an attack tried, and how many of them could count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bench.scoring.arrays import Places
from bench.scoring.record_files.columns import Columns

LOUD_DB = 5.0
"""Noise at this SNR, or louder, moves some of the answers of whoever hears it."""


@dataclass(frozen=True)
class Tally:
    """Count charged queries: what is told of them without looking at each again.

    Args:
        asked: all.
        with_snr: those that have an SNR.
        above: those of them above the threshold.
        changed: those that changed the victim's label.
        by_chance: those whose label is no answer, since it does not hold when the same is asked again.
        moved: those that are one or the other.
        loud: utterances that were asked about with noise of `LOUD_DB` or louder, of a kind that hides no emotion: a
            change of gain is as loud, and no noise.
        loud_changed: those of them whose label any such candidate changed.
    """

    asked: int
    with_snr: int
    above: int
    changed: int
    by_chance: int
    moved: int
    loud: int = 0
    loud_changed: int = 0

    @classmethod
    def of(cls, columns: Columns, min_snr_db: float) -> Tally:
        """Count those in some records.

        Args:
            columns: of one or more cells.
            min_snr_db: above this SNR a candidate counts.
        """
        return cls.of_each(columns, min_snr_db, np.zeros(len(columns), dtype=np.intp), 1)[0]

    @classmethod
    def of_each(cls, columns: Columns, min_snr_db: float, cell: Places, cells: int) -> list[Tally]:
        """Count those of each of several cells.

        Args:
            columns: n queries.
            min_snr_db: above this SNR a candidate counts.
            cell: shape (n,), the number of each one's cell.
            cells: how many there are.
        """
        asked, snr_db = columns.query > 0, columns.number("snr_db")
        changed = asked & ~columns.alike("label_after", "label_before")
        by_chance = asked & (columns.true("tied") | (columns.number("flip_share") <= 0.5))
        masks = (asked, asked & ~np.isnan(snr_db), asked & (snr_db > min_snr_db), changed, by_chance)
        loud, names = columns.true("imperceptible") & (snr_db <= LOUD_DB), columns.texts["utterance"]
        whose = cell * len(names.names) + names.codes
        each = (np.unique(whose[one]) // max(len(names.names), 1) for one in (loud, loud & changed))
        counts = [cell[one] for one in (*masks, by_chance | changed)] + [*each]
        return [cls(*own) for own in zip(*(np.bincount(one, minlength=cells).tolist() for one in counts), strict=True)]

    @classmethod
    def total(cls, tallies: Iterable[Tally]) -> Tally:
        """Add those of several records.

        >>> Tally.total([Tally(5, 4, 3, 2, 1, 2), Tally(1, 0, 0, 1, 0, 1)])
        Tally(asked=6, with_snr=4, above=3, changed=3, by_chance=1, moved=3, loud=0, loud_changed=0)
        """
        each = zip(*(vars(one).values() for one in tallies), strict=True)
        return cls(*(sum(counts) for counts in each))


@dataclass(frozen=True)
class Candidates:
    """Count the candidates that were tried, and those of them that the SNR lets count.

    Args:
        asked: charged queries.
        with_snr: those that have an SNR, since they kept the length.
        above: those of them above the threshold.
        changed: queries that changed the victim's label, whether that counted or not.
        min_snr_db: the threshold.
    """

    asked: int
    with_snr: int
    above: int
    changed: int
    min_snr_db: float

    @classmethod
    def of(cls, tally: Tally, min_snr_db: float) -> Candidates:
        """Count those in some records.

        Args:
            tally: of the records.
            min_snr_db: above this SNR a candidate counts.
        """
        return cls(tally.asked, tally.with_snr, tally.above, tally.changed, min_snr_db)

    def to_json(self) -> dict[str, object]:
        """Return `candidates` of docs/json.md."""
        counts = {"asked": self.asked, "with_snr": self.with_snr, "above_min_snr": self.above}
        return {**counts, "changed_label": self.changed}

    def __str__(self) -> str:
        """Return the counts as tables print them.

        >>> str(Candidates(240, 240, 0, 31, 10.0)), str(Candidates(240, 200, 150, 31, 10.0))
        ('0 of 240 above 10 dB', '150 of 200 above 10 dB, 40 without an SNR')
        """
        without = f"{self.asked - self.with_snr:,} without an SNR" if self.asked > self.with_snr else ""
        above = f"{self.above:,} of {self.with_snr:,} above {self.min_snr_db:g} dB" if self.with_snr else ""
        return ", ".join(filter(None, (above, without))) or "none"
