"""Grids, machines and rules of the simulation, in figures that were measured."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.fleet.store import StoreKind


@dataclass(frozen=True)
class Costs:
    """Say what things take on one machine.

    Args:
        start_s: until a process has imported what it needs and opened the corpus.
        fit_s: a training.
        query_s: a query of a search.
        cell_s: a cell beside its queries: instances, Corr, checks.
        score_s: a cell's part in scoring a run whose figures are not kept.
        kept_s: the same where they are.
    """

    start_s: float
    fit_s: float
    query_s: float
    cell_s: float
    score_s: float = 0.020
    kept_s: float = 0.0005


@dataclass(frozen=True)
class Grid:
    """A grid: fitted victims with as many cells each.

    Args:
        name: in tables.
        victims: how many are trained.
        cells: of each.
        queries: of each cell.
    """

    name: str
    victims: int
    cells: int
    queries: int

    @property
    def total(self) -> int:
        """Return how many cells there are."""
        return self.victims * self.cells


@dataclass(frozen=True)
class Rules:
    """Say how workers choose their work.

    Args:
        own_place: each begins at a place of its own once it sees others; else all look from the first victim on.
        one_look: the leases are listed once a turn; else they are looked at for each victim and cell.
        ahead: the last victims are trained before any cell.
        kept: figures that were made are kept.
        readers: record files that are read at once.
    """

    own_place: bool = True
    one_look: bool = True
    ahead: bool = True
    kept: bool = True
    readers: int = 16


BEFORE = Rules(own_place=False, one_look=False, ahead=False, kept=False, readers=1)
NOW = Rules()


@dataclass(frozen=True)
class Fleet:
    """Machines that share the work.

    Args:
        name: in tables.
        workers: how many processes.
        costs: of each.
        store: that they share.
        life_s: after so long, on average, a worker is taken away; None for never.
        told: whether it is told, and gives its leases back; else they expire.
        back_s: until another stands in its place.
        stagger_s: workers begin within so many seconds.
    """

    name: str
    workers: int
    costs: Costs
    store: StoreKind
    life_s: float | None = None
    told: bool = True
    back_s: float = 60.0
    stagger_s: float = 0.0
