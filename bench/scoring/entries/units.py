"""What is scored at a time: all cells of one victim under one defence in one setting. No figure needs others."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from bench.contracts.threat_models import Counted
from bench.core.code.keys import fingerprint
from bench.scoring.entries.scored import Scored
from bench.scoring.figures.measured import grouped
from bench.scoring.figures.optimality import Optimality, Order
from bench.scoring.record_files.batches import condensed_files
from bench.scoring.record_files.columns import Columns
from bench.scoring.record_files.condensed import CondensedCell, condensed
from bench.scoring.record_files.descriptions import Description
from bench.scoring.records import CellRecords

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class FinishedCell:
    """Hold a finished cell whose records are read when they are needed.

    Args:
        description: what determined it.
        read: gives its records.
        digest: of its file; None where what is made of it is not kept.
        decode: gives what figures are made of as `batches` reads it; None where only `read` can be asked.
        file: digest of its file alone, whatever the cell is called; None where there is none.
    """

    description: Description
    read: Callable[[], CellRecords]
    digest: str | None = None
    decode: Callable[[], pa.Table | Columns] | None = None
    file: str | None = None

    def condensed(self) -> CondensedCell:
        """Read what figures are made of."""
        return condensed_cells([self])[0]

    def scored_for(self, noises: tuple[Counted, ...]) -> FinishedCell:
        """Return the same cell with other successes that count: its file names what was asked when it was measured."""
        as_asked = partial(_as_asked, self.read, noises)
        return replace(self, description=replace(self.description, noises=noises), read=as_asked)

    def described(self, description: Description) -> FinishedCell:
        """Return the same cell with another description, whose names tables show."""
        names = description.names
        if names == self.description.names:
            return self
        digest = None if self.digest is None else fingerprint([self.digest, names.victim])
        return replace(
            self, description=description, read=partial(_as_described, self.read, description), digest=digest
        )

    @property
    def follows_from(self) -> tuple[str | None, tuple[Counted, ...]]:
        """Return all that its figures follow from beside the code: the file, and which successes count."""
        return self.digest, self.description.noises


def _as_asked(read: Callable[[], CellRecords], noises: tuple[Counted, ...]) -> CellRecords:
    cell = read()
    return replace(cell, description=replace(cell.description, noises=noises))


def _as_described(read: Callable[[], CellRecords], description: Description) -> CellRecords:
    return replace(read(), description=description)


def condensed_cells(sources: Sequence[FinishedCell]) -> list[CondensedCell]:
    """Read what figures are made of, of several cells at a time.

    Args:
        sources: cells.

    Raises:
        bench.core.errors.DataError: records cannot be read; of several, those of the first.
    """
    asked = [(place, one.description, one.decode) for place, one in enumerate(sources) if one.decode is not None]
    read = condensed_files([(about, decode) for _, about, decode in asked])
    found = dict(zip((place for place, _, _ in asked), read, strict=True))
    return [found.get(place) or _alone(source) for place, source in enumerate(sources)]


def _alone(source: FinishedCell) -> CondensedCell:
    return replace(condensed(source.read()), description=source.description)


@dataclass(frozen=True)
class UnitScores:
    """Hold the figures of a unit, each with the place of its first cell among the unit's.

    Args:
        entries: of attacks, by the place in the order given.
        gaps: of searches, by the place in the order of descriptions, and the kind of successes.
    """

    entries: tuple[tuple[int, Scored], ...]
    gaps: tuple[tuple[Order, tuple[Optimality, ...]], ...] = ()


def units(sources: Sequence[FinishedCell]) -> list[list[int]]:
    """Put the places of cells together whose figures depend on each other."""
    found: dict[Hashable, list[int]] = {}
    for place, source in enumerate(sources):
        names = source.description.names
        found.setdefault((names.victim, names.defense, names.setting), []).append(place)
    return [*found.values()]


def pooled_unit_cells(sources: Sequence[FinishedCell]) -> Iterator[list[CondensedCell]]:
    """Read finished cells and put those together that are pooled, the records of one unit at a time.

    Args:
        sources: cells; those with half of the sounds are left out.
    """
    for places in units(sources):
        cells = condensed_cells([sources[place] for place in places])
        whole = [cell for cell in cells if cell.description.names.half is None]
        yield from grouped(whole, pooled_by).values()


def pooled_by(cell: CondensedCell | CellRecords) -> Hashable:
    """Return what cells are pooled by: figures of other data, code, threat models, budgets (but known) never mix."""
    about, names = cell.description, cell.description.names
    rests_on = about.rests_on if about.anytime else replace(about.rests_on, max_queries=0)
    return names.victim, names.defense, about.attack_base, names.setting, rests_on, about.shared, about.anytime
