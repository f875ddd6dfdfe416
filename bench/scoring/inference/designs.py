"""What intervals hang on beside the figures: the same for all figures of the same utterances, and made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from bench.scoring.arrays import Floats, Places
from bench.scoring.inference.cluster_variance import VarianceDesign
from bench.scoring.inference.clustering import Clusters, Layers, codes, layered


@dataclass(frozen=True, eq=False)
class Design:
    """Hold how observations are weighed, and which of them depend on each other.

    Args:
        layers: their weights, summed over strata and utterances.
        variance: what a cluster-robust variance hangs on.
    """

    layers: Layers
    variance: VarianceDesign

    @classmethod
    def of(cls, weights: Floats, clusters: Clusters, strata: ArrayLike | None = None) -> Design:
        """Prepare the intervals of Σ w·y.

        Args:
            weights: shape (n,), at least 0, summing to 1.
            clusters: at least two of each clustering.
            strata: shape (n,), which mean each belongs to; None for one.
        """
        ways = tuple(codes(one).tobytes() for one in clusters.ways)
        units, stratum = (None if one is None else codes(one).tobytes() for one in (clusters.units, strata))
        return _made(weights.tobytes(), ways, units, stratum)

    @classmethod
    def even(cls, count: int, clusters: Clusters) -> Design:
        """Prepare those of means.

        Args:
            count: observations.
            clusters: at least two of each clustering.
        """
        return cls.of(np.full(count, 1 / count), clusters)

    @classmethod
    def paired(cls, count: int, clusters: Clusters) -> Design:
        """Prepare those of mean differences.

        Args:
            count: observations.
            clusters: at least two of each clustering.
        """
        weights = np.full(count, 1 / max(count, 1))
        return cls.of(weights / float(weights.sum()), clusters)


@lru_cache(maxsize=32)
def _made(weights: bytes, ways: tuple[bytes, ...], units: bytes | None, stratum: bytes | None) -> Design:
    """The design of arrays with these bytes: most attacks and victims are scored on the same utterances."""
    clusters = Clusters(tuple(map(_numbers, ways)), None if units is None else _numbers(units))
    of_all = np.frombuffer(weights)
    layers = layered(of_all, clusters, None if stratum is None else _numbers(stratum))
    return Design(layers, VarianceDesign.of(of_all, layers.ways, layers.stratum))


def _numbers(content: bytes) -> Places:
    return np.frombuffer(content, dtype=np.intp)
