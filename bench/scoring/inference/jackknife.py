"""Intervals of figures that are no means, such as F1, by leaving out one cluster after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bench.scoring.arrays import Floats
from bench.scoring.inference.cluster_variance import satterthwaite
from bench.scoring.inference.clustering import ASSUMED_ALIKE
from bench.scoring.inference.estimates import Interval
from bench.scoring.inference.intervals import clopper_pearson, effective_size


def jackknife_interval(
    figure: float,
    without: ArrayLike,
    n: int,
    level: float = 0.95,
    crossed: Sequence[ArrayLike] = (),
    both: Sequence[tuple[int, ArrayLike]] = (),
) -> Interval:
    """Compute the confidence interval of any figure between 0 and 1, clustered by speaker.

    The variance is that of the delete-one-cluster jackknife (Wolter 2007, section 4.2),
    v = (G−1)/G · Σ_g (figure without speaker g − their mean)². Clusterings that cross with the speakers add theirs, and
    those of combinations are taken off, as in
    [`multiway_variance`][bench.scoring.inference.cluster_variance.multiway_variance], with its degrees of freedom. The
    figure then counts as a share with that variance, and the interval is made as in
    [`proportion_interval`][bench.scoring.inference.intervals.proportion_interval], with which it agrees for a plain
    share of speakers with as many utterances each.

    Args:
        figure: over all speakers, from 0 to 1.
        without: shape (G,), the figure with each of the G speakers left out.
        n: utterances.
        level: coverage.
        crossed: of each further clustering, the figure with each of its clusters left out; two or more.
        both: the same of combinations, each with the sign that it is counted with: −1 for two clusterings.

    Returns:
        Lower and upper bound; (0, 1) for a single speaker, who says nothing about others.

    >>> low, high = jackknife_interval(0.5, [0.45, 0.5, 0.55], n=60)
    >>> round(low, 2), round(high, 2)
    (0.22, 0.78)
    """
    ways = [np.asarray(one, dtype=np.float64) for one in (without, *crossed)]
    if len(ways[0]) < 2:
        return 0.0, 1.0
    each = [_variance(one) for one in ways]
    variance = max(sum(each) + sum(sign * _variance(np.asarray(one, np.float64)) for sign, one in both), 0.0)
    freedoms = [len(one) - 1 for one in ways]
    simple = figure * (1 - figure) / n
    deff = variance / simple if simple > 0 else 0.0
    events = n * min(figure, 1 - figure)
    assumed = 1 + ASSUMED_ALIKE * sum(max(n / len(one) - 1, 0.0) for one in ways)
    effective = effective_size(n, deff, assumed, events, satterthwaite(variance, each, freedoms), level)
    return clopper_pearson(figure * effective, effective, level)


def _variance(left: Floats) -> float:
    return (len(left) - 1) / len(left) * float(np.square(left - left.mean()).sum())
