"""What is counted while a cell is measured, beside its records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """What was counted while a cell was measured; it determines nothing, and stands beside the records.

    Args:
        looks: utterances that an attacker who has a copy of the defence looked at through it; None for any other.
        unknown: attacked utterances whose speakers have no other one, so that nothing was enrolled of them.
    """

    looks: int | None
    unknown: int

    def to_json(self) -> dict[str, int]:
        """Return `found` of a record file's description."""
        looks = {} if self.looks is None else {"looks": self.looks}
        return {**looks, "unknown_speakers": self.unknown}
