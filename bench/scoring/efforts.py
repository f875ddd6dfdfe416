"""Queries to success and smallest perturbations of the attacks of a run."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.contracts.threat_models import Counted
from bench.scoring.conditions import Condition
from bench.scoring.dependence import Estimand
from bench.scoring.designs import Design
from bench.scoring.searches import Median, medians_of, smallest_of


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
    searched = [one for one in conditions if one.records.most_asked > 1]
    found = _medians(
        searched, lambda some, design: medians_of([searched[one].first for one in some], budget, design), estimand
    )
    for one, median in zip(searched, found, strict=True):
        yield MedianQueries(one.corr, one.noises, median)


def smallest_perturbations(
    conditions: Sequence[Condition], ks: Sequence[int], estimand: Estimand
) -> Iterator[SmallestPerturbation]:
    """Estimate the median of the greatest SNR of each utterance's successes, under each condition at each k.

    Args:
        conditions: of one attack.
        ks: numbers of queries within the budget.
        estimand: what the intervals are about.
    """
    asked = [(one.at(k), k) for one, k in itertools.product(conditions, ks) if one.has(k)]
    quietest = [one.records.quietest(k, one.noises) for one, k in asked]
    found = _medians(
        [one for one, _ in asked], lambda some, design: smallest_of([quietest[one] for one in some], design), estimand
    )
    for (one, k), median in zip(asked, found, strict=True):
        yield SmallestPerturbation(one.corr, one.noises, k, median)


def _medians(
    conditions: Sequence[Condition], medians: Callable[[Sequence[int], Design | None], list[Median]], estimand: Estimand
) -> list[Median]:
    """Medians under several conditions, those of the same records at once.

    Args:
        conditions: of one attack.
        medians: of some of them, by their places, on whose records the intervals hang so.
        estimand: what the intervals are about.
    """
    alike: dict[int, list[int]] = {}
    for place, one in enumerate(conditions):
        alike.setdefault(id(one.records), []).append(place)
    found: dict[int, Median] = {}
    for some in alike.values():
        found |= zip(some, medians(some, conditions[some[0]].even(estimand)), strict=True)
    return [found[place] for place in range(len(conditions))]
