"""White noise: independent samples, so that every frequency has the same share, of three distributions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.core.types import Rng
from bench.data.noises.synthesis.tools import Sound


def gaussian(rng: Rng, n: int) -> Sound:
    """Normally distributed samples."""
    return rng.standard_normal(n)


def uniform(rng: Rng, n: int) -> Sound:
    """Samples between two limits: no peaks."""
    return rng.uniform(-1.0, 1.0, n)


def laplacian(rng: Rng, n: int) -> Sound:
    """Samples with more peaks than the normal distribution has."""
    return rng.laplace(size=n)


KINDS: Mapping[str, Callable[[Rng, int], Sound]] = {"gaussian": gaussian, "uniform": uniform, "laplacian": laplacian}
"""The sounds of the category, by name: each takes a generator and a number of samples."""
