"""What the figures of a table are judged by: the one place here that asks for intervals and tests.

Every figure that a claim is about goes through [`measured`][leaderboards.reproduce.evidence.measured], and every family
of claims through [`adjusted`][leaderboards.reproduce.families.adjusted]: whoever has a better test puts it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from bench.scoring.arrays import Floats, Places
from bench.scoring.inference.cluster_variance import ClusterVariance
from bench.scoring.inference.clustering import Clusters, codes
from bench.scoring.inference.differences import PairedDifference, p_of_intervals, paired_difference, signed
from bench.scoring.inference.estimates import ROUNDING, Interval
from bench.scoring.statistics import cluster_variance, multiway_variance, quantiles, sign_flip_test
from leaderboards.reproduce.families import SpeakerSums
from leaderboards.reproduce.figures import LEAST_SPEAKERS, NEGLIGIBLE, Measured, Tail

_LEVEL, _SIGNIFICANT = 0.95, 0.05


@dataclass(frozen=True)
class Linearised:
    """Hold a figure that is no sum of differences, but moves with one: a relative change.

    Args:
        value: the figure.
        answers: shape (n,), what stands for each answer's difference in its linearisation, at the same weights.
    """

    value: float
    answers: Floats


@dataclass(frozen=True)
class _Spread:
    """How far a figure can be off.

    Args:
        value: the figure.
        plain: the paired differences that it is made of: their sum, with its interval.
        linear: of a figure that is no such sum, or of one of several means, the variance of its linearisation and
            degrees of freedom.
        sums: of each speaker, what it adds to the figure.
        parts: of each speaker, its part of the weight; they sum to 1.
    """

    value: float
    plain: PairedDifference
    linear: ClusterVariance | None
    sums: Floats
    parts: Floats

    def around(self, level: float) -> tuple[float, float]:
        """The interval's middle, and half its width.

        A linearisation knows nothing of changes that did not happen to be seen: where few answers change it would lie
        within ±0. So it gets what the interval of the differences has beside their variance.
        """
        if self.linear is None:
            return self.plain.around(level)
        away, more = self.plain.beyond_variance(level)
        t = quantiles(level, self.linear.freedom)[1]
        return self.value + away, float((t**2 * self.linear.value + more) ** 0.5)

    @property
    def differs(self) -> bool:
        """Whether there is anything to test, beyond rounding."""
        return self.plain.square > 0 if self.linear is None else self.linear.value**0.5 > ROUNDING

    def flipped(self, line: float) -> float:
        """Two-sided p of the hypothesis that the figure lies on a line, by signs flipped over speakers."""
        return sign_flip_test(self.sums - line * self.parts)

    def interval(self, tested: bool) -> Interval:
        """Its interval, within the weights' sum where it is one; drawn to 0 where flipped signs do not leave it out."""
        middle, half = self.around(_LEVEL)
        most = self.plain.scale if self.linear is None else float("inf")
        low, high = max(-most, middle - half), min(most, middle + half)
        return (min(low, 0.0), max(high, 0.0)) if tested and self.flipped(0.0) > _SIGNIFICANT else (low, high)

    def tail(self, line: float) -> Tail:
        """One-sided p on both sides of a line, of the test that says less, and that of the intervals alone."""
        own = p_of_intervals(self.around, line)
        half = max(own, self.flipped(line)) / 2
        return Tail(line, *((half, 1 - half) if self.value > line else (1 - half, half)), own)

    def measured(self, n: int, speakers: tuple[str, ...]) -> Measured:
        """The figure with its interval, and with its tests where there are speakers enough and something to test.

        Args:
            n: utterances that it rests on.
            speakers: by name, in the order of `sums`.
        """
        tested = len(speakers) >= LEAST_SPEAKERS and self.differs
        known = Measured(self.value, *self.interval(tested), n=n, speakers=len(speakers))
        if not tested:
            return known
        tails = tuple(self.tail(line) for line in (0.0, NEGLIGIBLE, -NEGLIGIBLE))
        sums = SpeakerSums(speakers, tuple(self.sums.tolist()), tuple(self.parts.tolist()))
        return replace(known, tails=tails, sums=sums)


def measured(
    first: ArrayLike,
    second: ArrayLike,
    speakers: ArrayLike,
    *,
    strata: ArrayLike,
    weights: ArrayLike,
    units: ArrayLike,
    sounds: ArrayLike | None = None,
    linearised: Linearised | None = None,
    several: bool = False,
    names: Sequence[str] | None = None,
    reach: float = 1.0,
) -> Measured:
    """Measure Σ w · (first − second) with its interval and tests, clustered by speaker, and by sound where one is told.

    Args:
        first: shape (n,), one figure an answer, from 0 to 1.
        second: shape (n,), the figure beside it.
        speakers: of each.
        strata: shape (n,), which mean each belongs to.
        weights: shape (n,); of a contrast of several means they need not sum to 1.
        units: shape (n,), the utterance of each: one may stand in several rows.
        sounds: shape (n,), the sound that each was asked about with.
        linearised: of a figure that is no such sum.
        several: whether it is of several means, so that what an utterance adds to one may cancel in another.
        names: of the speakers, where they are given as numbers from 0.
        reach: no figure of the kind lies further from 0: all that is known of one speaker's.
    """
    difference, share_of = signed(first, second, weights)
    who, clusters = np.unique(np.asarray(speakers), return_inverse=True)
    crossed = [] if sounds is None or len(np.unique(np.asarray(sounds))) < 2 else [np.asarray(sounds)]
    n, groups = len(np.unique(np.asarray(units))), len(who)
    value = float(share_of @ difference) if linearised is None else linearised.value
    if groups < 2:
        return Measured(value, -reach, reach, n=n, speakers=groups)
    ways = (clusters, *crossed)
    if several:
        plain = _of_utterances(difference, share_of, clusters, strata, units)
    else:
        plain = paired_difference(difference, 0.0, Clusters(ways, units), strata, share_of)
    linear = difference if linearised is None else signed(linearised.answers, 0.0, weights)[0]
    parts = np.bincount(clusters, share_of) / share_of.sum()
    sums = np.bincount(clusters, share_of * linear)
    is_sum = linearised is None and not several
    found = _Spread(
        value,
        plain,
        None if is_sum else _variance(linear, share_of, ways, units, strata),
        sums + (value - float(share_of @ linear)) * parts,
        parts,
    )
    called = who if names is None else np.asarray(names, object)[who]
    return found.measured(n, tuple(map(str, called)))


def _of_utterances(
    difference: Floats, share_of: Floats, speakers: Places, strata: ArrayLike, units: ArrayLike
) -> PairedDifference:
    """What each utterance adds to a figure in all its answers, as a paired difference over speakers."""
    unit = codes(units)
    first = np.unique(unit, return_index=True)[1]
    weight = np.bincount(unit, share_of)
    each = np.bincount(unit, share_of * difference) / weight
    most = float(np.abs(each).max()) or 1.0  # what is not seen is not larger than what is
    return paired_difference(each / most, 0.0, Clusters((speakers[first],)), np.asarray(strata)[first], weight * most)


def _variance(
    linear: Floats, share_of: Floats, ways: Sequence[ArrayLike], units: ArrayLike, strata: ArrayLike
) -> ClusterVariance:
    """That of Σ w·y, and at least that of independent utterances."""
    whole = multiway_variance(linear, share_of, ways, strata)
    apart = cluster_variance(linear, share_of, units, strata, "CR1")  # of so many, one more or less is all the same
    return replace(whole, value=max(whole.value, apart.value))
