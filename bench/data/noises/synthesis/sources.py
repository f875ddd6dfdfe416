"""Where the synthesised noises begin: noise, tones, pulses, sparks, and what wanders."""

from __future__ import annotations

import numpy as np

from bench.core.types import SAMPLE_RATE, Rng
from bench.data.noises.synthesis.colours import Curve, filtered
from bench.data.noises.synthesis.tools import Sound, unit


def noise(rng: Rng, n: int, curve: Curve) -> Sound:
    """Draw Gaussian noise with a spectrum, at a root mean square of 1.

    Args:
        rng: what to draw from.
        n: samples at 16 kHz.
        curve: the spectrum as (Hz, dB) corners.
    """
    return unit(filtered(rng.standard_normal(n), curve))


def band(rng: Rng, n: int, low_hz: float, high_hz: float) -> Sound:
    """Draw noise between two frequencies, falling by some 30 dB within an octave outside them.

    Args:
        rng: what to draw from.
        n: samples at 16 kHz.
        low_hz: the lower frequency, in Hz.
        high_hz: the upper one.

    Returns:
        Shape (n,), at a root mean square of 1.
    """
    curve = ((low_hz / 4, -60.0), (low_hz / 2, -30.0), (low_hz, 0.0), (high_hz, 0.0), (high_hz * 2, -30.0))
    return noise(rng, n, (*curve, (high_hz * 4, -60.0)))


def wander(rng: Rng, n: int, hertz: float, low: float = 0.0, high: float = 1.0) -> Sound:
    """Draw a smooth random curve.

    Args:
        rng: what to draw from.
        n: samples at 16 kHz.
        hertz: how often a second it turns, about.
        low: its lowest value.
        high: its highest value.

    Returns:
        Shape (n,).
    """
    knots = int(np.ceil(n / SAMPLE_RATE * hertz * 2.0)) + 2
    position = np.linspace(0.0, knots - 1.000001, n)
    left = position.astype(np.int64)
    ease = 0.5 - 0.5 * np.cos(np.pi * (position - left))
    values = rng.uniform(low, high, knots + 1)
    return np.asarray(values[left] * (1.0 - ease) + values[left + 1] * ease, dtype=np.float64)


def tone(hertz: Sound, phase: float = 0.0) -> Sound:
    """Make a sine whose frequency follows a curve.

    Args:
        hertz: the frequency at each sample, shape (n,).
        phase: at the start, in radians.

    Returns:
        Shape (n,), in [-1, 1].
    """
    return np.asarray(np.sin(phase + 2.0 * np.pi * np.cumsum(hertz) / SAMPLE_RATE), dtype=np.float64)


def pulses(hertz: Sound, rng: Rng, jitter: float = 0.0) -> Sound:
    """Make a train of unit impulses whose rate follows a curve.

    Args:
        hertz: the rate at each sample, shape (n,).
        rng: what to draw from.
        jitter: deviation of the impulses' times, as a share of the interval.

    Returns:
        Shape (n,).
    """
    cycles = np.cumsum(hertz) / SAMPLE_RATE
    count = int(cycles[-1])
    if count < 1:
        return np.zeros(len(hertz))
    wanted = np.arange(1, count + 1) + jitter * rng.standard_normal(count)
    at = np.clip(np.searchsorted(cycles, wanted), 0, len(hertz) - 1)
    train = np.zeros(len(hertz))
    np.add.at(train, at, 1.0)
    return train


def sparks(rng: Rng, n: int, rate_hz: float | Sound, spread_db: float = 8.0) -> Sound:
    """Draw impulses at random times, with random signs and levels.

    Args:
        rng: what to draw from.
        n: samples at 16 kHz.
        rate_hz: impulses a second, one number or one for each sample, shape (n,).
        spread_db: standard deviation of their levels, in dB.

    Returns:
        Shape (n,).
    """
    train = (rng.random(n) < np.asarray(rate_hz) / SAMPLE_RATE).astype(np.float64)
    level = 10.0 ** (spread_db * rng.standard_normal(n) / 20.0)
    return np.asarray(train * level * rng.choice((-1.0, 1.0), n), dtype=np.float64)
