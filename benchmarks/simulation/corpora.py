"""Corpora drawn from a latent normal model of which the benchmark's statistics know nothing.

Utterance i of speaker g with sound c is a success if √r_s a_g + √r_c b_c + √(1 − r_s − r_c) e_i < Φ⁻¹(share), with
a, b, e standard normal, and r such that two utterances of one speaker (or sound) have the given intra-class
correlation as 0/1 figures. Every utterance draws its sound at random. Two conditions of a pair share half of the
variance of a and e.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Numbers = NDArray[np.float64]
UTTERANCES = 24


@dataclass(frozen=True)
class Design:
    """A point: how many speakers, sounds (0: the attack has none in common), and how alike what they share makes."""

    speakers: int
    sounds: int
    alike: float
    utterances: int = UTTERANCES

    @property
    def names(self) -> NDArray[np.intp]:
        """The speaker of each utterance."""
        return np.repeat(np.arange(self.speakers), self.utterances)


def designs(speakers: Iterable[int], sounds: Iterable[int], alike: Iterable[float]) -> Iterator[Design]:
    """All points."""
    for number, bank, one in itertools.product(speakers, sounds, alike):
        yield Design(number, bank, one)


@lru_cache(maxsize=64)
def latent_correlation(share: float, alike: float) -> float:
    """The correlation of two standard normals that, cut at Φ⁻¹(share), correlate by `alike`."""
    if alike == 0:
        return 0.0
    cut, wanted = stats.norm.ppf(share), share**2 + alike * share * (1 - share)

    def excess(correlation: float) -> float:
        both = stats.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]])
        return float(both.cdf([cut, cut])) - wanted

    return float(optimize.brentq(excess, 0.0, 0.999))


def corpora(rng: np.random.Generator, design: Design, shares: Sequence[float], count: int) -> tuple[Numbers, Numbers]:
    """0/1 figures, shape (count, conditions, utterances of all speakers), and each one's sound, (count, utterances)."""
    shape = (count, design.speakers, design.utterances)
    heard = rng.integers(0, max(design.sounds, 1), size=shape)
    common, each = rng.normal(size=(*shape[:2], 1)), rng.normal(size=shape)
    hits = []
    for share in shares:
        alike = latent_correlation(share, design.alike)
        own = (rng.normal(size=(*shape[:2], 1)), rng.normal(size=shape))
        speaker, utterance = ((one + other) / 2**0.5 for one, other in zip((common, each), own, strict=True))
        latent = alike**0.5 * speaker
        if design.sounds:
            sound = rng.normal(size=(count, design.sounds))
            latent = latent + alike**0.5 * np.take_along_axis(sound, heard.reshape(count, -1), 1).reshape(shape)
        left = 1 - alike * (2 if design.sounds else 1)
        hits.append(latent + left**0.5 * utterance < stats.norm.ppf(share))
    figures = np.stack(hits, axis=1).reshape(count, len(shares), -1).astype(np.float64)
    return figures, heard.reshape(count, -1)


def crossed(design: Design, heard: Numbers) -> list[Numbers]:
    """The sounds as a second clustering, where they are one."""
    return [heard] if design.sounds else []
