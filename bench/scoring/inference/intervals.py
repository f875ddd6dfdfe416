"""Confidence intervals of shares whose observations come in clusters: of speakers, of sounds, of trainings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from bench.scoring.arrays import Floats
from bench.scoring.inference.cluster_variance import ClusterVariance
from bench.scoring.inference.clustering import Clusters, cluster_count, samples
from bench.scoring.inference.designs import Design
from bench.scoring.inference.estimates import Interval


@dataclass(frozen=True)
class ClusteredShare:
    """Hold what a share's interval is made of.

    Args:
        value: the share.
        deff: by how much clusters multiply the variance that independent utterances would give.
        freedom: degrees of freedom of the cluster-robust variance.
        size: of how many independent utterances it would have that variance.
        events: how many utterances make it differ from 0 or 1, were they independent.
        assumed: by how much clusters would multiply the variance at the correlation that is assumed.
    """

    value: float
    deff: float
    freedom: float
    size: float
    events: float
    assumed: float

    def interval(self, level: float = 0.95) -> Interval:
        """Compute the interval; see [`proportion_interval`][bench.scoring.inference.intervals.proportion_interval]."""
        effective = self.effective(level)
        return clopper_pearson(self.value * effective, effective, level)

    def effective(self, level: float) -> float:
        """Compute how many independent utterances it is worth for an interval of that level."""
        return effective_size(self.size, self.deff, self.assumed, self.events, self.freedom, level)


def proportion_interval(
    successes: ArrayLike,
    clusters: ArrayLike,
    level: float = 0.95,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    crossed: Sequence[ArrayLike] = (),
    units: ArrayLike | None = None,
) -> Interval:
    """Compute the confidence interval of a share whose utterances come in clusters, as those of one speaker do.

    After Korn & Graubard (1998): the number of utterances is replaced by the effective number and the interval is
    Clopper & Pearson's. The effective number is n / deff · (z / t)², at most n: deff = V / V_independent, with V the
    (multi-way) cluster-robust variance, and t of V's degrees of freedom. Where few utterances differ from the rest,
    as near 0 and 1, they hardly show how alike a speaker's utterances are: deff is then drawn up towards
    1 + Σ (m − 1) · 0.2 over clusterings with m utterances a cluster, with the weight of one such utterance,
    1 / (1 + x), where x is how many there are, over deff. So the interval is never of zero width, and lies within
    [0, 1]. Its coverage stands in docs/coverage.md, from benchmarks/coverage.py.

    Args:
        successes: shape (n,), from 0 to 1.
        clusters: the speaker of each.
        level: coverage.
        strata: for a weighted mean of means (UAR: of the classes' recalls), which mean each utterance belongs to.
        weights: shape (n,), summing to 1; equal by default.
        crossed: further clusterings, which cross with the speakers: sounds, trainings. One with a single cluster is no
            sample, and is left out.
        units: the utterance of each, where one has several rows; by default each row is another.

    Returns:
        Lower and upper bound; (0, 1) for a single speaker, who says nothing about others.

    Raises:
        ValueError: nothing to count.

    >>> low, high = proportion_interval([i % 2 for i in range(100)], [f"s{i // 10}" for i in range(100)])
    >>> round(low, 2), round(high, 2)
    (0.4, 0.6)
    """
    hits = np.asarray(successes, dtype=np.float64)
    if not len(hits):
        raise ValueError("no utterances to count")
    if cluster_count(clusters) < 2:
        return 0.0, 1.0
    share_of = np.full(len(hits), 1 / len(hits)) if weights is None else np.asarray(weights, dtype=np.float64)
    by = Clusters((np.asarray(clusters), *samples(crossed)), units)
    return clustered_share(hits, Design.of(share_of, by, strata)).interval(level)


def proportion_intervals(shares: Floats, clusters: ArrayLike, units: ArrayLike | None) -> list[Interval]:
    """Compute the intervals of several shares of the same utterances, each as `proportion_interval` does.

    Args:
        shares: shape (m, n), from 0 to 1.
        clusters: the speaker of each utterance.
        units: as there.

    Raises:
        ValueError: nothing to count.
    """
    if not shares.shape[1]:
        raise ValueError("no utterances to count")
    if cluster_count(clusters) < 2:
        return [(0.0, 1.0)] * len(shares)
    return shares_intervals(shares, Design.even(shares.shape[1], Clusters((np.asarray(clusters),), units)))


def clustered_share(hits: Floats, design: Design) -> ClusteredShare:
    """Estimate Σ w·y and all that its interval is made of, as `clustered_shares` does.

    Args:
        hits: shape (n,), y, from 0 to 1.
        design: their weights, and which of them depend on each other.
    """
    return clustered_shares(hits[None], design)[0]


def clustered_shares(hits: Floats, design: Design) -> list[ClusteredShare]:
    """Estimate several Σ w·y of the same utterances, and all that their intervals are made of.

    The number of independent utterances is p (1 − p) / V_independent, at most as many as there are. Where all strata's
    shares p_s are 0 or 1, each is drawn towards 1/2 by one utterance, so that there is such a number.

    Args:
        hits: shape (m, n), y of each, from 0 to 1.
        design: their weights, and which of them depend on each other.
    """
    shares = design.layers.means(hits)
    independent = design.layers.independent(hits, shares).tolist()
    return [
        _share(*one, design) for one in zip(hits, shares, independent, design.variance.variances(hits), strict=True)
    ]


def shares_intervals(hits: Floats, design: Design) -> list[Interval]:
    """Compute the 95 % intervals of several Σ w·y of the same utterances.

    Args:
        hits: shape (m, n), y of each, from 0 to 1.
        design: their weights, and which of them depend on each other.
    """
    found = clustered_shares(hits, design)
    return clopper_pearson_of([(one.value, one.effective(0.95)) for one in found], 0.95)


def _share(hits: Floats, shares: Floats, independent: float, found: ClusterVariance, design: Design) -> ClusteredShare:
    layers = design.layers
    value = float(layers.weights @ hits)
    if independent > 0:
        size = value * (1 - value) / independent
    else:
        smooth = (layers.counts * shares + 0.5) / (layers.counts + 1)
        middle = float(layers.parts @ smooth)
        size = middle * (1 - middle) / float((smooth * (1 - smooth)) @ layers.squares)
    size = min(size, layers.units)
    return ClusteredShare(
        value=value,
        deff=found.value / independent if independent > 0 else 0.0,
        freedom=found.freedom,
        size=size,
        events=size * float(layers.parts @ np.minimum(shares, 1 - shares)),
        assumed=layers.assumed(found.sizes, size),
    )


def effective_size(n: float, deff: float, assumed: float, events: float, freedom: float, level: float) -> float:
    """Compute how many independent utterances a clustered share is worth, for an interval with z instead of t.

    Args:
        n: how many it would be worth, were its utterances independent.
        deff: by how much clusters multiply its variance, as estimated.
        assumed: the same, as assumed where the data do not tell.
        events: how many of the n differ from the rest.
        freedom: degrees of freedom of the estimate.
        level: of the interval.

    Returns:
        Above 0, at most n.

    >>> round(effective_size(200, 2.0, 5.0, 100, freedom=9, level=0.95), 1)
    72.9
    """
    z, t = quantiles(level, freedom)
    return float(min(n, n / drawn_up(deff, assumed, events) * (z / t) ** 2))


def drawn_up(deff: float, assumed: float, events: float) -> float:
    """Draw a design effect up towards the one that is assumed, as far as few events leave it unknown.

    Args:
        deff: by how much clusters multiply a variance, as estimated; here and below as `effective_size` has it.
        assumed: the same, as assumed where the data do not tell.
        events: how many utterances differ from the rest.

    Returns:
        Above 0.
    """
    unknown = 1 / (1 + events / max(deff, 1.0))
    return max(deff, deff + unknown * (assumed - deff), 1e-9)


@lru_cache(maxsize=4096)
def quantiles(level: float, freedom: float) -> tuple[float, float]:
    """Compute the standard normal's and Student's t's quantile that leave out (1 − level) / 2 above them.

    Args:
        level: coverage.
        freedom: degrees of freedom of Student's t.

    >>> z, t = quantiles(0.95, 9)
    >>> round(z, 2), round(t, 2)
    (1.96, 2.26)
    """
    upper = 0.5 + level / 2
    t = float(special.stdtrit(freedom, upper))
    if t == 0 < level:  # so near the middle it is, of 4 and of 6 degrees, not told from 0; the density is flat there
        t = level / 2 * (freedom * math.pi) ** 0.5 * math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom + 1) / 2))
    return float(special.ndtri(upper)), t


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
    low = 0.0 if hits <= 0 else float(special.betaincinv(hits, n - hits + 1, tail))
    high = 1.0 if hits >= n else float(special.betaincinv(hits + 1, n - hits, 1 - tail))
    return low, high


def clopper_pearson_of(shares: Sequence[tuple[float, float]], level: float) -> list[Interval]:
    """Compute those of several shares.

    Args:
        shares: of each the share, and of how many, above 0.
        level: coverage.
    """
    value, n = np.array(shares, dtype=np.float64).reshape(-1, 2).T
    hits, tail = value * n, (1 - level) / 2
    some, others = np.flatnonzero(hits > 0), np.flatnonzero(hits < n)
    low, high = np.zeros(len(n)), np.ones(len(n))
    low[some] = special.betaincinv(hits[some], n[some] - hits[some] + 1, tail)
    high[others] = special.betaincinv(hits[others] + 1, n[others] - hits[others], 1 - tail)
    return [*zip(low.tolist(), high.tolist(), strict=True)]
