"""Sounds of the mouth and nose, made as by a vocal tract: glottal pulses or noise, for resonances that scale with the
speaker (a `tract` of 1 is a man's; above it is smaller, and its resonances are higher)."""

from __future__ import annotations

import numpy as np

from bench.core.types import Rng
from bench.data.noises.synthesis.colours import filtered, formants
from bench.data.noises.synthesis.sources import noise, pulses
from bench.data.noises.synthesis.tools import Sound, unit


def phonated(rng: Rng, hertz: Sound, roughness: float) -> Sound:
    """Make glottal pulses whose rate follows a curve, 12 dB an octave softer toward the highs.

    Args:
        rng: what to draw from.
        hertz: the rate at each sample, shape (n,).
        roughness: deviation of the pulses' times, as a share of the interval.

    Returns:
        Shape (n,), at a root mean square of 1.
    """
    return unit(filtered(pulses(hertz, rng, roughness), ((80.0, 0.0), (300.0, 0.0), (1200.0, -18.0), (5000.0, -40.0))))


def voiced(rng: Rng, n: int, start_hz: float, end_hz: float, roughness: float) -> Sound:
    """Make glottal pulses that glide from one rate to another.

    Args:
        rng: what to draw from.
        n: samples at 16 kHz.
        start_hz: the rate at the start, which is varied by 2 %.
        end_hz: the rate at the end, varied likewise.
        roughness: deviation of the pulses' times, as a share of the interval.

    Returns:
        Shape (n,), at a root mean square of 1.
    """
    hertz = np.linspace(start_hz, end_hz, n) * (1.0 + 0.02 * rng.standard_normal())
    return phonated(rng, hertz, roughness)


def breath(rng: Rng, n: int, tract: float, bright: float) -> Sound:
    """Make the noise of breath through an open vocal tract.

    Args:
        rng: what to draw from.
        n: samples at 16 kHz.
        tract: scales the resonances: 1 is a man's tract, above it a smaller one.
        bright: from 0 (breathing out) to 1 (drawn in sharply).

    Returns:
        Shape (n,), at a root mean square of 1.
    """
    air = noise(rng, n, ((150.0, -12.0), (800.0, 0.0), (3000.0, 6.0 * bright), (7500.0, 6.0 * bright - 8.0)))
    tracts = [tract * hertz for hertz in (620.0, 1500.0, 2600.0, 3900.0)]
    return unit(unit(formants(air, tracts, 260.0)) + 0.4 * air)
