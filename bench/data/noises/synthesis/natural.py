"""Natural soundscapes: rain, wind, sea waves, fire, thunder, birds, crickets, a brook."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from bench.core.types import Rng
from bench.data.noises.synthesis.colours import ringing
from bench.data.noises.synthesis.sources import band, noise, sparks, tone, wander
from bench.data.noises.synthesis.tools import Sound, envelope, gain, place, samples, steps, unit


def rain(rng: Rng, n: int) -> Sound:
    """Synthesise rain: a bed of far drops, and near ones that each ring shortly on what they fall on.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    bright = rng.uniform(-14.0, 5.0)
    bed = noise(rng, n, ((80.0, -18.0), (500.0, -8.0), (2000.0, 0.0), (5000.0, bright), (7800.0, bright - 6.0)))
    drops = np.zeros(n)
    for _ in range(3):
        hertz = rng.uniform(900.0, 6000.0)
        drops += ringing(sparks(rng, n, rng.uniform(15.0, 120.0)), ((hertz, rng.uniform(0.004, 0.02), 1.0),))
    return bed * wander(rng, n, 0.7, 0.75, 1.0) + gain(rng.uniform(-16.0, -4.0)) * unit(drops)


def wind(rng: Rng, n: int) -> Sound:
    """Synthesise gusts of wind: noise that grows brighter as it grows louder, and a howl that rises with it.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    gust = wander(rng, n, rng.uniform(0.3, 0.9), 0.15, 1.0)
    low = noise(rng, n, ((40.0, 0.0), (200.0, -3.0), (600.0, -20.0), (3000.0, -45.0)))
    middle = band(rng, n, 250.0, 900.0)
    high = band(rng, n, 900.0, 3000.0)
    pitch = rng.uniform(300.0, 600.0) * (0.7 + 0.6 * gust)
    howl = tone(pitch) * wander(rng, n, 25.0, -1.0, 1.0)
    air: Sound = low * gust + 0.5 * middle * gust**2 + 0.25 * high * gust**3
    return air + rng.uniform(0.0, 0.6) * howl * gust**2


def sea_waves(rng: Rng, n: int) -> Sound:
    """Synthesise waves that swell, break and draw back over the noise of the open sea.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    swell: Sound = np.full(n, 0.08)
    for start in steps(rng, n, rng.uniform(2.2, 4.0), 0.2):
        length = samples(rng.uniform(2.5, 4.5))
        shape = envelope(length, ((0.0, 0.0), (0.3, 0.35), (0.42, 1.0), (0.6, 0.5), (1.0, 0.0)))
        place(swell, shape * rng.uniform(0.5, 1.0), start - samples(0.6) if start > samples(0.6) else 0)
    body = noise(rng, n, ((60.0, 0.0), (400.0, -3.0), (1200.0, -12.0), (6000.0, -34.0)))
    foam = noise(rng, n, ((300.0, -20.0), (1500.0, 0.0), (6000.0, -3.0)))
    breaking = foam * np.power(swell, 1.7)
    return body * swell + rng.uniform(0.4, 0.9) * breaking


def fire(rng: Rng, n: int) -> Sound:
    """Synthesise a fire: crackles of all sizes in bursts, over the soft roar of the flames.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    roar = noise(rng, n, ((40.0, 0.0), (150.0, 0.0), (700.0, -20.0), (4000.0, -40.0))) * wander(rng, n, 4.0, 0.4, 1.0)
    rate = rng.uniform(15.0, 60.0) * wander(rng, n, 1.5, 0.0, 1.0) ** 2
    crackle = np.zeros(n)
    for hertz in rng.uniform(400.0, 5500.0, 4):
        crackle += ringing(sparks(rng, n, rate, 7.0), ((hertz, rng.uniform(0.002, 0.012), 1.0),))
    hiss = band(rng, n, 2500.0, 7000.0) * wander(rng, n, 2.0, 0.2, 1.0)
    return unit(crackle) + gain(rng.uniform(-12.0, 4.0)) * roar + gain(-24.0) * hiss


def thunder(rng: Rng, n: int) -> Sound:
    """Synthesise thunder: a crack, and a roll whose strokes come in duller and duller; some rain.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total = gain(rng.uniform(-34.0, -24.0)) * noise(rng, n, ((200.0, -12.0), (2000.0, 0.0), (7000.0, 0.0)))
    start = samples(rng.uniform(0.05, 0.7))
    crack_length = samples(rng.uniform(0.08, 0.3))
    crack = noise(rng, crack_length, ((80.0, 0.0), (2000.0, -4.0), (7000.0, -16.0)))
    place(total, crack * np.exp(-np.arange(crack_length) / (0.3 * crack_length)) * rng.uniform(0.1, 0.9), start)
    for stroke in range(int(rng.integers(4, 9))):
        length = samples(rng.uniform(0.8, 2.8))
        top = rng.uniform(120.0, 500.0) * 0.85**stroke
        rumble = noise(rng, length, ((30.0, 0.0), (top, 0.0), (top * 4, -30.0), (6000.0, -60.0)))
        shape = envelope(length, ((0.0, 0.0), (0.08, 1.0), (1.0, 0.0))) ** 1.6
        place(
            total, rumble * shape * rng.uniform(0.4, 1.0) * 0.85**stroke, start + samples(0.35 * stroke * rng.random())
        )
    return total


def birds(rng: Rng, n: int) -> Sound:
    """Synthesise two to four birds, each repeating a motif of notes that glide between 2 and 6.5 kHz; wind in leaves.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total = gain(rng.uniform(-26.0, -16.0)) * noise(rng, n, ((150.0, -6.0), (1000.0, 0.0), (4000.0, -9.0)))
    for _ in range(int(rng.integers(2, 5))):
        motif = _motif(rng) * gain(rng.uniform(-12.0, 0.0))
        for start in steps(rng, n, len(motif) / 16_000 + rng.uniform(0.3, 1.4), 0.25):
            place(total, motif * rng.uniform(0.6, 1.0), start)
    return total


def _motif(rng: Rng) -> Sound:
    centre = rng.uniform(2300.0, 5200.0)
    notes = []
    for _ in range(int(rng.integers(2, 6))):
        length = samples(rng.uniform(0.04, 0.22))
        ends = centre * rng.uniform(0.8, 1.25, 3)
        hertz = np.interp(np.linspace(0.0, 1.0, length), (0.0, 0.5, 1.0), ends)
        trill = 1.0 + rng.choice((0.0, 0.03, 0.08)) * np.sin(2 * np.pi * 30.0 * np.arange(length) / 16_000)
        notes += [tone(hertz * trill) * np.hanning(length), np.zeros(samples(rng.uniform(0.02, 0.12)))]
    return np.concatenate(notes)


def crickets(rng: Rng, n: int) -> Sound:
    """Synthesise several crickets: chirps of two to five pulses on a steady pitch; a night's soft hum behind.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total = gain(rng.uniform(-30.0, -20.0)) * noise(rng, n, ((60.0, 0.0), (500.0, -10.0), (5000.0, -20.0)))
    for _ in range(int(rng.integers(2, 6))):
        hertz, loud = rng.uniform(3200.0, 5400.0), gain(rng.uniform(-14.0, 0.0))
        pulse = samples(rng.uniform(0.012, 0.025))
        count, gap = int(rng.integers(2, 6)), samples(rng.uniform(0.008, 0.02))
        chirp = np.zeros(count * (pulse + gap))
        for index in range(count):
            place(chirp, tone(np.full(pulse, hertz)) * np.hanning(pulse), index * (pulse + gap))
        for start in steps(rng, n, rng.uniform(0.25, 0.8), 0.04):
            place(total, loud * chirp, start)
    return total


def brook(rng: Rng, n: int) -> Sound:
    """Synthesise a brook: bubbles, each a short tone that rises as it shrinks, over the noise of the water.

    Reference: van den Doel, Physically based models for liquid sounds, ACM Trans. Applied Perception 2 (4), 2005.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total = gain(rng.uniform(-16.0, -8.0)) * noise(
        rng, n, ((150.0, -12.0), (700.0, 0.0), (3000.0, -6.0), (7000.0, -16.0))
    )
    for start in rng.integers(0, n, int(n / 16_000 * rng.uniform(40.0, 110.0))):
        hertz = 350.0 * 2.0 ** rng.uniform(0.0, 3.2)
        length = samples(min(0.12, 25.0 / hertz))
        time = np.arange(length) / 16_000
        bubble = tone(hertz * (1.0 + rng.uniform(0.0, 4.0) * time)) * np.exp(-time * hertz / 6.0)
        place(total, bubble * rng.uniform(0.2, 1.0) * 500.0 / (hertz + 250.0), int(start))
    return total


KINDS: Mapping[str, Callable[[Rng, int], Sound]] = {
    "rain": rain,
    "wind": wind,
    "sea-waves": sea_waves,
    "fire": fire,
    "thunder": thunder,
    "birds": birds,
    "crickets": crickets,
    "brook": brook,
}
"""The sounds of the category, by name: each takes a generator and a number of samples."""
