"""What came of verifying an entry: all that stands in its receipt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from bench.core.code.result_code import CELL, code_of
from bench.core.storage.cache import appearing_file
from bench.scoring.inference.mcnemar import LEVEL, POWER, mcnemar_p, smallest_share_seen
from bench.sharing.entry.environment import machine
from bench.sharing.entry.held_out import HeldOut
from bench.sharing.entry.opening import OpenedEntry
from bench.sharing.entry.receipt import SCHEMA, VERIFIED, Outcome
from bench.sharing.entry.verdicts import DIFFERENT, CellVerdict, FigureVerdict

_WIDEST = ("all", "additive", "imperceptible")


@dataclass(frozen=True)
class Pooled:
    """Hold the outcomes of all cells together: robust or not, at the greatest k, every success counted.

    Args:
        n: utterances that were compared, each once a cell.
        gained: no in the entry, yes when run again.
        lost: the other way round.
    """

    n: int
    gained: int
    lost: int

    @classmethod
    def of(cls, cells: Sequence[CellVerdict]) -> Pooled:
        """Put them together."""
        found = [(cell.n, widest(cell)) for cell in cells]
        known = [(n, one) for n, one in found if one is not None]
        return cls(sum(n for n, _ in known), sum(one.gained for _, one in known), sum(one.lost for _, one in known))

    @property
    def p(self) -> float:
        """Return p of McNemar's exact test."""
        return mcnemar_p(self.gained, self.lost)

    def to_json(self) -> dict[str, object]:
        """Return it as it stands in a receipt, with what it could have seen."""
        told = {"n": self.n, "gained": self.gained, "lost": self.lost, "p": self.p}
        return told | {"level": LEVEL, "power": POWER, "smallest_share_seen": smallest_share_seen(self.n)}


def widest(cell: CellVerdict) -> FigureVerdict | None:
    """Return a cell's robust accuracy at its greatest k, with every success that it counts; None where it has none.

    Args:
        cell: as it was run again.
    """
    robust = [one for one in cell.figures if one.figure == "robust_accuracy" and one.k and one.noises]
    return min(robust, key=lambda one: (_WIDEST.index(one.noises or ""), -(one.k or 0)), default=None)


@dataclass(frozen=True)
class Verification:
    """Hold what came of verifying an entry.

    Args:
        entry: name, digest and size of its file, and title.
        trusted: whether its code ran in the referee's own process.
        seed: that cells were drawn by.
        of: cells that it has.
        cells: those that were run again.
        round: name and commitment of the round; none where it is not in one.
        held_out: what the round's secret draws; none where it was not given.
    """

    entry: Mapping[str, object]
    trusted: bool
    seed: int
    of: int
    cells: tuple[CellVerdict, ...]
    round: Mapping[str, str] = field(default_factory=dict)
    held_out: tuple[HeldOut, ...] = ()

    @property
    def pooled(self) -> Pooled:
        """Return all outcomes together."""
        return Pooled.of(self.cells)

    @property
    def outcome(self) -> Outcome:
        """Return what is said of the whole entry."""
        found = [cell.verdict for cell in self.cells]
        if DIFFERENT in found or self.pooled.p < LEVEL:
            return "different"
        ran = all(one in VERIFIED for one in found) and all(one.robust_accuracy for one in self.held_out)
        return "verified" if ran else "could not be run"

    def to_json(self) -> dict[str, object]:
        """Return the receipt."""
        by = {"serbench": metadata.version("serbench"), "harness": code_of(CELL), **machine()}
        held = {**self.round, "state": "run" if self.held_out else "open"} if self.round else None
        return {
            "serbench_receipt": SCHEMA,
            "entry": dict(self.entry),
            "outcome": self.outcome,
            "verified_by": by,
            "code_ran": "in the referee's process" if self.trusted else "in a sandbox",
            "sample": {"seed": self.seed, "cells": len(self.cells), "of": self.of},
            "cells": [cell.to_json() for cell in self.cells],
            "pooled": self.pooled.to_json(),
            "round": held,
            "held_out": [one.to_json() for one in self.held_out],
        }

    def write(self, file: Path) -> None:
        """Write the receipt, whole or not at all."""
        with appearing_file(file) as temporary:
            temporary.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")


def about_entry(entry: OpenedEntry) -> dict[str, object]:
    """Tell which file was verified.

    Args:
        entry: opened.
    """
    found = entry.found
    return {"file": entry.path.name, "sha256": found.sha256, "bytes": found.size, "title": found.manifest.card.title}
