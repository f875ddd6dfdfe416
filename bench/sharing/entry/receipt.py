"""A receipt: what was run again of an entry, what came of it, and by which version. Whoever has the entry can make it
again, from the seed that stands in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.core.errors import DataError
from bench.core.storage.json_objects import JsonObject, loaded
from bench.core.storage.regular import read_regular

SCHEMA = 1
Outcome = Literal["verified", "different", "could not be run"]
OUTCOMES: tuple[Outcome, ...] = ("verified", "different", "could not be run")
VERIFIED = ("same", "within the interval")
"""What is said of a cell that came out again."""
_MOST = 2**26
_AGAIN = "make it again with bench verify"


def receipt_of(entry: Path) -> Path:
    """Name the receipt that lies beside an entry.

    >>> receipt_of(Path("mine.serbench")).name
    'mine.serbench.receipt.json'
    """
    return entry.with_name(f"{entry.name}.receipt.json")


@dataclass(frozen=True)
class Receipt:
    """Hold a receipt that was read, in the few words that a board has of it.

    Args:
        sha256: of the entry's file.
        outcome: of the verification.
        same: keys of the cells that came out again, the same or within the interval.
        count: cells that were run again.
        of: cells that the entry has.
        trusted: whether its code ran in the referee's own process.
        round: name of its round; "" for none.
        held_out: how many held-out cells were run; none while the round is open.
        version: of serbench, that verified it.
    """

    sha256: str
    outcome: Outcome
    same: frozenset[str]
    count: int
    of: int
    trusted: bool
    round: str
    held_out: int
    version: str

    @classmethod
    def read(cls, file: Path) -> Receipt:
        """Read a receipt.

        Raises:
            DataError: it is none, or says of the whole what its cells do not.
        """
        try:
            told = JsonObject.of(file, loaded(read_regular(file, _MOST, _AGAIN).decode()), _AGAIN)
        except (ValueError, RecursionError) as error:
            raise DataError(file, f"no receipt ({error})", "JSON, by bench verify", _AGAIN) from error
        if told.whole("serbench_receipt") != SCHEMA:
            raise told.wrong("serbench_receipt", str(told.whole("serbench_receipt")), str(SCHEMA))
        digest, outcome = told.inner("entry").text("sha256"), told.text("outcome")
        cells, sample = told.objects("cells"), told.inner("sample")
        same = frozenset(one.text("key") for one in cells if one.text("verdict") in VERIFIED)
        if not re.fullmatch(r"[0-9a-f]{64}", digest) or outcome not in OUTCOMES:
            raise DataError(file, "no digest, or no outcome", "those of bench verify", _AGAIN)
        if sample.whole("cells") != len(cells) or (outcome == "verified" and (len(same) < len(cells) or not cells)):
            raise DataError(file, f"{len(same)} of {len(cells)} cells the same, as {outcome}", "its own sum", _AGAIN)
        told_round = told.inner_or_empty("round")
        held = told.objects("held_out")
        ran = "sandbox" not in told.text("code_ran")
        name = told_round.text("name") if told_round.fields else ""
        version = told.inner("verified_by").text("serbench")
        return cls(digest, outcome, same, len(cells), sample.whole("of"), ran, name, len(held), version)

    @property
    def says(self) -> str:
        """Say how it was verified, in one line."""
        ran = f"{self.count} of {self.of} cells run again, {len(self.same)} came out again"
        held = f", held-out part of {self.round}: " + (f"{self.held_out} cells" if self.held_out else "open")
        return ran + (held if self.round else "") + (", in process" if self.trusted else "")
