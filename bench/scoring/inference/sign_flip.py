"""Tests of paired differences whose speakers, not utterances, are independent: sign-flip, and t on speaker sums."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.scoring.arrays import Floats
from bench.scoring.inference.clustering import codes

Signs = NDArray[np.int8]

FEWEST = 6
"""Clusters below which no sign-flip test can reject at 0.05: 2 of 2⁵ = 32 flips are 0.0625."""
EXACT = 16
"""Up to so many clusters all flips are tried."""
FLIPS = 9_999
"""Beyond, as many random ones."""
_AT_ONCE = 2**20
"""So many flips of all tests are tried, or signs drawn, at a time."""


def cluster_sums(differences: ArrayLike, weights: ArrayLike, clusters: ArrayLike) -> Floats:
    """Sum weighted differences over each cluster.

    Args:
        differences: shape (n,).
        weights: shape (n,).
        clusters: shape (n,), the speaker of each.

    >>> cluster_sums([1, -1, 1], [0.25, 0.25, 0.5], ["a", "a", "b"]).tolist()
    [0.0, 0.5]
    """
    weighted = np.asarray(weights, dtype=np.float64) * np.asarray(differences, dtype=np.float64)
    return np.bincount(codes(clusters), weights=weighted).astype(np.float64)


def sign_flip_test(sums: ArrayLike) -> float:
    """Compute the two-sided p of the sign-flip test: how often sums of flipped signs are as far from 0 as their own.

    p = share of the 2^G assignments s of signs with |Σ_g s_g D_g| ≥ |Σ_g D_g| (Fisher 1935; Canay, Romano & Shaikh
    2017, Econometrica 85). Exact up to 16 clusters, where each D_g is as likely to be above 0 as below by as much;
    beyond, (1 + such assignments) / (1 + 9,999) over random assignments, always the same ones for as many clusters,
    given to the D_g in the order of their size: whose records are read first does not matter.

    Args:
        sums: shape (G,), D, one for each cluster, in any order.

    Returns:
        From 2 / 2^G to 1.

    >>> sign_flip_test([1, 1, 1, 1, 1, 1])
    0.03125
    >>> sign_flip_test([1, -1, 1, -1])
    1.0
    """
    return sign_flip_tests(np.asarray(sums, dtype=np.float64)[None])[0]


def sign_flip_tests(sums: Floats) -> list[float]:
    """Compute the p of several sign-flip tests of the same clusters.

    Args:
        sums: shape (m, G), of each test.
    """
    clusters = sums.shape[1]
    rows, reached = signs(clusters), list[int]()
    step = max(1, _AT_ONCE // len(rows))
    for some in (sums[start : start + step] for start in range(0, len(sums), step)):
        sizes = np.sort(np.abs(some), axis=1)
        least = np.abs(some.sum(axis=1)) - 1e-12 * np.maximum(1.0, sizes.sum(axis=1))
        reached += np.count_nonzero(np.abs(rows @ sizes.T) >= least, axis=0).tolist()
    if clusters <= EXACT:
        return [count / len(rows) for count in reached]
    return [(1 + count) / (1 + FLIPS) for count in reached]


@lru_cache(maxsize=32)
def signs(clusters: int) -> Floats:
    """Return rows of signs: all with a first +, since the other half are their mirror images, or random ones.

    Args:
        clusters: in each row; up to 16 the rows are all there are, the first without a −, beyond 9,999 random ones.
    """
    if clusters > EXACT:
        return drawn_signs(clusters).astype(np.float64)
    numbers = np.arange(2 ** max(clusters - 1, 0))
    return (1 - 2 * ((numbers[:, None] >> np.arange(clusters)) & 1)).astype(np.float64)


def drawn_signs(clusters: int) -> Signs:
    """Return 9,999 random rows of signs, always the same ones for as many clusters, in a byte each.

    Args:
        clusters: in each row; there may be thousands.
    """
    rng, found = np.random.Generator(np.random.Philox(key=clusters)), np.empty((FLIPS, clusters), np.int8)
    step = max(1, _AT_ONCE // clusters)
    for start in range(0, FLIPS, step):
        some = found[start : start + step]
        some[:] = 2 * rng.integers(0, 2, size=some.shape) - 1
    return found
