"""Queries to success and smallest perturbations of the attacks of a run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from bench.contracts.threat_models import Counted
from bench.scoring.columns import Mask
from bench.scoring.conditions import Condition
from bench.scoring.dependence import Estimand
from bench.scoring.estimates import Interval
from bench.scoring.searches import Median, median_of, smallest_of


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
    for one in conditions:
        if one.records.most_asked > 1:
            yield MedianQueries(one.corr, one.noises, median_of(one.first, budget, partial(_interval, one, estimand)))


def smallest_perturbations(
    conditions: Sequence[Condition], ks: Sequence[int], estimand: Estimand
) -> Iterator[SmallestPerturbation]:
    """Estimate the median of the greatest SNR of each utterance's successes, under each condition at each k.

    Args:
        conditions: of one attack.
        ks: numbers of queries within the budget.
        estimand: what the intervals are about.
    """
    for condition, k in ((one, k) for one, k in itertools.product(conditions, ks) if one.has(k)):
        one = condition.at(k)
        quietest = one.records.quietest(k, one.noises)
        yield SmallestPerturbation(one.corr, one.noises, k, smallest_of(quietest, partial(_interval, one, estimand)))


def _interval(condition: Condition, estimand: Estimand, hits: Mask) -> Interval:
    return condition.interval(hits, condition.records.attacked.utterance, estimand)
