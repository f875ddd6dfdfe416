"""Crying: sobs, a baby's cries, whimpers.

Lengths and pitches: Provine, Curious Behavior, 2012 (sobs); Wasz-Höckert et al., The Infant Cry, 1968, and LaGasse,
Neal, Lester, Assessment of infant cry, 2005 (cries of about a second at 350 to 600 Hz that rise and fall, a breath
drawn in between them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from bench.core.types import Rng
from bench.data.noises.synthesis.colours import formants
from bench.data.noises.synthesis.mouth import breath, phonated
from bench.data.noises.synthesis.sources import wander
from bench.data.noises.synthesis.tools import Sound, envelope, gain, place, samples, unit


def _gasps(rng: Rng, total: Sound, at: int, tract: float, count: int) -> int:
    """Short breaths drawn in one upon another from a sample on; where they end."""
    for _ in range(count):
        length = samples(rng.uniform(0.09, 0.18))
        shape = envelope(length, ((0.0, 0.0), (0.6, 1.0), (1.0, 0.0)))
        place(total, rng.uniform(0.2, 0.5) * breath(rng, length, tract, 1.0) * shape, at)
        at += length + samples(rng.uniform(0.02, 0.08))
    return at


def _wail(rng: Rng, corners: list[tuple[float, float]], length: int, shaking: float, roughness: float) -> Sound:
    """A voice whose pitch goes through (share of the duration, Hz) corners and shakes 5 to 9 times a second."""
    hertz = envelope(length, corners) * wander(rng, length, rng.uniform(5.0, 9.0), 1.0 - shaking, 1.0 + shaking)
    return phonated(rng, hertz, roughness)


def sobbing(rng: Rng, n: int) -> Sound:
    """Synthesise sobs: moans that fall and shake, cut up by the breath, and gasps between them.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, tract, pitch = np.zeros(n), rng.uniform(0.95, 1.25), rng.uniform(210.0, 420.0)
    at = samples(rng.uniform(0.02, 0.2))
    while at < n:
        for _ in range(int(rng.integers(2, 5))):
            length = samples(rng.uniform(0.22, 0.6))
            high = pitch * rng.uniform(0.95, 1.25)
            moan = _wail(rng, [(0.0, 0.9 * high), (0.2, high), (1.0, 0.7 * high)], length, 0.06, 0.03)
            voice = unit(formants(moan, [tract * hertz for hertz in (560.0, 1250.0, 2500.0, 3500.0)]))
            air = gain(rng.uniform(-16.0, -6.0)) * breath(rng, length, tract, 0.2)
            shape = envelope(length, ((0.0, 0.0), (0.12, 1.0), (0.6, 0.6), (1.0, 0.0)))
            place(total, (voice + air) * shape * rng.uniform(0.5, 1.0), at)
            at += length + samples(rng.uniform(0.03, 0.1))
        at = _gasps(rng, total, at, tract, int(rng.integers(1, 5))) + samples(rng.uniform(0.02, 0.15))
    return total


def baby_cry(rng: Rng, n: int) -> Sound:
    """Synthesise a baby's cries: of a second each, rising and falling, harsh where they are loudest.

    Between them a breath is drawn in.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, tract, pitch = np.zeros(n), rng.uniform(0.9, 1.15), rng.uniform(360.0, 560.0)
    at = samples(rng.uniform(0.02, 0.2))
    while at < n:
        length = samples(rng.uniform(0.6, 1.4))
        high = pitch * rng.uniform(0.95, 1.15)
        corners = [(0.0, 0.75 * high), (0.2, high), (0.7, 0.95 * high), (1.0, 0.65 * high)]
        cry = _wail(rng, corners, length, 0.02, rng.uniform(0.01, 0.08))
        voice = unit(formants(cry, [tract * hertz for hertz in (1050.0, 2500.0, 3600.0, 5200.0)], 180.0))
        shape = envelope(length, ((0.0, 0.0), (0.1, 0.7), (0.35, 1.0), (0.8, 0.7), (1.0, 0.0)))
        place(total, voice * shape * rng.uniform(0.6, 1.0), at)
        at = _gasps(rng, total, at + length + samples(0.03), 1.5 * tract, 1) + samples(rng.uniform(0.02, 0.1))
    return total


def whimper(rng: Rng, n: int) -> Sound:
    """Synthesise whimpers: thin, soft sounds through the nose that break off, in groups, and gasps between them.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, tract, pitch = np.zeros(n), rng.uniform(1.0, 1.3), rng.uniform(300.0, 560.0)
    at = samples(rng.uniform(0.02, 0.2))
    while at < n:
        for _ in range(int(rng.integers(2, 6))):
            length = samples(rng.uniform(0.1, 0.35))
            high = pitch * rng.uniform(0.9, 1.2)
            thin = _wail(rng, [(0.0, 0.85 * high), (0.5, high), (1.0, 0.9 * high)], length, 0.05, 0.01)
            voice = unit(formants(thin, [tract * hertz for hertz in (280.0, 1150.0, 2400.0)], 90.0))
            air = gain(rng.uniform(-20.0, -10.0)) * breath(rng, length, tract, 0.4)
            place(total, (voice + air) * np.hanning(length) * rng.uniform(0.4, 1.0), at)
            at += length + samples(rng.uniform(0.03, 0.15))
        at = _gasps(rng, total, at, tract, int(rng.integers(1, 3))) + samples(rng.uniform(0.03, 0.2))
    return total


KINDS: Mapping[str, Callable[[Rng, int], Sound]] = {"sobbing": sobbing, "baby-cry": baby_cry, "whimper": whimper}
"""The sounds of the category, by name: each takes a generator and a number of samples."""
