"""Laughter: bouts of short calls, each a puff of breath that is voiced or not, and breath drawn in between the bouts.

Pitches, rates and lengths: Bachorowski, Smoski, Owren, The acoustic features of human laughter, JASA 110 (3), 2001
(men 272 Hz, women 405 Hz on average, four to five calls a second, bouts of about a second).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bench.core.types import Rng
from bench.data.noises.synthesis.colours import formants
from bench.data.noises.synthesis.mouth import breath, voiced
from bench.data.noises.synthesis.tools import Sound, envelope, gain, place, samples, unit


def _person(rng: Rng) -> tuple[float, float]:
    """Pitch in Hz and tract of a man or a woman."""
    if rng.random() < 0.5:
        return float(rng.uniform(190.0, 320.0)), float(rng.uniform(0.9, 1.05))
    return float(rng.uniform(320.0, 500.0)), float(rng.uniform(1.05, 1.25))


def _call(rng: Rng, n: int, pitch_hz: float, vowel_hz: Sequence[float], tract: float, air_db: float) -> Sound:
    """One "ha": breath, then a voice that falls, with as much breath in it."""
    voice = formants(voiced(rng, n, 1.1 * pitch_hz, 0.85 * pitch_hz, 0.02), [tract * hertz for hertz in vowel_hz])
    late = envelope(n, ((0.0, 0.0), (0.15, 0.2), (0.35, 1.0), (0.6, 0.8), (1.0, 0.0)))
    early = envelope(n, ((0.0, 0.2), (0.15, 1.0), (0.5, 0.4), (1.0, 0.0)))
    return unit(voice) * late + gain(air_db) * breath(rng, n, tract, 0.3) * early


def _laughs(rng: Rng, n: int, vowel_hz: Sequence[float], pace_s: float, air_db: float, raised: float) -> Sound:
    """Bouts of calls that grow softer and lower, and a breath drawn in after each.

    Args:
        vowel_hz: the tract's resonances.
        pace_s: from one call to the next, in seconds.
        air_db: breath against voice.
        raised: times the person's usual pitch.
    """
    total, (pitch, tract) = np.zeros(n), _person(rng)
    at = samples(rng.uniform(0.02, 0.2))
    while at < n:
        calls = int(rng.integers(4, 10))
        peak = int(rng.integers(0, 3))
        loud = float(rng.uniform(0.5, 1.0))
        for index in range(calls):
            length = samples(pace_s * rng.uniform(0.5, 0.75))
            fall = 0.88 ** abs(index - peak)
            high = raised * pitch * (0.8 + 0.25 * fall) * rng.uniform(0.96, 1.04)
            place(total, loud * fall * _call(rng, length, high, vowel_hz, tract, air_db), at)
            at += samples(pace_s * rng.uniform(0.88, 1.15))
        drawn = samples(rng.uniform(0.2, 0.45))
        shape = envelope(drawn, ((0.0, 0.0), (0.7, 1.0), (1.0, 0.0)))
        place(total, rng.uniform(0.08, 0.3) * breath(rng, drawn, tract, 1.0) * shape, at + samples(0.05))
        at += drawn + samples(rng.uniform(0.1, 0.3))
    return total


def laughter(rng: Rng, n: int) -> Sound:
    """Synthesise laughter, open and voiced: ha ha ha.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    return _laughs(rng, n, (780.0, 1300.0, 2600.0, 3600.0), rng.uniform(0.19, 0.25), rng.uniform(-14.0, -4.0), 1.0)


def giggle(rng: Rng, n: int) -> Sound:
    """Synthesise giggles, fast, short and high: hi hi hi.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    return _laughs(rng, n, (420.0, 2100.0, 2900.0, 3700.0), rng.uniform(0.13, 0.17), rng.uniform(-12.0, -2.0), 1.35)


def chuckle(rng: Rng, n: int) -> Sound:
    """Synthesise chuckles, low, behind a nearly closed mouth, with more breath than voice: hm hm hm.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    return _laughs(rng, n, (300.0, 1100.0, 2300.0), rng.uniform(0.2, 0.28), rng.uniform(-2.0, 6.0), 0.65)


KINDS: Mapping[str, Callable[[Rng, int], Sound]] = {"laughter": laughter, "giggle": giggle, "chuckle": chuckle}
"""The sounds of the category, by name: each takes a generator and a number of samples."""
