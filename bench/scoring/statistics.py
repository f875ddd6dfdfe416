"""Intervals and tests that know that utterances of one speaker are not independent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from bench.scoring.estimates import Interval


def proportion_interval(
    successes: ArrayLike,
    clusters: Sequence[str],
    level: float = 0.95,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> Interval:
    """Compute the confidence interval of a share, clustered by speaker (Korn & Graubard 1998).

    The number of utterances is replaced by the effective number, n / deff, where deff compares the between-speaker
    variance with that of a simple random sample, times (z / t)² for the few degrees of freedom that G speakers leave
    (G − 1); the interval is then Clopper & Pearson's. It lies within [0, 1], and holds where the usual ± breaks down:
    shares near 0 and 1, and few speakers.

    Args:
        successes: shape (n,), 0 or 1.
        clusters: the speaker of each.
        level: coverage.
        strata: for a weighted mean of means (UAR: of the classes' recalls), which mean each utterance belongs to.
        weights: shape (n,), summing to 1; equal by default.

    Returns:
        Lower and upper bound; (0, 1) for a single speaker, who says nothing about others.

    Raises:
        ValueError: nothing to count.

    >>> low, high = proportion_interval([i % 2 for i in range(100)], [f"s{i // 10}" for i in range(100)])
    >>> round(low, 2), round(high, 2)
    (0.38, 0.62)
    """
    hits = np.asarray(successes, dtype=float)
    if not len(hits):
        raise ValueError("no utterances to count")
    groups, n = len(set(clusters)), len(hits)
    if groups < 2:
        return 0.0, 1.0
    share_of = np.full(n, 1 / n) if weights is None else np.asarray(weights, dtype=float)
    share = float(share_of @ hits)
    variance = clustered_variance(hits, share_of, clusters, np.zeros(n) if strata is None else strata)
    simple = share * (1 - share) / n
    effective = float(n) if simple <= 0 else min(float(n), simple * n / max(variance, 1e-300))
    effective *= _shrinkage(level, groups)
    return clopper_pearson(share * effective, effective, level)


def jackknife_interval(figure: float, without: ArrayLike, n: int, level: float = 0.95) -> Interval:
    """Compute the confidence interval of any figure between 0 and 1, clustered by speaker.

    The variance is that of the delete-one-cluster jackknife (Wolter 2007, section 4.2),
    v = (G−1)/G · Σ_g (figure without speaker g − their mean)². The figure then counts as a share of as many utterances
    as would give it that variance, at most n, and the interval is made as in
    [`proportion_interval`][bench.scoring.statistics.proportion_interval], with which it agrees for a plain share of
    speakers with as many utterances each.

    Args:
        figure: over all speakers, from 0 to 1.
        without: shape (G,), the figure with each of the G speakers left out.
        n: utterances.
        level: coverage.

    Returns:
        Lower and upper bound; (0, 1) for a single speaker, who says nothing about others.

    >>> low, high = jackknife_interval(0.5, [0.45, 0.5, 0.55], n=60)
    >>> round(low, 2), round(high, 2)
    (0.22, 0.78)
    """
    left = np.asarray(without, dtype=float)
    groups = len(left)
    if groups < 2:
        return 0.0, 1.0
    variance = (groups - 1) / groups * float(np.square(left - left.mean()).sum())
    simple = figure * (1 - figure)
    effective = min(float(n), simple / max(variance, 1e-300)) if simple > 0 else float(n)
    effective *= _shrinkage(level, groups)
    return clopper_pearson(figure * effective, effective, level)


def clustered_variance(
    values: NDArray[np.float64], weights: NDArray[np.float64], clusters: ArrayLike, strata: ArrayLike
) -> float:
    """Compute the variance of Σ w·y by Taylor linearisation over clusters.

    G/(G−1) · Σ_g (Σ_{i in g} w_i (y_i − ȳ_stratum(i)))².

    Args:
        values: shape (n,), y.
        weights: shape (n,), w.
        clusters: shape (n,), the cluster of each, for example its speaker.
        strata: shape (n,), which mean each belongs to.
    """
    _, stratum = np.unique(np.asarray(strata), return_inverse=True)
    _, cluster = np.unique(np.asarray(clusters), return_inverse=True)
    means = np.bincount(stratum, weights=weights * values) / np.bincount(stratum, weights=weights)
    totals = np.bincount(cluster, weights=weights * (values - means[stratum]))
    groups = len(totals)
    return float(groups / (groups - 1) * np.square(totals).sum())


def _shrinkage(level: float, groups: int) -> float:
    """By what a number of utterances is multiplied for the few degrees of freedom that so many speakers leave."""
    z, t = quantiles(level, groups - 1)
    return float(z / t) ** 2


def quantiles(level: float, freedom: int) -> tuple[float, float]:
    """Compute the standard normal's and Student's t's quantile that leave out (1 − level) / 2 above them.

    Args:
        level: coverage.
        freedom: degrees of freedom of Student's t.

    >>> z, t = quantiles(0.95, 9)
    >>> round(float(z), 2), round(float(t), 2)
    (1.96, 2.26)
    """
    upper = 0.5 + level / 2
    return stats.norm.ppf(upper), stats.t.ppf(upper, freedom)


def clopper_pearson(hits: float, n: float, level: float) -> Interval:
    """Compute Clopper and Pearson's interval (1934) of a share, from perhaps fractional counts.

    Args:
        hits: from 0 to n.
        n: above 0.
        level: coverage.

    >>> tuple(round(bound, 3) for bound in clopper_pearson(0, 10, 0.95))
    (0.0, 0.308)
    """
    tail = (1 - level) / 2
    low = 0.0 if hits <= 0 else float(stats.beta.ppf(tail, hits, n - hits + 1))
    high = 1.0 if hits >= n else float(stats.beta.ppf(1 - tail, hits + 1, n - hits))
    return low, high


def paired_t_test(first: ArrayLike, second: ArrayLike) -> float:
    """Compute the two-sided p of Student's paired t-test over utterances, as P1 tests its Table 2.

    Args:
        first: shape (n,), one figure an utterance under one condition.
        second: shape (n,), the same utterances under the other.

    Returns:
        p; 1.0 where no utterance differs.

    >>> round(paired_t_test([1, 1, 0, 1], [0, 1, 0, 0]), 3)
    0.182
    """
    difference = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    if not difference.any():
        return 1.0
    if len(difference) < 2 or float(difference.std()) == 0.0:
        return 0.0 if len(difference) > 1 else 1.0
    return float(stats.ttest_1samp(difference, 0.0).pvalue)


def difference_interval(
    first: ArrayLike,
    second: ArrayLike,
    clusters: Sequence[str],
    level: float = 0.95,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    units: ArrayLike | None = None,
) -> Interval:
    """Compute the interval of the mean difference of paired figures, clustered by speaker.

    Mean ± t · √variance, with the variance by Taylor linearisation over clusters and t of their number less one. It is
    never less than that of as many independent utterances: a few speakers who agree by chance prove nothing.

    Args:
        first: shape (n,), one figure an utterance under one condition.
        second: shape (n,), the same utterances under the other.
        clusters: the speaker of each.
        level: coverage.
        strata: for a weighted mean of means, as in
            [`proportion_interval`][bench.scoring.statistics.proportion_interval].
        weights: shape (n,), summing to 1; equal by default.
        units: the utterance of each, where one has several rows; by default each row is another.

    Returns:
        Lower and upper bound, within -1 and 1; the whole range for a single speaker, where nothing differs 0 and 0.

    >>> low, high = difference_interval([1, 1, 0, 1] * 5, [0, 1, 0, 0] * 5, ["a", "b", "c", "d", "e"] * 4)
    >>> round(low, 2), round(high, 2)
    (0.18, 0.82)
    """
    difference = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    if not difference.any():
        return 0.0, 0.0
    groups, n = len(set(clusters)), len(difference)
    if groups < 2:
        return -1.0, 1.0
    share_of = np.full(n, 1 / n) if weights is None else np.asarray(weights, dtype=float)
    means = np.zeros(n) if strata is None else strata
    # as texts: their order is that in which variances are summed, and the last digit of older results stays as it was
    apart = np.arange(n).astype(str) if units is None else units
    variance = max(clustered_variance(difference, share_of, one, means) for one in (clusters, apart))
    half = float(quantiles(level, groups - 1)[1]) * variance**0.5
    mean = float(share_of @ difference)
    return max(-1.0, mean - half), min(1.0, mean + half)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for their number by Holm's (1979) step-down rule.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted
