"""Units scored together: what is done with arrays is done once for all of them. No figure of one needs another."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.scoring.bells import Evidence, rung
from bench.scoring.entries.scored import CellScores, PooledScores, Scored
from bench.scoring.entries.units import FinishedCell, UnitScores, condensed_cells, pooled_by
from bench.scoring.figures import conditions, contrasts
from bench.scoring.figures.dependence import Estimand
from bench.scoring.figures.efforts import foresee_medians, query_medians, smallest_perturbations
from bench.scoring.figures.halves import bank_halves
from bench.scoring.figures.many_intervals import foresee_intervals
from bench.scoring.figures.measured import EntryRecords, grouped
from bench.scoring.figures.optimality import Optimality, Order, optimality
from bench.scoring.pooling import clean_of, perturbed_of
from bench.scoring.record_files.condensed import CondensedCell, Pools

Kind = Literal["pooled", "cells"]
Noted = Callable[[Sequence[FinishedCell], Sequence[CondensedCell]], None]


def scored_together(
    kind: Kind,
    parts: Sequence[Sequence[FinishedCell]],
    ks: Sequence[int],
    estimand: Estimand,
    noted: Noted | None = None,
) -> list[UnitScores]:
    """Score units: the same figures, to the last bit, as each by itself.

    Args:
        kind: "pooled" over folds and seeds, or "cells" one by one.
        parts: the cells of each unit, in order.
        ks: numbers of queries.
        estimand: what the intervals of pooled figures are about.
        noted: told of the cells whose rows are read.

    Raises:
        bench.core.errors.DataError: records cannot be read; of several, those of the first.
    """
    sources = [source for own in parts for source in own]
    cells = condensed_cells(sources)
    if noted is not None:
        noted(sources, cells)
    about: Estimand = estimand if kind == "pooled" else "fitted"
    read, prepared = iter(cells), []
    for own in parts:
        prepared.append(_Prepared.of(kind, [next(read) for _ in own], ks))
    every = [one for unit in prepared for one in unit.found]
    foresee_intervals([(condition, one.ks) for one in every for condition in one.conditions], about)
    contrasts.foresee_comparisons([(one.conditions, one.ks) for one in every], about)
    foresee_medians([(one.conditions, one.ks, one.about.rests_on.max_queries) for one in every], about)
    return [UnitScores(tuple(unit.scored(kind, about)), unit.gaps) for unit in prepared]


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A unit's records, put together as figures are made of them.

    Args:
        groups: cells whose figures are pooled.
        first: the place of the first cell of each among the unit's.
        found: the records of each.
        gaps: of searches, as `UnitScores` has them.
    """

    groups: Sequence[Sequence[CondensedCell]]
    first: Sequence[int]
    found: Sequence[EntryRecords]
    gaps: tuple[tuple[Order, tuple[Optimality, ...]], ...]

    @classmethod
    def of(cls, kind: Kind, cells: Sequence[CondensedCell], ks: Sequence[int]) -> _Prepared:
        by, pools = (pooled_by if kind == "pooled" else _cell), Pools()
        whole = [cell for cell in cells if cell.description.names.half is None]
        groups = grouped(whole, by)
        halves = grouped([cell for cell in cells if cell.description.names.half is not None], by)
        places = {id(cell): place for place, cell in enumerate(cells)}
        return cls(
            [*groups.values()],
            [places[id(group[0])] for group in groups.values()],
            [EntryRecords.of(group, ks, halves.get(what, ()), pools) for what, group in groups.items()],
            tuple(optimality(_searched(cells), pools)) if kind == "pooled" else (),
        )

    def scored(self, kind: Kind, estimand: Estimand) -> list[tuple[int, Scored]]:
        """The figures; bells hear what other attacks did to the same victim."""
        of_victim: dict[Hashable, list[EntryRecords]] = {}
        for group, own in zip(self.groups, self.found, strict=True):
            of_victim.setdefault(_attacked(group), []).append(own)
        made = PooledScores if kind == "pooled" else CellScores
        scored: list[tuple[int, Scored]] = []
        for first, group, own in zip(self.first, self.groups, self.found, strict=True):
            beside = [other for other in of_victim[_attacked(group)] if other is not own]
            scored.append((first, _entry(made, group, own, beside, estimand)))
        return scored


def _searched(cells: Sequence[CondensedCell]) -> list[tuple[int, CondensedCell]]:
    """Cells with all sounds, by their place in the order of the descriptions of all."""
    ordered = sorted(cells, key=lambda cell: cell.description.text)
    return [(rank, cell) for rank, cell in enumerate(ordered) if cell.description.names.half is None]


def _cell(cell: CondensedCell) -> Hashable:
    return pooled_by(cell), cell.description.names.fold, cell.description.names.seed


def _attacked(group: Sequence[CondensedCell]) -> Hashable:
    """Who was attacked, on what, by which rules: attacks that agree in it can be compared."""
    names, rests = group[0].description.names, group[0].description.rests_on
    corpora = rests.corpus_fingerprint, rests.train_corpus_fingerprint
    rules = corpora, rests.noise_fingerprint, rests.perception, rests.min_snr_db, rests.device
    places = frozenset((cell.description.names.fold, cell.description.names.seed) for cell in group)
    return names.victim, names.defense, names.setting, rules, places


def _entry(
    kind: type[CellScores | PooledScores],
    group: Sequence[CondensedCell],
    own: EntryRecords,
    beside: Sequence[EntryRecords],
    estimand: Estimand,
) -> Scored:
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
