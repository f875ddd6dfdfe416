"""What the comparisons of many pairs are made of: sums over clusters, taken once of each entry and not of each pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.scoring.arrays import Floats, Places
from bench.scoring.inference.clustering import summed
from bench.scoring.inference.designs import Design
from bench.scoring.inference.many_figures import cluster_sums_of

_AT_ONCE = 2**19
"""So many differences are looked at together: they stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class PairSums:
    """Hold entries' figures, and the sums of them over clusters and over utterances.

    Args:
        design: of one mean of n utterances.
        figures: shape (K, n), from 0 to 1, a row an entry.
        means: shape (K,).
        clusters: of each clustering, then of each combination of them, shape (K, clusters).
        utterances: shape (K, U).
    """

    design: Design
    figures: Floats
    means: Floats
    clusters: tuple[Floats, ...]
    utterances: Floats

    @classmethod
    def of(cls, figures: Floats, design: Design) -> PairSums:
        """Sum figures.

        Args:
            figures: shape (K, n), from 0 to 1, a row an entry.
            design: of one mean of n utterances.
        """
        weighted = figures * design.layers.weights
        clusters = cluster_sums_of(weighted, design.variance)
        return cls(design, figures, weighted.sum(axis=1), clusters, summed(weighted, design.layers.unit))

    def pairs(self, other: PairSums, first: Places, second: Places) -> Iterator[PairedSums]:
        """Put pairs together, some at a time.

        Args:
            other: entries on the same utterances.
            first: shape (m,), entries of these.
            second: shape (m,), those of the other that they are compared with.
        """
        step = max(1, _AT_ONCE // self.figures.shape[1])
        for start in range(0, len(first), step):
            yield PairedSums.of(self, other, first[start : start + step], second[start : start + step])


@dataclass(frozen=True, eq=False)
class PairedSums:
    """Hold the same of the differences of m pairs, from which each one's mean is taken off.

    Args:
        design: of one mean of n utterances.
        differences: shape (m, n).
        means: shape (m,), of them.
        clusters: as of `PairSums`, of what they differ from their mean by.
        utterances: likewise.
    """

    design: Design
    differences: Floats
    means: Floats
    clusters: tuple[Floats, ...]
    utterances: Floats

    @classmethod
    def of(cls, one: PairSums, other: PairSums, first: Places, second: Places) -> PairedSums:
        """Subtract entries.

        Args:
            one: entries.
            other: entries on the same utterances.
            first: shape (m,), which of the one.
            second: shape (m,), which of the other.
        """
        even = PairSums.of(np.ones((1, one.figures.shape[1])), one.design)
        means = one.means[first] - other.means[second]

        def apart(mine: Floats, its: Floats, whole: Floats) -> Floats:
            return mine[first] - its[second] - means[:, None] * whole

        every = tuple(map(apart, one.clusters, other.clusters, even.clusters))
        units = apart(one.utterances, other.utterances, even.utterances)
        return cls(one.design, one.figures[first] - other.figures[second], means, every, units)
