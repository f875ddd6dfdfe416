"""Many pairs of entries compared at once: the same tests as one by one, for boards of hundreds of entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from bench.scoring.arrays import Floats, Mask, Places
from bench.scoring.inference.comparisons import SIGNIFICANT
from bench.scoring.inference.many_figures import assumed, effective_sizes, variances
from bench.scoring.inference.pair_sums import PairedSums, PairSums

_ARRAYS = ("mean", "square", "deff", "size", "events", "assumed", "freedom")


@dataclass(frozen=True)
class Differences:
    """Hold what the intervals of many paired differences are made of, as `PairedDifference` holds it for one.

    Args:
        mean: shape (m,).
        square: shape (m,), the mean of squared differences.
        deff: shape (m,).
        size: shape (m,).
        events: shape (m,).
        assumed: shape (m,).
        freedom: shape (m,), or (1,) where all have the same.
    """

    mean: Floats
    square: Floats
    deff: Floats
    size: Floats
    events: Floats
    assumed: Floats
    freedom: Floats

    def beyond(self, tail: float) -> Floats:
        """Return shape (m,), how far 0 lies outside each interval, which leaves out a tail; negative inside.

        Args:
            tail: 1 less the level.
        """
        n = effective_sizes(self.size, self.deff, self.assumed, self.events, self.freedom, tail)
        middle, square = self.mean * n / (n + 2), (self.square * n + 2) / (n + 2)
        half = -special.ndtri(tail / 2) * np.sqrt(np.maximum(square - middle**2, 0.0) / (n + 2))
        return np.asarray(np.abs(middle) - half, dtype=np.float64)

    def some(self, chosen: Places | Mask) -> Differences:
        """Return those at some places."""
        shared = {"freedom": self.freedom} if len(self.freedom) == 1 else {}
        return Differences(**({name: vars(self)[name][chosen] for name in _ARRAYS if name not in shared} | shared))

    @classmethod
    def joined(cls, parts: Sequence[Differences]) -> Differences:
        """Put several together, in their order, of one design."""
        first = parts[0]
        shared = {"freedom": first.freedom} if len(first.freedom) == 1 else {}
        arrays = {name: np.concatenate([vars(one)[name] for one in parts]) for name in _ARRAYS if name not in shared}
        return cls(**(arrays | shared))


def pair_differences(one: PairSums, other: PairSums, first: Places, second: Places) -> Differences:
    """Compare entries with others on the same utterances, as `paired_difference` does for one pair.

    Args:
        one: entries, with the sums of their figures.
        other: those that they are compared with.
        first: shape (m,), at least one, entries of the one.
        second: shape (m,), those of the other that they are compared with.

    >>> from bench.scoring.inference.clustering import Clusters
    >>> from bench.scoring.inference.designs import Design
    >>> speakers = np.arange(40) // 4
    >>> rows = np.stack([np.ones(40), np.zeros(40), np.arange(40.0) % 2])
    >>> sums = PairSums.of(rows, Design.paired(40, Clusters((speakers,))))
    >>> found = pair_differences(sums, sums, np.array([0, 0, 1]), np.array([1, 2, 2]))
    >>> found.mean.round(6).tolist(), (found.beyond(0.05) > 0).tolist()
    ([1.0, 0.5, -0.5], [True, True, True])
    """
    return Differences.joined([_compared(some) for some in one.pairs(other, first, second)])


def _compared(pairs: PairedSums) -> Differences:
    layers, mean = pairs.design.layers, pairs.means
    square = np.square(pairs.differences) @ layers.weights
    value, freedom = variances(pairs.clusters, pairs.design.variance)
    independent = np.square(pairs.utterances).sum(axis=1)
    independent = np.where(independent > 1e-15, independent, 0.0)
    some = independent > 0
    safe, alone = np.where(some, independent, 1.0), 1 / float(layers.squares[0])
    size = np.minimum(np.where(some, (square - mean**2) / safe, alone), layers.units)
    won, lost = ((pairs.differences > 0) @ layers.weights, (pairs.differences < 0) @ layers.weights)
    common = np.maximum(np.maximum(won, lost), 1 - won - lost)
    return Differences(
        mean=mean,
        square=square,
        deff=np.where(some, value / safe, 0.0),
        size=size,
        events=size * (1 - common),
        assumed=assumed(pairs.design, size),
        freedom=freedom,
    )


def told_apart(parts: Sequence[Differences], family: int) -> list[Mask]:
    """Say which of many tests reject at 0.05 by Holm's rule.

    The least p is held against 0.05 / family, the next against 0.05 / (family − 1), and so on, until one lies above.
    That is the same as to count how many lie below the first bound, then below the one that goes with their number,
    until no more do: so no p is needed of a pair, but whether it lies below a bound. What lies below one lies below the
    next, which is greater; what lies above 0.05 lies above all.

    Args:
        parts: pairs that were compared, m of each design.
        family: so many tests in all; those that are not among the parts reject nothing.

    Returns:
        Of each part whether each rejects, shape (m,).
    """
    told = [np.zeros(len(one.mean), dtype=np.bool_) for one in parts]
    open_ = [np.flatnonzero(one.beyond(SIGNIFICANT) >= 0) for one in parts]
    count = -1
    while count < (found := sum(int(one.sum()) for one in told)) < family:
        count = found
        for own, which, one in zip(told, open_, parts, strict=True):
            left = which[~own[which]]
            own[left] = one.some(left).beyond(SIGNIFICANT / (family - count)) >= 0
    return told
