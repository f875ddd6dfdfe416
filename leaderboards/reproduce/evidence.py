"""What the figures of a table are judged by: the one place here that asks for intervals and tests.

Every figure that a claim is about goes through [`measured`][leaderboards.reproduce.evidence.measured], and every family
of claims through [`adjusted`][leaderboards.reproduce.evidence.adjusted]: whoever has a better test puts it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from bench.scoring.estimates import ROUNDING, Estimate
from bench.scoring.statistics import difference_interval, half_width, holm, proportion_interval, quantiles
from leaderboards.reproduce.figures import LEAST_SPEAKERS, NEGLIGIBLE, Measured, Tail

_LEVEL = 0.95


def measured(
    first: ArrayLike,
    second: ArrayLike,
    speakers: Sequence[str],
    *,
    strata: ArrayLike,
    weights: ArrayLike,
    units: ArrayLike,
    value: float | None = None,
) -> Measured:
    """Measure Σ w · (first − second) with its interval and tests, clustered by speaker.

    The tests are Student's t on the clusters: the standard error is the interval's, the degrees of freedom are the
    speakers less one.

    Args:
        first: shape (n,), one figure an answer.
        second: shape (n,), the figure beside it.
        speakers: of each.
        strata: shape (n,), which mean each belongs to.
        weights: shape (n,); of a contrast of several means they need not sum to 1.
        units: shape (n,), the utterance of each: one may stand in several rows.
        value: of the figure, where the sum is that of its linearisation alone.
    """
    difference, shares = np.asarray(first, float) - np.asarray(second, float), np.asarray(weights, float)
    clusters, names = pd.factorize(np.asarray(speakers), sort=True)
    if value is None:
        value = float(shares @ difference)
        interval = difference_interval(first, second, clusters, _LEVEL, strata, weights, units)
        half = (interval[1] - interval[0]) / 2
    else:
        half = half_width(difference, clusters, strata, shares, _LEVEL, units)
        interval = (value - half, value + half)
    tails = () if len(names) < LEAST_SPEAKERS or half <= ROUNDING else _tails(value, half, len(names))
    return Measured(value, *interval, n=len(np.unique(np.asarray(units))), speakers=len(names), tails=tails)


def share(hits: ArrayLike, speakers: Sequence[str]) -> Estimate:
    """Estimate the share of answers of which something is true, with its interval, clustered by speaker.

    Args:
        hits: shape (n,), true or false; at least one.
        speakers: of each.
    """
    true = np.asarray(hits, float)
    return Estimate(float(true.mean()), *proportion_interval(true, speakers, _LEVEL), n=len(true))


def _tails(value: float, half: float, groups: int) -> tuple[Tail, ...]:
    """One-sided p on both sides of each line."""
    error = half / float(quantiles(_LEVEL, groups - 1)[1])
    lines = (0.0, NEGLIGIBLE, -NEGLIGIBLE)
    scores = [(value - line) / error for line in lines]
    above, below = (
        [float(cast("float", stats.t.sf(sign * score, groups - 1))) for score in scores] for sign in (1, -1)
    )
    return tuple(Tail(*found) for found in zip(lines, above, below, strict=True))


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Adjust the p of a family of claims for their number, by Holm's rule."""
    return holm(p_values)
