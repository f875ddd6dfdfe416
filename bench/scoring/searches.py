"""What a search costs and how good it is: queries to success, the quietest success, and how near the best it comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bench.contracts.threat_models import Counted
from bench.scoring.clustering import Numbers
from bench.scoring.columns import Floats, Mask
from bench.scoring.estimates import Estimate, Interval
from bench.scoring.intervals import proportion_interval
from bench.scoring.scores import UTTERANCE, first_successes, utterance_numbers, within
from bench.scoring.survival import kaplan_meier

HALF = 0.5


@dataclass(frozen=True)
class Median:
    """Hold a median of which more than half may lie beyond what was seen.

    Args:
        value: the median; None where it was not reached.
        low: lower bound of its 95 % interval; None where it lies beyond.
        high: upper bound; None where it lies beyond.
        seen: so many had a value.
        n: of so many.
    """

    value: float | None
    low: float | None
    high: float | None
    seen: int
    n: int

    def to_json(self) -> dict[str, object]:
        """Return the median as an object: what was not reached is null."""
        return {"median": self.value, "ci95": [self.low, self.high], "seen": self.seen, "n": self.n}


def median_queries(
    queries: ArrayLike,
    budget: int,
    clusters: ArrayLike,
    units: ArrayLike | None = None,
    crossed: Sequence[ArrayLike] = (),
) -> Median:
    """Estimate the median number of queries to success, with searches that did not succeed censored at the budget.

    The median is Kaplan and Meier's: the first k with a survival of at most 1/2. A search that ended early by itself
    has failed, and stays at risk to the budget, as in Acc_att, so that survival at k is 1 − Acc_att(k). The interval
    goes from the first k whose interval of Acc_att(k) reaches 1/2 to the first at which all of it does (Brookmeyer &
    Crowley 1982, Biometrics 38, with the clustered interval in the place of Greenwood's).

    Args:
        queries: shape (n,), to the first success; infinite where there was none.
        budget: the greatest number of queries.
        clusters: the speaker of each.
        units: the utterance of each, as in
            [`proportion_interval`][bench.scoring.intervals.proportion_interval].
        crossed: further clusterings.

    Raises:
        ValueError: there is none, or the budget is below 1.

    >>> speakers = [f"s{i // 5}" for i in range(50)]
    >>> found = median_queries([2, 4, 6, 8, float("inf")] * 10, 10, speakers)
    >>> found.value, found.low, found.high, found.seen
    (6.0, 4.0, 8.0, 40)
    """

    def interval(hits: Mask) -> Interval:
        return proportion_interval(hits, clusters, units=units, crossed=crossed)

    return median_of(np.asarray(queries, dtype=np.float64), budget, interval)


def median_of(first: Floats, budget: int, interval: Callable[[Mask], Interval]) -> Median:
    """Estimate the median number of queries to success as `median_queries` does.

    Args:
        first: shape (n,), to the first success; infinite where there was none.
        budget: the greatest number of queries.
        interval: computes the interval of the share of the n of which something is true.

    Raises:
        ValueError: there is none, or the budget is below 1.
    """
    if budget < 1 or not len(first):
        raise ValueError(f"{len(first)} searches of at most {budget} queries: need a search, and a query")
    within = first <= budget
    median = kaplan_meier(np.where(within, first, budget), within).median

    def bounds(k: float) -> Interval:
        return interval(first <= k)

    levels = np.arange(1.0, budget + 1)
    low, high = _where_half_is_open(levels, _shares_up_to(levels, first), bounds)
    return Median(_finite(median), low, high, int(within.sum()), len(first))


def smallest_perturbation(
    snrs_db: ArrayLike, clusters: ArrayLike, units: ArrayLike | None = None, crossed: Sequence[ArrayLike] = ()
) -> Median:
    """Estimate the median over utterances of the greatest SNR at which an attack succeeded: how small it could be.

    An utterance without success, or only by candidates that have no SNR, counts as below every SNR: the median is that
    of all attacked utterances, not of those that fell easily. Its interval is found as that of
    [`median_queries`][bench.scoring.searches.median_queries], with the share that fell at an SNR or above it (Woodruff
    1952, J. American Statistical Association 47).

    Args:
        snrs_db: shape (n,), in dB; minus infinity, or NaN, where there was none.
        clusters: the speaker of each.
        units: the utterance of each, as in
            [`proportion_interval`][bench.scoring.intervals.proportion_interval].
        crossed: further clusterings.

    Raises:
        ValueError: there is none.

    >>> speakers = [f"s{i // 5}" for i in range(50)]
    >>> found = smallest_perturbation([30, 20, 15, 12, float("nan")] * 10, speakers)
    >>> found.value, found.seen
    (15.0, 40)
    """

    def interval(hits: Mask) -> Interval:
        return proportion_interval(hits, clusters, units=units, crossed=crossed)

    return smallest_of(np.asarray(snrs_db, dtype=np.float64), interval)


def smallest_of(given: Floats, interval: Callable[[Mask], Interval]) -> Median:
    """Estimate the median of the greatest SNRs of successes as `smallest_perturbation` does.

    Args:
        given: shape (n,), in dB; minus infinity, or NaN, where there was none.
        interval: computes the interval of the share of the n of which something is true.

    Raises:
        ValueError: there is none.
    """
    if not len(given):
        raise ValueError("no utterance was attacked")
    quietness = np.where(np.isnan(given), -np.inf, given)
    seen = quietness > -np.inf
    levels = -np.unique(quietness[seen])[::-1]
    turned = kaplan_meier(np.where(seen, -quietness, np.inf), seen).median

    def bounds(level: float) -> Interval:
        return interval(-quietness <= level)

    first, last = _where_half_is_open(levels, _shares_up_to(levels, -quietness), bounds)
    median = None if _finite(turned) is None else -turned
    quietest, loudest = (None if one is None else -one for one in (first, last))
    return Median(median, loudest, quietest, int(seen.sum()), len(given))


def _where_half_is_open(
    levels: Numbers, shares: Numbers, bounds: Callable[[float], Interval]
) -> tuple[float | None, float | None]:
    """The first levels at which the interval of the share up to it reaches 1/2, and lies above; None beyond them."""
    first: float | None = None
    for level, share in zip(levels.tolist(), shares.tolist(), strict=True):
        if first is not None and share < HALF:  # nor does the lower bound reach it
            continue
        low, high = bounds(level)
        first = level if first is None and high >= HALF else first
        if low >= HALF:  # the upper bound lies above it
            return first, level
    return first, None


def _shares_up_to(levels: Numbers, values: Numbers) -> Numbers:
    return np.asarray(np.searchsorted(np.sort(values), levels, side="right") / len(values), dtype=np.float64)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def optimality_gap(
    queries: Mapping[str, ArrayLike],
    budget: int,
    clusters: ArrayLike,
    units: ArrayLike | None = None,
) -> dict[str, Estimate]:
    """Estimate how far each attack stays behind the best that any of them reached on the same utterances.

    The area between the curves of success against k, over the budget K:
    1/K · Σ_{k=1..K} (share that fell to any attack within k − share that fell to this one within k)
    = mean over utterances of (min(q_own, K + 1) − min(q_best, K + 1)) / K. 0: no attack was faster on any utterance.

    Args:
        queries: by attack, shape (n,), queries to the first success; infinite where there was none.
        budget: the greatest number of queries, K.
        clusters: shape (n,), the speaker of each utterance.
        units: shape (n,), the utterance, as in
            [`proportion_interval`][bench.scoring.intervals.proportion_interval].

    Returns:
        By attack, from 0 to 1.

    Raises:
        ValueError: there is no attack, or they are of unlike many utterances.

    >>> found = optimality_gap({"fast": [1, 3], "slow": [5, 3]}, budget=4, clusters=["a", "b"])
    >>> {name: gap.value for name, gap in found.items()}
    {'fast': 0.0, 'slow': 0.5}
    """
    if not queries:
        raise ValueError("no attack to compare")
    capped = {name: np.minimum(np.asarray(one, dtype=np.float64), budget + 1) for name, one in queries.items()}
    best = np.min(np.stack(list(capped.values())), axis=0)
    gaps = {name: (one - best) / budget for name, one in capped.items()}
    return {
        name: Estimate(float(gap.mean()), *proportion_interval(gap, clusters, units=units), n=len(gap))
        for name, gap in gaps.items()
    }


def queries_of(rows: pd.DataFrame, counted: Counted) -> pd.DataFrame:
    """Count queries to the first success of each attacked utterance.

    Args:
        rows: records of one or more cells.
        counted: which successes count: "imperceptible", "additive" or "all".

    Returns:
        One row an utterance and cell: fold, seed, repeat, utterance, speaker, queries.
    """
    return first_successes(rows, counted).rename(columns={"first": "queries"})


def quietest_of(rows: pd.DataFrame, k: int, counted: Counted) -> pd.DataFrame:
    """Find the greatest SNR of each attacked utterance's successes within k queries.

    Args:
        rows: records of one or more cells.
        k: queries allowed.
        counted: which successes count: "imperceptible", "additive" or "all".

    Returns:
        One row an utterance and cell: fold, seed, repeat, utterance, speaker, snr_db (NaN where there was none).
    """
    hit = (rows["accepted"] & (rows["query"] <= k) & within(rows, counted)).to_numpy(bool)
    number, starts = utterance_numbers(rows)
    quietest = np.full(len(starts), np.nan)
    np.fmax.at(quietest, number[hit], rows["snr_db"].to_numpy(float)[hit])
    return rows.iloc[starts][[*UTTERANCE, "speaker"]].reset_index(drop=True).assign(snr_db=quietest)
