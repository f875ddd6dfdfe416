"""What is scored at a time: all cells of one victim under one defence in one setting. No figure needs others."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bench.contracts.threat_models import Counted
from bench.core.keys import fingerprint
from bench.scoring import conditions, contrasts
from bench.scoring.batches import condensed_files
from bench.scoring.bells import Evidence, rung
from bench.scoring.condensed import CondensedCell, Pools, condensed
from bench.scoring.dependence import Estimand
from bench.scoring.descriptions import Description
from bench.scoring.efforts import query_medians, smallest_perturbations
from bench.scoring.halves import bank_halves
from bench.scoring.many_intervals import foresee_intervals
from bench.scoring.measured import EntryRecords, grouped
from bench.scoring.optimality import Optimality, Order, optimality
from bench.scoring.pooling import clean_of, perturbed_of
from bench.scoring.records import CellRecords
from bench.scoring.scored import CellScores, PooledScores, Scored

if TYPE_CHECKING:
    import pyarrow as pa

_S = TypeVar("_S", CellScores, PooledScores)


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
    decode: Callable[[], pa.Table] | None = None
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


def pooled_unit(
    sources: Sequence[FinishedCell],
    ks: Sequence[int],
    estimand: Estimand,
    noted: Callable[[Sequence[FinishedCell], Sequence[CondensedCell]], None] | None = None,
) -> UnitScores:
    """Score a unit's cells, pooled over folds and seeds.

    Args:
        sources: its cells, in order.
        ks: numbers of queries.
        estimand: what the intervals are about.
        noted: told of the cells whose rows are read.
    """
    cells = condensed_cells(sources)
    if noted is not None:
        noted(sources, cells)
    whole = [cell for cell in cells if cell.description.names.half is None]
    ordered = sorted(range(len(cells)), key=lambda place: cells[place].description.text)
    searched = [(rank, cells[place]) for rank, place in enumerate(ordered)]
    pools = Pools()
    gaps = optimality([(rank, cell) for rank, cell in searched if cell.description.names.half is None], pools)
    return UnitScores(_placed(PooledScores, cells, whole, pooled_by, ks, estimand, pools), tuple(gaps))


def pooled_unit_cells(sources: Sequence[FinishedCell]) -> Iterator[list[CondensedCell]]:
    """Read finished cells and put those together that are pooled, the records of one unit at a time.

    Args:
        sources: cells; those with half of the sounds are left out.
    """
    for places in units(sources):
        cells = condensed_cells([sources[place] for place in places])
        whole = [cell for cell in cells if cell.description.names.half is None]
        yield from grouped(whole, pooled_by).values()


def single_unit(sources: Sequence[FinishedCell], ks: Sequence[int]) -> UnitScores:
    """Score a unit's cells one by one.

    Args:
        sources: its cells, in order.
        ks: numbers of queries.
    """
    cells = condensed_cells(sources)
    whole = [cell for cell in cells if cell.description.names.half is None]
    return UnitScores(_placed(CellScores, cells, whole, _cell, ks, "fitted", Pools()))


def _placed(
    kind: type[_S],
    cells: Sequence[CondensedCell],
    whole: Sequence[CondensedCell],
    by: Callable[[CondensedCell], Hashable],
    ks: Sequence[int],
    estimand: Estimand,
    pools: Pools,
) -> tuple[tuple[int, _S], ...]:
    halves = [cell for cell in cells if cell.description.names.half is not None]
    groups = grouped(whole, by)
    places = {id(cell): place for place, cell in enumerate(cells)}
    first = [places[id(group[0])] for group in groups.values()]
    return tuple(zip(first, _scored(kind, groups, grouped(halves, by), ks, estimand, pools), strict=True))


def pooled_by(cell: CondensedCell) -> Hashable:
    """Return what cells are pooled by: figures of other data, code, threat models, budgets (but known) never mix."""
    about, names = cell.description, cell.description.names
    rests_on = about.rests_on if about.anytime else replace(about.rests_on, max_queries=0)
    return names.victim, names.defense, about.attack_base, names.setting, rests_on, about.shared, about.anytime


def _cell(cell: CondensedCell) -> Hashable:
    return pooled_by(cell), cell.description.names.fold, cell.description.names.seed


def _scored(
    kind: type[_S],
    groups: Mapping[Hashable, Sequence[CondensedCell]],
    halves: Mapping[Hashable, Sequence[CondensedCell]],
    ks: Sequence[int],
    estimand: Estimand,
    pools: Pools,
) -> Iterator[_S]:
    """The figures of cells that are pooled; bells hear what other attacks did to the same victim."""
    found = [EntryRecords.of(group, ks, halves.get(what, ()), pools) for what, group in groups.items()]
    foresee_intervals([(one, own.ks) for own in found for one in own.conditions], estimand)
    of_victim: dict[Hashable, list[EntryRecords]] = {}
    for group, own in zip(groups.values(), found, strict=True):
        of_victim.setdefault(_attacked(group), []).append(own)
    for group, own in zip(groups.values(), found, strict=True):
        beside = [other for other in of_victim[_attacked(group)] if other is not own]
        yield _entry(kind, group, own, beside, estimand)


def _attacked(group: Sequence[CondensedCell]) -> Hashable:
    """Who was attacked, on what, by which rules: attacks that agree in it can be compared."""
    names, rests = group[0].description.names, group[0].description.rests_on
    corpora = rests.corpus_fingerprint, rests.train_corpus_fingerprint
    rules = corpora, rests.noise_fingerprint, rests.perception, rests.min_snr_db, rests.device
    places = frozenset((cell.description.names.fold, cell.description.names.seed) for cell in group)
    return names.victim, names.defense, names.setting, rules, places


def _entry(
    kind: type[_S],
    group: Sequence[CondensedCell],
    own: EntryRecords,
    beside: Sequence[EntryRecords],
    estimand: Estimand,
) -> _S:
    named, attacked = [cell.description.names for cell in group], own.records.attacked
    figures = clean_of(own.records, estimand)
    return kind(
        victim=named[0].victim,
        defense=named[0].defense,
        attack=own.about.attack_base,
        setting=named[0].setting,
        n=int(attacked.utterance.max()) + 1,
        speakers=int(attacked.speaker.max()) + 1,
        folds=tuple(sorted({names.fold for names in named})),
        seeds=tuple(sorted({names.seed for names in named})),
        repeats=len({names.repeat for names in named}),
        clean=figures,
        dimension=own.about.dimension,
        scores=tuple(conditions.scores(own.conditions, own.ks, estimand)),
        validity_gap=tuple(contrasts.validity_gaps(own.conditions, own.ks, estimand)),
        tests=tuple(contrasts.tests(own.conditions, own.ks, estimand)),
        perturbed=perturbed_of(own.records, estimand),
        candidates=own.candidates,
        bells=rung(Evidence(own, figures, beside)),
        rests_on=own.about.rests_on,
        estimand=estimand,
        queries=tuple(query_medians(own.conditions, own.about.rests_on.max_queries, estimand)),
        smallest_perturbation=tuple(smallest_perturbations(own.conditions, own.ks, estimand)),
        bank_halves=tuple(bank_halves(own.halves.get("first", ()), own.halves.get("second", ()), own.ks, estimand)),
        threat_model=own.threat_model,
        anytime=own.about.anytime,
    )
