"""How many candidates an attack tried, and how many of them could count."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


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
    def of(cls, rows: pd.DataFrame, min_snr_db: float) -> Candidates:
        """Count those in some records.

        Args:
            rows: of one or more cells.
            min_snr_db: above this SNR a candidate counts.
        """
        asked = rows[rows["query"] > 0]
        snr_db = asked["snr_db"].dropna()
        changed = (asked["label_after"] != asked["label_before"]).sum()
        return cls(len(asked), len(snr_db), int((snr_db > min_snr_db).sum()), int(changed), min_snr_db)

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
