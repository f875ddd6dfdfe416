"""White noise: independent samples, so that every frequency has the same share, of three distributions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.core.types import Rng
from bench.data.noises.synthesis.tools import Sound


def gaussian(rng: Rng, n: int) -> Sound:
    """Draw samples from a normal distribution of variance 1.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    return rng.standard_normal(n)


def uniform(rng: Rng, n: int) -> Sound:
    """Draw samples evenly from -1 to 1: no peaks.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    return rng.uniform(-1.0, 1.0, n)


def laplacian(rng: Rng, n: int) -> Sound:
    """Draw samples from a Laplace distribution of scale 1, which has more peaks than the normal one.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    return rng.laplace(size=n)


KINDS: Mapping[str, Callable[[Rng, int], Sound]] = {"gaussian": gaussian, "uniform": uniform, "laplacian": laplacian}
"""The sounds of the category, by name: each takes a generator and a number of samples."""
