"""What intervals hang on beside the figures: the same for all figures of the same utterances, and made once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bench.scoring.cluster_variance import VarianceDesign
from bench.scoring.clustering import Clusters, Layers, Numbers, layered


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
    def of(cls, weights: Numbers, clusters: Clusters, strata: ArrayLike | None = None) -> Design:
        """Prepare the intervals of Σ w·y.

        Args:
            weights: shape (n,), at least 0, summing to 1.
            clusters: at least two of each clustering.
            strata: shape (n,), which mean each belongs to; None for one.
        """
        layers = layered(weights, clusters, strata)
        return cls(layers, VarianceDesign.of(weights, layers.ways, layers.stratum))

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
