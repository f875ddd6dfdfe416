"""What one entry of the results rests on: the records of a victim, a defence and an attack that are put together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from bench.contracts.threat_models import COUNTED, NOTHING_GRANTED, Counted, ThreatModel
from bench.core.types import Half
from bench.scoring.arrays import Places
from bench.scoring.figures.conditions import Condition
from bench.scoring.record_files.candidates import Candidates, Tally
from bench.scoring.record_files.condensed import CondensedCell, Pools
from bench.scoring.record_files.descriptions import Description
from bench.scoring.record_files.pooled import PooledRecords

if TYPE_CHECKING:
    import pandas as pd


_C = TypeVar("_C")


@dataclass(frozen=True)
class EntryRecords:
    """Hold the records that one entry of the results is made of.

    Args:
        about: what determined the first of its cells.
        conditions: by Corr and Noises, in the order of P1's Table 2.
        records: of the first of the attack's variants, for each fold, seed and repeat: all their clean rows agree.
        searches: whether the attack may ask more than once about an utterance, in any variant.
        tally: counts of the queries of all its variants.
        ks: numbers of queries within the budget, ascending; of an attack that knows its budget, those that it was run
            with.
        halves: by half of the bank, the same conditions with its sounds alone; empty where they were not run.
        threat_model: what the attacker was granted: what all variants share, and the most that any was allowed.
        trained_on: attacked speakers that somebody else trained the victim on, as it says.
        in_sessions: of how many clean utterances a victim that remembers says something else in a session, and of how
            many they are; none of any other.
        rehearsed: by Corr and the widest kind of successes that a variant counts, how many validation utterances fell
            in its rehearsals, and of how many; empty where it is not told.
        first_moves: of each cell of an informed attack, of how many first queries which share was to change the answer,
            as was found on validation speakers, and did.
    """

    about: Description
    conditions: tuple[Condition, ...]
    records: PooledRecords
    searches: bool
    tally: Tally
    ks: tuple[int, ...]
    halves: Mapping[Half, tuple[Condition, ...]] = field(default_factory=dict)
    threat_model: ThreatModel = NOTHING_GRANTED
    trained_on: frozenset[str] = frozenset()
    in_sessions: tuple[int, int] = (0, 0)
    rehearsed: Mapping[tuple[bool, Counted], tuple[int, int]] = field(default_factory=dict)
    first_moves: tuple[tuple[int, float, float], ...] = ()

    @classmethod
    def of(
        cls,
        group: Sequence[CondensedCell],
        ks: Sequence[int],
        halves: Sequence[CondensedCell] = (),
        pools: Pools | None = None,
    ) -> EntryRecords:
        """Put cells together.

        Args:
            group: at least one; of one victim, defence and attack, in any variants, folds, seeds and repeats.
            ks: numbers of queries, in any order; those beyond the budget are left out.
            halves: the same with either half of the bank alone.
            pools: puts records together; those of other attacks on the same victim may have been.
        """
        together, group = pools or Pools(), each_once(group, lambda cell: cell.description)
        budgets = {_budget(cell) for cell in group}
        most = [cell for cell in group if _budget(cell) == max(budgets)]
        about = most[0].description
        within = {k for k in ks if k <= max(budgets)} if about.anytime else budgets & set(ks)
        by_half: dict[Half, list[CondensedCell]] = {}
        for cell in halves:
            if cell.description.names.half is not None:
                by_half.setdefault(cell.description.names.half, []).append(cell)
        either = {half: _of_budgets(cells, together) for half, cells in by_half.items()}
        tally = Tally.total(cell.tally for cell in most)
        searches = any(cell.searches for cell in most)
        allowed = max((cell.description.threat_model.allowed for cell in group), key=COUNTED.index)
        granted = replace(about.shared, allowed=allowed)
        records = together.of(_one_of_each(most))
        met = frozenset(speaker for cell in group for speaker in cell.description.trained_on)
        conditions = _of_budgets(group, together)
        counts = [cell.description.in_sessions or (0, 0) for cell in group]
        lost = sum(one for one, _ in counts), sum(of for _, of in counts)
        told = _rehearsed(most), tuple(one for cell in most if (one := cell.description.first_moves) is not None)
        ks_within = tuple(sorted(within))
        return cls(about, conditions, records, searches, tally, ks_within, either, granted, met, lost, *told)

    @cached_property
    def clean_rows(self) -> Places:
        """Return the places of the clean rows, one of each utterance, in order."""
        return np.flatnonzero(self.records.columns.query == 0)

    @cached_property
    def clean(self) -> pd.DataFrame:
        """Return the clean row of each utterance as a table."""
        return self.records.frame.take(self.clean_rows).reset_index(drop=True)

    @property
    def most(self) -> int:
        """Return the greatest number of queries that is scored; the budget where none is."""
        return max(self.ks, default=self.about.rests_on.max_queries)

    @property
    def candidates(self) -> Candidates:
        """Return how many candidates were tried, and how many of them the SNR lets count."""
        return Candidates.of(self.tally, self.about.rests_on.min_snr_db)


def _one_of_each(group: Sequence[CondensedCell]) -> list[CondensedCell]:
    """For each fold, seed and repeat the first of its variants: the clean rows of all of them agree."""
    first = {}
    for cell in reversed(group):
        names = cell.description.names
        first[names.fold, names.seed, names.repeat] = cell
    return list(first.values())[::-1]


def _rehearsed(group: Sequence[CondensedCell]) -> dict[tuple[bool, Counted], tuple[int, int]]:
    """How many validation utterances fell in the rehearsals of each variant, and of how many."""
    found: dict[tuple[bool, Counted], tuple[int, int]] = {}
    for about in (cell.description for cell in group):
        if about.rehearsed is not None:
            variant = about.corr, max(about.noises, key=COUNTED.index)
            (fell, of), (more, others) = about.rehearsed, found.get(variant, (0, 0))
            found[variant] = fell + more, of + others
    return found


def _budget(cell: CondensedCell) -> int:
    return cell.description.rests_on.max_queries


def _of_budgets(group: Sequence[CondensedCell], pools: Pools) -> tuple[Condition, ...]:
    """The conditions of some cells: those of the greatest budget, and where each budget was run apart, of all."""
    most = max(map(_budget, group))
    anytime = group[0].description.anytime
    return _conditions([cell for cell in group if _budget(cell) == most], () if anytime else group, pools)


def _conditions(group: Sequence[CondensedCell], every: Sequence[CondensedCell], pools: Pools) -> tuple[Condition, ...]:
    """The records of each (corr, noises), in the order of P1's Table 2.

    Args:
        group: cells of the greatest budget.
        every: of an attack that knows its budget, those of all budgets.
        pools: puts records together.
    """
    found: dict[tuple[bool, Counted], list[CondensedCell]] = {}
    apart: dict[tuple[bool, Counted], dict[int, list[CondensedCell]]] = {}
    for cell in group:
        for noises in cell.description.noises:
            found.setdefault((cell.description.corr, noises), []).append(cell)
    for cell in every:
        for noises in cell.description.noises:
            apart.setdefault((cell.description.corr, noises), {}).setdefault(_budget(cell), []).append(cell)
    ordered = sorted(found, key=lambda condition: (COUNTED.index(condition[1]), condition[0]))
    return tuple(
        Condition(*one, pools.of(found[one]), {k: pools.of(cells) for k, cells in apart.get(one, {}).items()})
        for one in ordered
    )


def grouped(cells: Sequence[_C], by: Callable[[_C], Hashable]) -> dict[Hashable, list[_C]]:
    """Put cells together that agree in something, in their order.

    Args:
        cells: records.
        by: what they are to agree in.
    """
    groups: dict[Hashable, list[_C]] = {}
    for cell in cells:
        groups.setdefault(by(cell), []).append(cell)
    return groups


def each_once(cells: Sequence[_C], described: Callable[[_C], Description]) -> list[_C]:
    """Return cells without those that are there twice, as after a run that was repeated to measure more: these stay.

    Args:
        cells: records.
        described: gives the description of one.
    """
    found: dict[Hashable, tuple[int, _C]] = {}
    for cell in cells:
        about = described(cell)
        what = about.names, about.rests_on, about.corr, about.noises
        if what not in found or len(about.measures) > found[what][0]:
            found[what] = len(about.measures), cell
    return [cell for _, cell in found.values()]
