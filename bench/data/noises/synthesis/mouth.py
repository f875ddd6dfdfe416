"""Sounds of the mouth and nose, made as by a vocal tract: glottal pulses or noise, for resonances that scale with the
speaker (a `tract` of 1 is a man's; above it is smaller, and its resonances are higher)."""

from __future__ import annotations

import numpy as np

from bench.core.types import Rng
from bench.data.noises.synthesis.tools import Sound, filtered, formants, noise, pulses, unit


def phonated(rng: Rng, hertz: Sound, roughness: float) -> Sound:
    """Glottal pulses whose rate follows the curve, 12 dB an octave softer toward the highs."""
    return unit(filtered(pulses(hertz, rng, roughness), ((80.0, 0.0), (300.0, 0.0), (1200.0, -18.0), (5000.0, -40.0))))


def voiced(rng: Rng, n: int, start_hz: float, end_hz: float, roughness: float) -> Sound:
    """Glottal pulses that glide from one rate to another."""
    hertz = np.linspace(start_hz, end_hz, n) * (1.0 + 0.02 * rng.standard_normal())
    return phonated(rng, hertz, roughness)


def breath(rng: Rng, n: int, tract: float, bright: float) -> Sound:
    """Noise through an open tract; `bright` from 0 (breathing out) to 1 (drawn in sharply)."""
    air = noise(rng, n, ((150.0, -12.0), (800.0, 0.0), (3000.0, 6.0 * bright), (7500.0, 6.0 * bright - 8.0)))
    tracts = [tract * hertz for hertz in (620.0, 1500.0, 2600.0, 3900.0)]
    return unit(unit(formants(air, tracts, 260.0)) + 0.4 * air)
