"""Confidence intervals of differences between paired shares whose utterances come in clusters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from bench.scoring.arrays import Floats
from bench.scoring.inference.cluster_variance import ClusterVariance
from bench.scoring.inference.clustering import Clusters, Layers, cluster_count, samples
from bench.scoring.inference.designs import Design
from bench.scoring.inference.estimates import Interval
from bench.scoring.inference.intervals import drawn_up, quantiles
from bench.scoring.inference.root_finding import root


@dataclass(frozen=True)
class PairedDifference:
    """Hold what a paired difference's interval and test are made of.

    Args:
        mean: the difference, for weights that sum to 1.
        square: the mean of squared differences: how many differ.
        deff: by how much clusters multiply the variance that independent utterances would give.
        freedom: degrees of freedom of the cluster-robust variance.
        size: of how many independent utterances it would have its variance, did clusters not matter.
        events: how many of them do what is not the most common: to win, to lose, to stay.
        assumed: by how much clusters would multiply the variance at the correlation that is assumed.
        scale: the weights' sum.
    """

    mean: float
    square: float
    deff: float
    freedom: float
    size: float
    events: float
    assumed: float
    scale: float

    @property
    def value(self) -> float:
        """Return the difference."""
        return self.scale * self.mean

    def interval(self, level: float = 0.95) -> Interval:
        """Compute it as [`difference_interval`][bench.scoring.inference.differences.difference_interval] does."""
        middle, half = self.around(level)
        return max(-self.scale, middle - half), min(self.scale, middle + half)

    def p_value(self, line: float = 0.0) -> float:
        """Compute the two-sided p that goes with the interval; see
        [`p_of_intervals`][bench.scoring.inference.differences.p_of_intervals].

        Args:
            line: what the difference is compared with.
        """
        return p_of_intervals(self.around, line)

    def around(self, level: float) -> tuple[float, float]:
        """Compute the interval's middle and half its width, before it is cut at what is possible."""
        z, t = quantiles(level, self.freedom)
        n = min(self.size, self._worth * (z / t) ** 2)  # as `effective_size` has it; here it is asked at many levels
        middle, square = self.mean * n / (n + 2), (self.square * n + 2) / (n + 2)
        return self.scale * middle, self.scale * float(z * (max(square - middle**2, 0.0) / (n + 2)) ** 0.5)

    def beyond_variance(self, level: float) -> tuple[float, float]:
        """Compute what the interval has beside value ± t · √V: how few observations, and few that differ, count for.

        Returns:
            How far its middle lies from the value, and what the square of half its width is more, at least 0.
        """
        z, t = quantiles(level, self.freedom)
        middle, half = self.around(level)
        plain = self.scale**2 * (self.square - self.mean**2) * max(t**2 * self.deff, z**2) / self.size
        return middle - self.value, max(half**2 - plain, 0.0)

    @cached_property
    def _worth(self) -> float:
        return self.size / drawn_up(self.deff, self.assumed, self.events)


def p_of_intervals(around: Callable[[float], tuple[float, float]], line: float = 0.0) -> float:
    """Compute the two-sided p that goes with intervals: 1 less the greatest level whose interval leaves out a line.

    It is Student's t-test on the clusters' sums, but for what is done to the variance in the intervals.

    Args:
        around: middle and half the width of the interval of a level.
        line: what the figure is compared with.
    """

    def beyond(level: float) -> float:
        middle, half = around(level)
        return abs(middle - line) - half

    least, most = 1e-9, 1 - 1e-9
    if beyond(least) <= 0:
        return 1.0
    return 1 - most if beyond(most) >= 0 else 1 - root(beyond, least, most, 1e-12)


def difference_interval(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike,
    level: float = 0.95,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    units: ArrayLike | None = None,
    crossed: Sequence[ArrayLike] = (),
) -> Interval:
    """Compute the interval of the mean difference of paired figures whose utterances come in clusters.

    After Bonett & Price (2012, J. Educational and Behavioral Statistics 37), who add a win and a loss: with d the mean
    difference, q that of its squares and n the effective number of utterances, d' = d · n / (n + 2) and
    q' = (q · n + 2) / (n + 2), it is d' ± z · √((q' − d'²) / (n + 2)). The effective number is that of
    [`proportion_interval`][bench.scoring.inference.intervals.proportion_interval]. Where nothing differs it is of the
    width that so many utterances leave, never 0. Its coverage stands in docs/coverage.md.

    Args:
        first: shape (n,), one figure from 0 to 1 an utterance under one condition.
        second: shape (n,), the same utterances under the other.
        clusters: the speaker of each.
        level: coverage.
        strata: for a weighted mean of means, as in
            [`proportion_interval`][bench.scoring.inference.intervals.proportion_interval].
        weights: shape (n,); equal, and summing to 1, by default. A negative weight takes its difference away.
        units: the utterance of each, where one has several rows; by default each row is another.
        crossed: further clusterings, as in
            [`proportion_interval`][bench.scoring.inference.intervals.proportion_interval].

    Returns:
        Lower and upper bound, within ± the sum of the weights' sizes; the whole range for a single speaker.

    Raises:
        ValueError: nothing to compare, or a difference beyond −1 or 1.

    >>> low, high = difference_interval([1, 1, 0, 1] * 5, [0, 1, 0, 0] * 5, ["a", "b", "c", "d", "e"] * 4)
    >>> round(low, 2), round(high, 2)
    (0.21, 0.7)
    """
    if cluster_count(clusters) < 2:
        scale = 1.0 if weights is None else float(np.abs(np.asarray(weights, dtype=np.float64)).sum())
        return -scale, scale
    by = Clusters((np.asarray(clusters), *samples(crossed)), units)
    return paired_difference(first, second, by, strata, weights).interval(level)


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    clusters: Clusters,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    design: Design | None = None,
) -> PairedDifference:
    """Estimate a paired difference and all that its interval is made of.

    Args:
        first: shape (n,), one figure from 0 to 1 an utterance.
        second: shape (n,), of the same utterances.
        clusters: at least two of each clustering.
        strata: which mean each belongs to; None for one.
        weights: shape (n,); equal, and summing to 1, where None.
        design: made of the clusters, of one mean with equal weights, where it is known; else it is made.

    Raises:
        ValueError: nothing to compare, or a difference beyond −1 or 1.
    """
    difference, share_of = signed(first, second, weights)
    scale = float(share_of.sum())
    made = Design.of(share_of / scale, clusters, strata) if design is None else design
    return paired_differences(difference[None], made, scale)[0]


def paired_differences(differences: Floats, design: Design, scale: float) -> list[PairedDifference]:
    """Estimate several paired differences of the same utterances, and all that their intervals are made of.

    Args:
        differences: shape (m, n), of each.
        design: made of the clusters.
        scale: the weights' sum.

    Raises:
        ValueError: nothing to compare, or a difference beyond −1 or 1.
    """
    if not differences.size or float(np.abs(differences).max()) > 1 + 1e-9:
        raise ValueError("differences of figures from 0 to 1, and some of them, have an interval of this kind")
    layers, found = design.layers, design.variance.variances(differences)
    mean, square = layers.means(differences), layers.means(np.square(differences))
    kept = layers.means((differences > 0).astype(np.float64)), layers.means((differences < 0).astype(np.float64))
    events = 1 - np.maximum(np.maximum(*kept), 1 - (kept[0] + kept[1]))
    independent = layers.independent(differences, mean).tolist()
    each = zip(mean, square, events, independent, found, strict=True)
    return [_paired(*one, design.layers, scale) for one in each]


def _paired(
    mean: Floats,
    square: Floats,
    events: Floats,
    independent: float,
    found: ClusterVariance,
    layers: Layers,
    scale: float,
) -> PairedDifference:
    """One difference, from its means in each stratum, those of its squares, and the shares that are uncommon."""
    first, second = float(layers.parts @ mean), float(layers.parts @ square)
    if independent > 0:
        size = (second - first**2) / independent
    else:
        spread = (square * layers.counts + 0.5) / (layers.counts + 1)
        drawn = mean * layers.counts / (layers.counts + 1)
        size = (float(layers.parts @ spread) - float(layers.parts @ drawn) ** 2) / float(
            (spread - drawn**2) @ layers.squares
        )
    size = min(size, layers.units)
    return PairedDifference(
        mean=first,
        square=second,
        deff=found.value / independent if independent > 0 else 0.0,
        freedom=found.freedom,
        size=size,
        events=size * float(layers.parts @ events),
        assumed=layers.assumed(found.sizes, size),
        scale=scale,
    )


def signed(first: ArrayLike, second: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    """Subtract paired figures, and give each difference its weight's sign.

    Args:
        first: shape (n,).
        second: shape (n,).
        weights: shape (n,); equal, and summing to 1, where None.

    Returns:
        Differences and weights, shape (n,) each, no weight below 0.

    >>> differences, weights = signed([1, 1], [0, 0], [0.5, -1])
    >>> differences.tolist(), weights.tolist()
    ([1.0, -1.0], [0.5, 1.0])
    """
    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    if weights is None:
        return difference, np.full(len(difference), 1 / max(len(difference), 1))
    given = np.asarray(weights, dtype=np.float64)
    return difference * np.where(given < 0, -1.0, 1.0), np.abs(given)
