"""Building blocks of the synthesised noises: float64, mono, 16 kHz, random only through the generator given.

Levels inside a sound are relative: `finish` sets the level of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.core.types import SAMPLE_RATE, Rng

Sound: TypeAlias = NDArray[np.float64]


def samples(seconds: float) -> int:
    """Turn seconds into a whole number of samples at 16 kHz, at least 1."""
    return max(1, round(seconds * SAMPLE_RATE))


def gain(db: float) -> float:
    """Turn decibels into a factor of amplitude."""
    return float(10.0 ** (db / 20.0))


def rms(sound: Sound) -> float:
    """Compute the root mean square of a sound, shape (n,)."""
    return float(np.sqrt(np.mean(sound**2)))


def unit(sound: Sound) -> Sound:
    """Bring a sound to a root mean square of 1; silence stays silence."""
    level = rms(sound)
    return sound / level if level > 0 else sound


def envelope(n: int, corners: Sequence[tuple[float, float]]) -> Sound:
    """Draw straight lines through corners, over a number of samples.

    Args:
        n: samples.
        corners: (share of the duration, level), in order of time.

    Returns:
        Shape (n,).
    """
    return np.interp(np.linspace(0.0, 1.0, n), [at for at, _ in corners], [level for _, level in corners])


def place(target: Sound, sound: Sound, start: int) -> None:
    """Add a sound to another, in place, from a sample on; what runs over the end is lost.

    Args:
        target: shape (n,); changed.
        sound: shape (u,).
        start: the first sample of `target` that is changed; nothing is added where it is outside.
    """
    if 0 <= start < len(target):
        end = min(len(target), start + len(sound))
        target[start:end] += sound[: end - start]


def steps(rng: Rng, n: int, every_s: float, spread: float, first_s: float | None = None) -> list[int]:
    """Draw the start samples of events that come about regularly.

    Args:
        rng: what to draw from.
        n: samples at 16 kHz, within which they start.
        every_s: mean interval, in seconds.
        spread: standard deviation of an interval, as a share of it.
        first_s: when the first starts, in seconds; drawn within an interval by default.
    """
    at = rng.uniform(0.0, every_s) if first_s is None else first_s
    starts = []
    while at * SAMPLE_RATE < n:
        starts.append(int(at * SAMPLE_RATE))
        at += max(0.2 * every_s, every_s * (1.0 + spread * rng.standard_normal()))
    return starts
