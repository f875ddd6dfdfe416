"""What cells and trainings have cost on this machine, for estimates: kept in the cache, and no part of any result."""

from __future__ import annotations

import json
import math
import statistics
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.core.errors import BenchError
from bench.core.specs import NO_DEFENSE, bare
from bench.core.storage.cache import appearing_file, cache_dir
from bench.core.storage.files import read_file
from bench.core.storage.json_objects import loaded
from bench.evaluation.cell.cells import Cell, FittedKey

UNKNOWN_QUERY_S, UNKNOWN_FIT_S = 0.004, 0.03
"""Seconds a query, and a training utterance, where nothing was measured here: `cnn_gru` on two cores."""
UNKNOWN_REQUEST_S = 0.3
"""Seconds a request to a service, likewise."""
CELL_BYTES, QUERY_BYTES, VICTIM_BYTES = 20_000, 40, 2_000_000
"""Of a record file, of each query in it, and of a fitted victim, where none is at hand."""


@dataclass
class Spent:
    """What was spent on cells of one kind.

    Args:
        queries: that could have been asked: many searches end before their budget does.
        seconds: taken.
    """

    queries: int = 0
    seconds: float = 0.0


_BETWEEN = "\t"


def kind_of(cell: Cell, device: str) -> str:
    """Name the cells that cost alike: the victim, defence and attack without their parameters, and the device.

    Args:
        cell: one of them.
        device: "cpu" or "cuda".
    """
    return _BETWEEN.join((fitted_kind(cell.fitted), cell.attack.name, device))


def fitted_kind(fitted: FittedKey) -> str:
    """Name the fitted victims that cost alike: the victim, and the defence without its parameters."""
    return kind_named(fitted.victim.spec, NO_DEFENSE if fitted.defense is None else fitted.defense.spec)


def kind_named(victim: str, defense: str) -> str:
    """Name the fitted victims that cost alike.

    Args:
        victim: its spec.
        defense: likewise.

    >>> kind_named("cnn_gru:hidden=8", "smoothing:draws=4").split("\\t")
    ['cnn_gru:hidden=8', 'smoothing']
    """
    return f"{bare(victim)}{_BETWEEN}{_name(defense)}"


def victim_named(kind: str) -> str:
    """Return the victim of a kind without its parameters: others of that name are nearer than none."""
    return _name(kind.partition(_BETWEEN)[0])


def _name(spec: str) -> str:
    return bare(spec).partition(":")[0]


def most_queries(cell: Cell, test: int) -> int:
    """Count the queries that a cell asks at most.

    Args:
        cell: which.
        test: utterances that could be attacked.
    """
    return min(test, cell.limit or test) * (1 if cell.attack.traits.asks_once else cell.max_queries)


@dataclass
class Costs:
    """What was spent, kind by kind.

    Args:
        cells: by `kind_of`.
    """

    cells: dict[str, Spent] = field(default_factory=dict)

    @classmethod
    def known(cls) -> Costs:
        """Read what is known; nothing where the file is not there or damaged."""
        found = cls()
        with suppress(OSError, ValueError, TypeError, AttributeError, OverflowError):
            for kind, (queries, seconds) in loaded(read_file(_file())).items():
                if int(queries) >= 0 and 0 <= float(seconds) < math.inf:
                    found.cells[kind] = Spent(int(queries), float(seconds))
        return found

    def add(self, kind: str, queries: int, seconds: float) -> None:
        """Note what a cell took.

        Args:
            kind: of `kind_of`.
            queries: of `most_queries`.
            seconds: taken.
        """
        spent = self.cells.setdefault(kind, Spent())
        spent.queries += queries
        spent.seconds += seconds

    def keep(self) -> None:
        """Put what was noted beside what is known. Of two processes that do so at once, the last wins; a cache that
        cannot be written to keeps none."""
        if not self.cells:
            return
        whole = Costs.known()
        for kind, spent in self.cells.items():
            whole.add(kind, spent.queries, spent.seconds)
        self.cells.clear()
        with suppress(OSError, BenchError), appearing_file(_file()) as temporary:
            told = {kind: [one.queries, round(one.seconds, 3)] for kind, one in sorted(whole.cells.items())}
            temporary.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")

    def seconds_a_query(self, kind: str) -> tuple[float | None, bool]:
        """Return what a query that could be asked takes, and whether that is a guess.

        What was measured of the kind itself is taken, else of the same victim under other attacks and defences; else of
        one with other parameters or of any, which is a guess, since victims are up to a hundred times as slow as each
        other. None where nothing was.

        Args:
            kind: of `kind_of`.
        """
        victim, device = kind.partition(_BETWEEN)[0], kind.rpartition(_BETWEEN)[2]
        there = [one for one in self.cells if one.rpartition(_BETWEEN)[2] == device]
        of_victim = [one for one in there if one.partition(_BETWEEN)[0] == victim]
        of_name = [one for one in there if victim_named(one) == victim_named(kind)]
        for kinds, guessed in (([kind], False), (of_victim, False), (of_name, True), (list(self.cells), True)):
            found = [self.cells[one] for one in kinds if one in self.cells and self.cells[one].queries]
            if found:
                return statistics.median(one.seconds / one.queries for one in found), guessed
        return None, True


def _file() -> Path:
    return cache_dir() / "costs_of_victims.json"
