"""What a search costs and how good it is: queries to success, the quietest success, and how near the best it comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bench.contracts.threat_models import Counted
from bench.scoring.arrays import Floats
from bench.scoring.inference.clustering import Clusters, cluster_count, samples
from bench.scoring.inference.designs import Design
from bench.scoring.inference.estimates import Estimate
from bench.scoring.inference.half_levels import Growing, where_half_is_open
from bench.scoring.inference.intervals import proportion_intervals
from bench.scoring.scores import UTTERANCE, utterance_numbers, within

if TYPE_CHECKING:
    import pandas as pd


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
            [`proportion_interval`][bench.scoring.inference.intervals.proportion_interval].
        crossed: further clusterings.

    Raises:
        ValueError: there is none, or the budget is below 1.

    >>> speakers = [f"s{i // 5}" for i in range(50)]
    >>> found = median_queries([2, 4, 6, 8, float("inf")] * 10, 10, speakers)
    >>> found.value, found.low, found.high, found.seen
    (6.0, 4.0, 8.0, 40)
    """

    first = np.asarray(queries, dtype=np.float64)
    (found,) = medians_of([first], budget, _even(len(first), clusters, units, crossed))
    return found


def medians_of(firsts: Sequence[Floats], budget: int, design: Design | None) -> list[Median]:
    """Estimate several median numbers of queries to success as `median_queries` does, of the same utterances.

    Args:
        firsts: shape (n,) each, to the first success; infinite where there was none.
        budget: the greatest number of queries.
        design: what intervals hang on; None for one speaker.

    Raises:
        ValueError: there is no utterance, or the budget is below 1.
    """
    if budget < 1 or not all(map(len, firsts)):
        raise ValueError(f"searches of at most {budget} queries, or none: need a search, and a query")
    # the share changes only where somebody succeeds; at the first query its interval may be wide enough before
    levels = [np.unique(np.append(one[one <= budget], 1.0)) for one in firsts]
    bounds = where_half_is_open([Growing(*one) for one in zip(firsts, levels, strict=True)], design)
    return [
        Median(_middle(first, budget), *known, int((first <= budget).sum()), len(first))
        for first, known in zip(firsts, bounds, strict=True)
    ]


def smallest_perturbation(
    snrs_db: ArrayLike, clusters: ArrayLike, units: ArrayLike | None = None, crossed: Sequence[ArrayLike] = ()
) -> Median:
    """Estimate the median over utterances of the greatest SNR at which an attack succeeded: how small it could be.

    An utterance without success, or only by candidates that have no SNR, counts as below every SNR: the median is that
    of all attacked utterances, not of those that fell easily. Its interval is found as that of
    [`median_queries`][bench.scoring.figures.searches.median_queries], with the share that fell at an SNR or above it
    (Woodruff 1952, J. American Statistical Association 47).

    Args:
        snrs_db: shape (n,), in dB; minus infinity, or NaN, where there was none.
        clusters: the speaker of each.
        units: the utterance of each, as in
            [`proportion_interval`][bench.scoring.inference.intervals.proportion_interval].
        crossed: further clusterings.

    Raises:
        ValueError: there is none.

    >>> speakers = [f"s{i // 5}" for i in range(50)]
    >>> found = smallest_perturbation([30, 20, 15, 12, float("nan")] * 10, speakers)
    >>> found.value, found.seen
    (15.0, 40)
    """

    given = np.asarray(snrs_db, dtype=np.float64)
    (found,) = smallest_of([given], _even(len(given), clusters, units, crossed))
    return found


def smallest_of(given: Sequence[Floats], design: Design | None) -> list[Median]:
    """Estimate medians of the greatest SNRs of successes as `smallest_perturbation` does, of the same utterances.

    Args:
        given: shape (n,) each, in dB; minus infinity, or NaN, where there was none.
        design: what intervals hang on; None for one speaker.

    Raises:
        ValueError: there is no utterance.
    """
    if not all(map(len, given)):
        raise ValueError("no utterance was attacked")
    loudness = [np.where(np.isnan(one), np.inf, -one) for one in given]
    levels = [np.unique(one[one < np.inf]) for one in loudness]
    bounds = where_half_is_open([Growing(*one) for one in zip(loudness, levels, strict=True)], design)
    return [
        Median(
            _turned(_middle(values, np.inf)), _turned(last), _turned(first), int((values < np.inf).sum()), len(values)
        )
        for values, (first, last) in zip(loudness, bounds, strict=True)
    ]


def _even(n: int, clusters: ArrayLike, units: ArrayLike | None, crossed: Sequence[ArrayLike]) -> Design | None:
    """What the intervals of shares hang on; None of a single speaker."""
    if not n or cluster_count(clusters) < 2:
        return None
    return Design.even(n, Clusters((np.asarray(clusters), *samples(crossed)), units))


def _middle(values: Floats, most: float) -> float | None:
    """The first level up to which half of all lie, or more; None beyond the greatest.

    It is Kaplan and Meier's median, since who did not succeed was watched to the end.
    """
    found = float(np.sort(values)[(len(values) - 1) // 2])
    return found if np.isfinite(found) and found <= most else None


def _turned(value: float | None) -> float | None:
    return None if value is None else -value


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
            [`proportion_interval`][bench.scoring.inference.intervals.proportion_interval].

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
    capped = np.stack([np.minimum(np.asarray(one, dtype=np.float64), budget + 1) for one in queries.values()])
    gaps = (capped - np.min(capped, axis=0)) / budget
    intervals = proportion_intervals(gaps, clusters, units)
    each = zip(queries, gaps, intervals, strict=True)
    return {name: Estimate(float(gap.mean()), *interval, n=len(gap)) for name, gap, interval in each}


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
