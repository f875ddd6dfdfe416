"""What one entry of the results rests on: the records of a victim, a defence and an attack that are put together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from bench.contracts.threat_models import COUNTED, NOTHING_GRANTED, Counted, ThreatModel
from bench.core.types import Half
from bench.scoring.candidates import Candidates, Tally
from bench.scoring.conditions import Condition
from bench.scoring.descriptions import Description
from bench.scoring.records import CellRecords, pooled_rows
from bench.scoring.scores import clean


@dataclass(frozen=True)
class EntryRecords:
    """Hold the records that one entry of the results is made of.

    Args:
        about: what determined the first of its cells.
        conditions: by Corr and Noises, in the order of P1's Table 2.
        rows: of the first of the attack's variants, for each fold, seed and repeat: all their clean rows agree.
        most_asked: the greatest number of queries of an utterance, in any variant.
        tally: counts of the queries of all its variants.
        ks: numbers of queries within the budget, ascending; of an attack that knows its budget, those that it was run
            with.
        halves: by half of the bank, the same conditions with its sounds alone; empty where they were not run.
        threat_model: what the attacker was granted: what all variants share, and the most that any was allowed.
        trained_on: attacked speakers that somebody else trained the victim on, as it says.
    """

    about: Description
    conditions: tuple[Condition, ...]
    rows: pd.DataFrame
    most_asked: int
    tally: Tally
    ks: tuple[int, ...]
    halves: Mapping[Half, tuple[Condition, ...]] = field(default_factory=dict)
    threat_model: ThreatModel = NOTHING_GRANTED
    trained_on: frozenset[str] = frozenset()

    @classmethod
    def of(cls, group: Sequence[CellRecords], ks: Sequence[int], halves: Sequence[CellRecords] = ()) -> EntryRecords:
        """Put cells together.

        Args:
            group: at least one; of one victim, defence and attack, in any variants, folds, seeds and repeats.
            ks: numbers of queries, in any order; those beyond the budget are left out.
            halves: the same with either half of the bank alone.
        """
        budgets = {_budget(cell) for cell in group}
        most = [cell for cell in group if _budget(cell) == max(budgets)]
        about = most[0].description
        within = {k for k in ks if k <= max(budgets)} if about.anytime else budgets & set(ks)
        by_half: dict[Half, list[CellRecords]] = {}
        for cell in halves:
            if cell.description.names.half is not None:
                by_half.setdefault(cell.description.names.half, []).append(cell)
        either = {half: _of_budgets(cells) for half, cells in by_half.items()}
        tally = Tally.total(cell.tally or Tally.of(cell.rows, about.rests_on.min_snr_db) for cell in most)
        most_asked = max(int(cell.rows["query"].max()) for cell in most)
        allowed = max((cell.description.threat_model.allowed for cell in group), key=COUNTED.index)
        granted = replace(about.shared, allowed=allowed)
        rows = pooled_rows(_one_of_each(most))
        met = frozenset(speaker for cell in group for speaker in cell.description.trained_on)
        return cls(about, _of_budgets(group), rows, most_asked, tally, tuple(sorted(within)), either, granted, met)

    @property
    def clean(self) -> pd.DataFrame:
        """Return the clean row of each utterance, numbered anew."""
        return clean(self.rows).reset_index(drop=True)

    @property
    def searches(self) -> bool:
        """Return whether the attack asks more than once."""
        return self.most_asked > 1

    @property
    def most(self) -> int:
        """Return the greatest number of queries that is scored; the budget where none is."""
        return max(self.ks, default=self.about.rests_on.max_queries)

    @property
    def candidates(self) -> Candidates:
        """Return how many candidates were tried, and how many of them the SNR lets count."""
        return Candidates.of(self.tally, self.about.rests_on.min_snr_db)


def _one_of_each(group: Sequence[CellRecords]) -> list[CellRecords]:
    """For each fold, seed and repeat the first of its variants: the clean rows of all of them agree."""
    first = {}
    for cell in reversed(group):
        names = cell.description.names
        first[names.fold, names.seed, names.repeat] = cell
    return list(first.values())[::-1]


def _budget(cell: CellRecords) -> int:
    return cell.description.rests_on.max_queries


def _of_budgets(group: Sequence[CellRecords]) -> tuple[Condition, ...]:
    """The conditions of some cells: those of the greatest budget, and where each budget was run apart, of all."""
    most = max(map(_budget, group))
    anytime = group[0].description.anytime
    return _conditions([cell for cell in group if _budget(cell) == most], () if anytime else group)


def _conditions(group: Sequence[CellRecords], every: Sequence[CellRecords]) -> tuple[Condition, ...]:
    """The records of each (corr, noises), in the order of P1's Table 2.

    Args:
        group: cells of the greatest budget.
        every: of an attack that knows its budget, those of all budgets.
    """
    found: dict[tuple[bool, Counted], list[CellRecords]] = {}
    apart: dict[tuple[bool, Counted], dict[int, list[CellRecords]]] = {}
    for cell in group:
        for noises in cell.description.noises:
            found.setdefault((cell.description.corr, noises), []).append(cell)
    for cell in every:
        for noises in cell.description.noises:
            apart.setdefault((cell.description.corr, noises), {}).setdefault(_budget(cell), []).append(cell)
    ordered = sorted(found, key=lambda condition: (COUNTED.index(condition[1]), condition[0]))
    return tuple(
        Condition(*one, pooled_rows(found[one]), {k: pooled_rows(cells) for k, cells in apart.get(one, {}).items()})
        for one in ordered
    )


def grouped(cells: Sequence[CellRecords], by: Callable[[CellRecords], Hashable]) -> dict[Hashable, list[CellRecords]]:
    """Put cells together that agree in something, in their order.

    Args:
        cells: records.
        by: what they are to agree in.
    """
    groups: dict[Hashable, list[CellRecords]] = {}
    for cell in cells:
        groups.setdefault(by(cell), []).append(cell)
    return groups
