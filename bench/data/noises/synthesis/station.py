"""A railway station: an announcement from loudspeakers in a large hall, trains, people passing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.core.types import Rng
from bench.data.noises.synthesis.colours import filtered, ringing
from bench.data.noises.synthesis.finishing import reverberant
from bench.data.noises.synthesis.sources import band, noise, wander
from bench.data.noises.synthesis.talk import voice
from bench.data.noises.synthesis.tools import Sound, gain, place, samples, steps, unit
from bench.data.speech.espeak import Voice

PLACES = ("Harwick", "Oldbury", "Marlow Bridge", "the airport", "Seaford", "Kingsmere", "Ashdown", "Northgate")
NOTICES = (
    "The train to {place} leaves from platform {number}.",
    "Please stand back from the edge of platform {number}.",
    "The service from {place} is delayed by {number} minutes.",
    "Passengers for {place}, please change to platform {number}.",
    "Platform {number}, the express to {place} is now boarding.",
)


def asks(rng: Rng, seconds: float) -> list[tuple[str, Voice]]:
    """Choose what has to be said for a station: by one announcer; the notices last for most of the clip.

    Args:
        rng: what to draw from.
        seconds: the clip's length.

    Returns:
        Texts and the voices that say them; what is said becomes `spoken` of `render`.
    """
    count = 2 if seconds > 5.0 else 1
    chosen = rng.permutation(len(NOTICES))[:count]
    said = [NOTICES[i].format(place=rng.choice(PLACES), number=rng.integers(1, 20)) for i in chosen]
    return [(" ".join(said), voice(rng))]


def render(rng: Rng, spoken: Sequence[Sound], n: int) -> Sound:
    """Mix a station: an announcement after a chime, or in its midst, over the rumble and murmur of the hall.

    Args:
        rng: what to draw from.
        spoken: what each of `asks` sounds like, shapes (t_i,), at 16 kHz.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    announced, at = np.zeros(n), samples(rng.uniform(0.05, 0.5))
    if rng.random() < 0.6:
        chime = _chime(rng)
        place(announced, chime * rng.uniform(0.5, 1.0), at)
        at += samples(rng.uniform(0.5, 0.9))
    loudspeaker = np.tanh(
        2.0 * filtered(unit(spoken[0]), ((80.0, -40.0), (350.0, 0.0), (3400.0, 0.0), (6000.0, -30.0)))
    )
    place(announced, unit(loudspeaker), at)
    hall = reverberant(rng, announced, rng.uniform(1.2, 2.5), rng.uniform(0.0, 7.0))
    around = unit(_train(rng, n) + gain(rng.uniform(-8.0, 6.0)) * _murmur(rng, n))
    return unit(hall) + gain(rng.uniform(-8.0, 4.0)) * around


def _chime(rng: Rng) -> Sound:
    lowest = rng.uniform(420.0, 700.0)
    total = np.zeros(samples(1.6))
    for index, ratio in enumerate((1.5, 1.25, 1.0)[: int(rng.integers(2, 4))]):
        strike = np.zeros(samples(1.2))
        strike[0] = 1.0
        place(
            total, ringing(strike, [(lowest * ratio * k, 1.2 / k, 1.0 / k**2) for k in (1, 2, 3)]), samples(0.3) * index
        )
    return unit(total)


def _train(rng: Rng, n: int) -> Sound:
    """A train rolling by: rumble that swells, wheels over joints, at times a brake's squeal."""
    swell = wander(rng, n, 0.25, 0.3, 1.0)
    total = swell * noise(rng, n, ((35.0, 0.0), (110.0, 0.0), (450.0, -15.0), (4000.0, -42.0)))
    pair = samples(rng.uniform(0.12, 0.2))
    for start in steps(rng, n, rng.uniform(0.55, 1.1), 0.02):
        for offset in (0, pair):
            strike = rng.standard_normal(samples(0.02)) * np.hanning(samples(0.02))
            body = ringing(
                np.pad(strike, (0, samples(0.15))), ((90.0, 0.12, 1.0), (310.0, 0.08, 0.6), (1200.0, 0.03, 0.2))
            )
            place(total, unit(body) * rng.uniform(0.3, 0.8), start + offset)
    if rng.random() < 0.3:
        squeal = band(rng, n, 2500.0, 2700.0) * wander(rng, n, 1.2) ** 3
        total += rng.uniform(0.1, 0.35) * squeal
    return unit(total)


def _murmur(rng: Rng, n: int) -> Sound:
    """Far voices that cannot be told apart: bands of speech noise, each swelling at the pace of syllables; steps."""
    total = np.zeros(n)
    for low, high, level in ((150.0, 500.0, 1.0), (500.0, 1100.0, 0.6), (1100.0, 2500.0, 0.3), (2500.0, 4500.0, 0.12)):
        total += level * band(rng, n, low, high) * wander(rng, n, 3.5, 0.3, 1.0)
    for start in steps(rng, n, rng.uniform(0.2, 0.5), 0.2):
        step = noise(rng, samples(0.05), ((150.0, 0.0), (1500.0, -4.0), (6000.0, -20.0)))
        place(total, step * np.exp(-np.arange(len(step)) / samples(0.01)) * rng.uniform(0.2, 1.2), start)
    return unit(total)
