"""A meeting in the next seats: two or three people taking turns far from the microphone, ventilation, paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.core.types import Rng
from bench.data.noises.synthesis.finishing import reverberant
from bench.data.noises.synthesis.sources import band, noise, sparks, tone, wander
from bench.data.noises.synthesis.talk import looped, request, two_voices
from bench.data.noises.synthesis.tools import Sound, envelope, gain, place, samples, steps, unit
from bench.data.speech.espeak import Voice


def asks(rng: Rng, seconds: float) -> list[tuple[str, Voice]]:
    """Choose what has to be said for a meeting: by two people; what the second says may be shared with a third.

    Args:
        rng: what to draw from.
        seconds: the clip's length.

    Returns:
        Texts and the voices that say them; what is said becomes `spoken` of `render`.
    """
    return [request(rng, 0.7 * seconds), request(rng, 1.2 * seconds)]


def render(rng: Rng, spoken: Sequence[Sound], n: int) -> Sound:
    """Mix a meeting: turns that overlap a little, in a room that is heard more than the voices are; hum and rustling.

    Args:
        rng: what to draw from.
        spoken: what each of `asks` sounds like, shapes (t_i,), at 16 kHz.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    first, (second, third) = spoken[0], two_voices(rng, spoken[1])
    people = [first, second, third] if rng.random() < 0.5 else [first, second]
    levels = [gain(rng.uniform(-6.0, 0.0)) for _ in people]
    talk, at, turn = np.zeros(n), 0, int(rng.integers(len(people)))
    while at < n:
        length = samples(rng.uniform(1.0, 2.6))
        said = looped(rng, people[turn], length)
        ramp = envelope(length, ((0.0, 0.0), (0.05, 1.0), (0.95, 1.0), (1.0, 0.0)))
        place(talk, levels[turn] * said * ramp, at)
        at += length - samples(rng.uniform(-0.15, 0.4))
        turn = (turn + int(rng.integers(1, len(people)))) % len(people)
    there = reverberant(rng, talk, rng.uniform(0.35, 0.9), rng.uniform(-2.0, 6.0))
    return (
        unit(there)
        + gain(rng.uniform(-24.0, -12.0)) * _ventilation(rng, n)
        + gain(rng.uniform(-28.0, -14.0)) * _paper(rng, n)
    )


def _ventilation(rng: Rng, n: int) -> Sound:
    air = noise(rng, n, ((50.0, 0.0), (250.0, -3.0), (1000.0, -15.0), (6000.0, -36.0)))
    mains = float(rng.choice((50.0, 60.0)))
    hum = tone(np.full(n, 2.0 * mains)) + 0.4 * tone(np.full(n, 4.0 * mains)) + 0.2 * tone(np.full(n, 6.0 * mains))
    return unit(air + rng.uniform(0.1, 0.7) * hum)


def _paper(rng: Rng, n: int) -> Sound:
    total = np.zeros(n)
    for start in steps(rng, n, rng.uniform(1.0, 2.5), 0.4):
        length = samples(rng.uniform(0.25, 0.9))
        grain = np.abs(sparks(rng, length, 500.0)) + 0.15
        rustle = band(rng, length, 1500.0, 6500.0) * grain * wander(rng, length, 9.0) ** 2
        place(total, unit(rustle) * np.hanning(length) * rng.uniform(0.4, 1.0), start)
    return unit(total)
