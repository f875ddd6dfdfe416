"""Intervals and tests that know that utterances of one speaker are not independent."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Interval = tuple[float, float]


def proportion_interval(successes: ArrayLike, clusters: Sequence[str], level: float = 0.95) -> Interval:
    """Confidence interval of a share, clustered by speaker (Korn & Graubard 1998).

    The number of utterances is replaced by the effective number, n / deff, where deff compares the between-speaker
    variance with that of a simple random sample, and shrunk once more by (z / t)² for the few degrees of freedom that
    G speakers leave (G − 1); the interval is then Clopper & Pearson's. It always lies within [0, 1], and holds where
    the usual ± breaks down: shares near 0 and 1, and few speakers. With two speakers it is wide, with one it is (0, 1):
    one speaker says nothing about others.

    Args:
        successes: shape (n,), 0 or 1.
        clusters: the speaker of each.
        level: coverage.

    Returns:
        Lower and upper bound.

    Raises:
        ValueError: nothing to count.

    >>> speakers = [f"s{i % 10}" for i in range(100)]
    >>> low, high = proportion_interval([i % 2 for i in range(100)], [f"s{i // 10}" for i in range(100)])
    >>> round(low, 2), round(high, 2)
    (0.38, 0.62)
    """
    hits = np.asarray(successes, dtype=float)
    if not len(hits):
        raise ValueError("no utterances to count")
    groups = len(set(clusters))
    if groups < 2:
        return 0.0, 1.0
    n, share = len(hits), float(hits.mean())
    variance = clustered_variance(hits, clusters)
    simple = share * (1 - share) / n
    effective = n if simple == 0 else min(float(n), simple * n / max(variance, 1e-300))
    z, t = (float(quantile) for quantile in _quantiles(level, groups - 1))
    effective *= (z / t) ** 2
    return _clopper_pearson(share * effective, effective, level)


def clustered_variance(values: NDArray[np.float64], clusters: Sequence[str]) -> float:
    """Variance of a mean by Taylor linearisation over clusters: G/(G−1) · Σ_g (Σ_{i in g} (y_i − ȳ))² / n²."""
    _, index = np.unique(np.asarray(clusters), return_inverse=True)
    totals = np.bincount(index, weights=values - values.mean())
    groups = len(totals)
    return float(groups / (groups - 1) * np.square(totals).sum() / len(values) ** 2)


def _quantiles(level: float, freedom: int) -> tuple[float, float]:
    upper = 0.5 + level / 2
    return stats.norm.ppf(upper), stats.t.ppf(upper, freedom)


def _clopper_pearson(hits: float, n: float, level: float) -> Interval:
    tail = (1 - level) / 2
    low = 0.0 if hits <= 0 else float(stats.beta.ppf(tail, hits, n - hits + 1))
    high = 1.0 if hits >= n else float(stats.beta.ppf(1 - tail, hits + 1, n - hits))
    return low, high


def jackknife_interval(
    measure: Callable[[NDArray[np.intp]], float], clusters: Sequence[str], level: float = 0.95
) -> Interval:
    """Confidence interval of any measure by leaving out one speaker at a time (Tukey), with Student's t, within [0, 1].

    Args:
        measure: from the indices of the utterances that are kept to the figure.
        clusters: the speaker of each utterance.
        level: coverage.

    Returns:
        Lower and upper bound; (0, 1) for a single speaker.
    """
    names, index = np.unique(np.asarray(clusters), return_inverse=True)
    groups = len(names)
    if groups < 2:
        return 0.0, 1.0
    left_out = np.array([measure(np.flatnonzero(index != group)) for group in range(groups)])
    error = math.sqrt((groups - 1) / groups * float(np.square(left_out - left_out.mean()).sum()))
    reach = float(stats.t.ppf(0.5 + level / 2, groups - 1)) * error
    whole = measure(np.arange(len(index)))
    return max(0.0, whole - reach), min(1.0, whole + reach)


def paired_t_test(first: ArrayLike, second: ArrayLike) -> float:
    """Two-sided p of Student's paired t-test over utterances, as P1 tests its Table 2.

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
