"""Queries to success and smallest perturbations of the attacks of a run."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.contracts.threat_models import Counted
from bench.scoring.arrays import Floats
from bench.scoring.figures.conditions import Condition
from bench.scoring.figures.dependence import Estimand
from bench.scoring.figures.searches import Median, medians_of, smallest_of
from bench.scoring.inference.designs import Design


@dataclass(frozen=True)
class MedianQueries:
    """Hold how many queries an attack needs under one condition.

    Args:
        corr: whether the attacker was informed.
        noises: which successes are counted.
        queries: to the first success; those who had none are censored at the budget.
    """

    corr: bool
    noises: Counted
    queries: Median

    def to_json(self) -> dict[str, object]:
        """Return one of `queries[]` in docs/json.md."""
        return {"corr": self.corr, "noises": self.noises, **self.queries.to_json()}


@dataclass(frozen=True)
class SmallestPerturbation:
    """Hold how small an attack's noise can be.

    Args:
        corr: whether the attacker was informed.
        noises: which successes are counted.
        k: queries allowed.
        snr_db: the greatest SNR of an utterance's successes.
    """

    corr: bool
    noises: Counted
    k: int
    snr_db: Median

    def to_json(self) -> dict[str, object]:
        """Return one of `smallest_perturbation[]` in docs/json.md."""
        return {"corr": self.corr, "noises": self.noises, "k": self.k, **self.snr_db.to_json()}


def query_medians(conditions: Sequence[Condition], budget: int, estimand: Estimand) -> Iterator[MedianQueries]:
    """Estimate the median number of queries to success under each condition; none for attacks that ask once.

    Args:
        conditions: of one attack.
        budget: the greatest number of queries.
        estimand: what the intervals are about.
    """
    asked = [_Asked.queries(one, budget) for one in conditions if one.records.searches]
    for one, median in zip(asked, _medians(asked, estimand), strict=True):
        yield MedianQueries(one.of.corr, one.of.noises, median)


def smallest_perturbations(
    conditions: Sequence[Condition], ks: Sequence[int], estimand: Estimand
) -> Iterator[SmallestPerturbation]:
    """Estimate the median of the greatest SNR of each utterance's successes, under each condition at each k.

    Args:
        conditions: of one attack.
        ks: numbers of queries within the budget.
        estimand: what the intervals are about.
    """
    found = [(k, _Asked.quietest(one.at(k), k)) for one, k in itertools.product(conditions, ks) if one.has(k)]
    for (k, one), median in zip(found, _medians([one for _, one in found], estimand), strict=True):
        yield SmallestPerturbation(one.of.corr, one.of.noises, k, median)


def foresee_medians(asked: Iterable[tuple[Sequence[Condition], Sequence[int], int]], estimand: Estimand) -> None:
    """Compute the medians that `query_medians` and `smallest_perturbations` will ask for, of any attacks.

    Args:
        asked: of each attack its conditions, numbers of queries, and budget.
        estimand: what the intervals are about.
    """
    wanted = []
    for conditions, ks, budget in asked:
        wanted += [_Asked.queries(one, budget) for one in conditions if one.records.searches]
        wanted += [_Asked.quietest(one.at(k), k) for one, k in itertools.product(conditions, ks) if one.has(k)]
    _medians(wanted, estimand)


@dataclass(frozen=True, eq=False)
class _Asked:
    """A median of the utterances of a condition.

    Args:
        of: the condition.
        budget: the greatest number of queries; None of a median of SNRs.
        values: shape (n,), of its utterances.
    """

    of: Condition
    budget: int | None
    values: Floats

    @classmethod
    def queries(cls, one: Condition, budget: int) -> _Asked:
        return cls(one, budget, one.first)

    @classmethod
    def quietest(cls, one: Condition, k: int) -> _Asked:
        records, noises = one.records, one.noises
        return cls(one, None, records.once(("quietest", k, noises), lambda: records.quietest(k, noises)))


def _medians(asked: Sequence[_Asked], estimand: Estimand) -> list[Median]:
    """Medians under several conditions, those that hang on the same utterances at once; no two that are the same."""
    known = [one.of.records.once(("medians", estimand, one.budget), dict[bytes, Median]) for one in asked]
    told = [one.values.tobytes() for one in asked]
    alike: dict[tuple[int, int | None], tuple[Design | None, dict[bytes, list[int]]]] = {}
    for place, (one, own) in enumerate(zip(asked, told, strict=True)):
        if own not in known[place]:
            design = one.of.even(estimand)
            alike.setdefault((id(design), one.budget), (design, {}))[1].setdefault(own, []).append(place)
    for (_, budget), (design, places) in alike.items():
        values = [asked[some[0]].values for some in places.values()]
        found = smallest_of(values, design) if budget is None else medians_of(values, budget, design)
        for (own, some), median in zip(places.items(), found, strict=True):
            for place in some:
                known[place][own] = median
    return [own[name] for own, name in zip(known, told, strict=True)]
