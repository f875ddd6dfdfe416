"""What the figures of a table are judged by: the one place here that asks for intervals and tests.

Every figure that a claim is about goes through [`measured`][leaderboards.reproduce.evidence.measured], and every family
of claims through [`adjusted`][leaderboards.reproduce.families.adjusted]: whoever has a better test puts it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bench.scoring.inference.clustering import Clusters
from bench.scoring.inference.differences import paired_difference
from bench.scoring.inference.estimates import ROUNDING, Interval
from bench.scoring.statistics import (
    cluster_variance,
    compare,
    multiway_variance,
    quantiles,
    sign_flip_test,
)
from leaderboards.reproduce.families import SpeakerSums
from leaderboards.reproduce.figures import LEAST_SPEAKERS, NEGLIGIBLE, Measured, Tail

_LEVEL, _SIGNIFICANT = 0.95, 0.05
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class _Spread:
    """How far a figure can be off.

    Args:
        sums: of each speaker, what it adds to the figure.
        parts: of each speaker, its part of the weight; they sum to 1.
        error: standard error.
        freedom: its degrees of freedom.
    """

    sums: Numbers
    parts: Numbers
    error: float
    freedom: float

    def student(self, value: float, line: float) -> float:
        """Two-sided p of the hypothesis that a figure lies on a line, by Student's t."""
        return 2 * float(special.stdtr(self.freedom, -abs(value - line) / self.error))

    def p(self, value: float, line: float) -> float:
        """The larger of that and the p of signs flipped over speakers."""
        return max(self.student(value, line), sign_flip_test(self.sums - line * self.parts))


def measured(
    first: ArrayLike,
    second: ArrayLike,
    speakers: ArrayLike,
    *,
    strata: ArrayLike,
    weights: ArrayLike,
    units: ArrayLike,
    sounds: ArrayLike | None = None,
    value: float | None = None,
    names: Sequence[str] | None = None,
    reach: float = 1.0,
) -> Measured:
    """Measure Σ w · (first − second) with its interval and tests, clustered by speaker, and by sound where one is told.

    Args:
        first: shape (n,), one figure an answer.
        second: shape (n,), the figure beside it.
        speakers: of each.
        strata: shape (n,), which mean each belongs to.
        weights: shape (n,); of a contrast of several means they need not sum to 1.
        units: shape (n,), the utterance of each: one may stand in several rows.
        sounds: shape (n,), the sound that each was asked about with.
        value: of the figure, where the sum is that of its linearisation alone.
        names: of the speakers, where they are given as numbers from 0.
        reach: no figure of the kind lies further from 0: all that is known of one speaker's.
    """
    given = np.asarray(weights, np.float64)
    difference = np.where(given < 0, -1.0, 1.0) * (np.asarray(first, np.float64) - np.asarray(second, np.float64))
    who, clusters = np.unique(np.asarray(speakers), return_inverse=True)
    crossed = [] if sounds is None or len(np.unique(np.asarray(sounds))) < 2 else [np.asarray(sounds)]
    linear = float(np.abs(given) @ difference)
    n, groups, shown = len(np.unique(np.asarray(units))), len(who), linear if value is None else value
    if groups < 2:
        return Measured(shown, -reach, reach, n=n, speakers=groups)
    found = _spread(difference, np.abs(given), clusters, strata, units, crossed, shown - linear)
    interval, at_0 = _interval(shown, found, groups), None
    if value is None:
        told = compare(first, second, clusters, strata, given, units, crossed)
        interval = told.difference.ci95
        if told.p is not None:
            by = Clusters((clusters, *crossed), units)
            at_0 = told.p, paired_difference(first, second, by, strata, given).p_value()
    if groups < LEAST_SPEAKERS or found.error <= ROUNDING:
        return Measured(shown, *interval, n=n, speakers=groups)
    called = who if names is None else np.asarray(names, object)[who]
    sums = SpeakerSums(tuple(map(str, called)), tuple(found.sums.tolist()), tuple(found.parts.tolist()))
    return Measured(shown, *interval, n=n, speakers=groups, tails=_tails(shown, found, at_0), sums=sums)


def _spread(
    difference: Numbers,
    weights: Numbers,
    clusters: NDArray[np.intp],
    strata: ArrayLike,
    units: ArrayLike,
    crossed: list[NDArray[np.object_]],
    beyond: float,
) -> _Spread:
    """What interval and tests are made of; `beyond` is what a figure has beside its linearisation."""
    whole = multiway_variance(difference, weights, [clusters, *crossed], strata)
    apart = cluster_variance(difference, weights, units, strata, "CR1")  # of so many, one more or less is all the same
    parts = np.bincount(clusters, weights) / weights.sum()
    sums = np.bincount(clusters, weights * difference) + beyond * parts
    return _Spread(sums, parts, max(whole.value, apart.value) ** 0.5, whole.freedom)


def _interval(value: float, found: _Spread, groups: int) -> Interval:
    """Student's, drawn to 0 where flipped signs do not leave it out."""
    half = float(quantiles(_LEVEL, found.freedom)[1]) * found.error
    low, high = value - half, value + half
    if groups >= LEAST_SPEAKERS and found.error > ROUNDING and found.p(value, 0.0) > _SIGNIFICANT:
        low, high = min(low, 0.0), max(high, 0.0)
    return low, high


def _tails(value: float, found: _Spread, at_0: tuple[float, float] | None) -> tuple[Tail, ...]:
    """One-sided p on both sides of each line; at 0 those that go with the interval, both tests and t, where it has."""
    tails = []
    for line in (0.0, NEGLIGIBLE, -NEGLIGIBLE):
        own = at_0 if line == 0 and at_0 is not None else (found.p(value, line), found.student(value, line))
        half = own[0] / 2
        tails.append(Tail(line, *((half, 1 - half) if value > line else (1 - half, half)), own[1]))
    return tuple(tails)
