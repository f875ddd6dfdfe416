"""Comparisons of paired figures: a difference with its interval, a test that agrees with it, and what it could see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from bench.scoring.arrays import Floats, Places
from bench.scoring.inference.clustering import Clusters, cluster_count, codes, samples, summed
from bench.scoring.inference.designs import Design
from bench.scoring.inference.differences import (
    PairedDifference,
    difference_interval,
    paired_difference,
    paired_differences,
    signed,
)
from bench.scoring.inference.estimates import Difference
from bench.scoring.inference.p_values import shown_p
from bench.scoring.inference.sign_flip import FEWEST, cluster_sums, sign_flip_test, sign_flip_tests

SIGNIFICANT = 0.05
POWER = 0.8


@dataclass(frozen=True)
class Untestable:
    """Say that no test is possible: with fewer than six speakers none can reject at 0.05, whatever they do.

    Args:
        speakers: as many as there are.
    """

    speakers: int

    def __str__(self) -> str:
        """Return the state as tables print it.

        >>> str(Untestable(2))
        'no test possible (2 speakers, 6 needed)'
        """
        return f"no test possible ({self.speakers} speaker{'s' * (self.speakers != 1)}, {FEWEST} needed)"


@dataclass(frozen=True)
class PValue:
    """Hold the two-sided p of a comparison.

    Args:
        p: above 0, at most 1.
    """

    p: float

    def __str__(self) -> str:
        """Return the p as tables print it.

        >>> str(PValue(0.0002))
        'p < 0.001'
        """
        return f"p {shown_p(self.p)}"


Significance = PValue | Untestable


@dataclass(frozen=True)
class PairedComparison:
    """Hold a paired difference, its test, and the smallest difference that could have been seen.

    Args:
        difference: with its 95 % interval, which leaves out 0 just where p is at most 0.05.
        test: its p, or that no test is possible.
        detectable: the true difference that would be found, at 0.05, four times in five.
    """

    difference: Difference
    test: Significance
    detectable: float

    @property
    def p(self) -> float | None:
        """Return the p; None where no test is possible."""
        return self.test.p if isinstance(self.test, PValue) else None

    def to_json(self) -> dict[str, object]:
        """Return the comparison as an object: `p` is null where no test is possible."""
        return {**self.difference.to_json(), "p": self.p, "detectable": self.detectable}


def compare(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    units: ArrayLike | None = None,
    crossed: Sequence[ArrayLike] = (),
    design: Design | None = None,
) -> PairedComparison:
    """Compare paired figures of the same utterances.

    p is the greater of the p of the [sign-flip test][bench.scoring.inference.sign_flip.sign_flip_test] over speakers
    and that of the interval, which is a t-test on speaker sums, and multi-way where clusterings cross. Where the first
    is above 0.05 and the interval would leave out 0 still, the interval is drawn to 0: both say the same.

    Args:
        first: shape (n,), one figure from 0 to 1 an utterance under one condition.
        second: shape (n,), the same utterances under the other.
        clusters: the speaker of each.
        strata: as in [`difference_interval`][bench.scoring.inference.differences.difference_interval], here and below.
        weights: shape (n,).
        units: the utterance of each.
        crossed: further clusterings.
        design: of one mean with equal weights, as
            [`paired_difference`][bench.scoring.inference.differences.paired_difference] takes it.

    Raises:
        ValueError: nothing to compare, or a difference beyond −1 or 1.

    >>> speakers = [f"s{i // 4}" for i in range(32)]
    >>> found = compare([1, 1, 0, 1] * 8, [0, 1, 0, 0] * 8, speakers)
    >>> print(found.difference, found.test)
    +0.50 [+0.28, +0.66] p = 0.008
    """
    difference, share_of = signed(first, second, weights)
    apart = codes(units).max() + 1 if units is not None else len(difference)
    groups = cluster_count(clusters)
    if groups < 2:
        low, high = difference_interval(first, second, clusters, weights=weights)
        value = float(share_of @ difference)
        return PairedComparison(Difference(value, low, high, n=int(apart)), Untestable(groups), detectable=high)
    by = Clusters((np.asarray(clusters), *samples(crossed)), units)
    found = paired_difference(first, second, by, strata, weights, design)
    flipped = None if groups < FEWEST else sign_flip_test(cluster_sums(difference, share_of, clusters))
    return _tested(found, flipped, groups, int(apart))


def compare_many(differences: Floats, speakers: Places, units: Places, design: Design) -> list[PairedComparison]:
    """Compare several pairs of figures of the same utterances as `compare` does.

    Args:
        differences: shape (m, n), of each pair, from −1 to 1.
        speakers: shape (n,), of each utterance: at least two.
        units: shape (n,).
        design: of one mean with equal weights.
    """
    share_of, groups = np.full(len(speakers), 1 / len(speakers)), cluster_count(speakers)
    found = paired_differences(differences, design, float(share_of.sum()))
    flipped: list[float | None] = [None] * len(found)
    if groups >= FEWEST:
        flipped = [*sign_flip_tests(summed(share_of * differences, speakers))]
    apart = int(units.max()) + 1
    return [_tested(one, p, groups, apart) for one, p in zip(found, flipped, strict=True)]


def _tested(found: PairedDifference, flipped: float | None, groups: int, apart: int) -> PairedComparison:
    """A comparison from the p of the sign-flip test, None where there are too few speakers for one."""
    low, high = found.interval()
    detectable = min(found.scale, _detectable((high - low) / 2, found.freedom))
    if flipped is None:
        return PairedComparison(Difference(found.value, low, high, n=apart), Untestable(groups), detectable)
    if flipped > SIGNIFICANT:
        low, high = min(low, 0.0), max(high, 0.0)
    p = max(flipped, found.p_value())
    return PairedComparison(Difference(found.value, low, high, n=apart), PValue(p), detectable)


def _detectable(half: float, freedom: float) -> float:
    """The difference found with a power of 0.8: (t₀.₉₇₅ + t₀.₈) · √V, where half the interval is t₀.₉₇₅ · √V."""
    return float(half * (1 + special.stdtrit(freedom, POWER) / special.stdtrit(freedom, 1 - SIGNIFICANT / 2)))
