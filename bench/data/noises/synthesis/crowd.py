"""A crowd: many people talking at once, as in a café."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.core.types import Rng
from bench.data.noises.synthesis.colours import filtered, ringing
from bench.data.noises.synthesis.finishing import reverberant
from bench.data.noises.synthesis.sources import noise
from bench.data.noises.synthesis.talk import looped, request, two_voices
from bench.data.noises.synthesis.tools import Sound, gain, place, samples, steps, unit
from bench.data.speech.espeak import Voice


def asks(rng: Rng, seconds: float) -> list[tuple[str, Voice]]:
    """Choose what has to be said for a crowd: by three or four people, each with enough to say for two.

    Args:
        rng: what to draw from.
        seconds: the clip's length.

    Returns:
        Texts and the voices that say them; what is said becomes `spoken` of `render`.
    """
    return [request(rng, 1.5 * seconds) for _ in range(int(rng.integers(3, 5)))]


def render(rng: Rng, spoken: Sequence[Sound], n: int) -> Sound:
    """Mix a crowd: six or eight voices at different distances, the clink of cups, and the air of the room.

    Args:
        rng: what to draw from.
        spoken: what each of `asks` sounds like, shapes (t_i,), at 16 kHz.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    voices = [half for whole in spoken for half in two_voices(rng, whole)]
    babble = np.zeros(n)
    for one in voices:
        distance_db = rng.uniform(0.0, 9.0)
        dull = ((1000.0, 0.0), (5000.0, -1.2 * distance_db))
        babble += gain(-distance_db) * filtered(looped(rng, one, n), dull)
    clinks = np.zeros(n)
    for start in steps(rng, n, rng.uniform(0.5, 3.0), 0.6):
        lowest = rng.uniform(1800.0, 3800.0)
        strike = np.zeros(samples(0.25))
        strike[0] = rng.uniform(0.2, 1.0)
        place(clinks, ringing(strike, [(lowest * r, 0.2 / r, 1.0 / r) for r in (1.0, 1.53, 2.1)]), start)
    room = noise(rng, n, ((60.0, 0.0), (400.0, -6.0), (4000.0, -24.0)))
    there = reverberant(rng, unit(babble), rng.uniform(0.4, 1.2), rng.uniform(-8.0, 2.0))
    return unit(there) + gain(rng.uniform(-30.0, -14.0)) * unit(clinks) + gain(rng.uniform(-26.0, -14.0)) * room
