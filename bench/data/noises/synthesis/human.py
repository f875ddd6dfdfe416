"""Human sounds that are not speech: coughs, sneezes, breath, claps, steps, snores, a throat cleared, sniffs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from bench.core.types import Rng
from bench.data.noises.synthesis.colours import filtered, formants, ringing
from bench.data.noises.synthesis.finishing import reverberant
from bench.data.noises.synthesis.mouth import breath, voiced
from bench.data.noises.synthesis.sources import band, noise, pulses, sparks, wander
from bench.data.noises.synthesis.tools import Sound, envelope, gain, place, samples, steps, unit


def cough(rng: Rng, n: int) -> Sound:
    """Synthesise coughs in ones to threes: a burst as the glottis opens, a noisy phase, and often a voiced end.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, tract, pitch = np.zeros(n), rng.uniform(0.85, 1.25), rng.uniform(110.0, 320.0)
    for start in steps(rng, n, rng.uniform(0.35, 0.9), 0.35, first_s=rng.uniform(0.1, 0.5)):
        length = samples(rng.uniform(0.22, 0.42))
        shape = envelope(length, ((0.0, 0.0), (0.02, 1.0), (0.15, 0.45), (0.5, 0.35), (0.7, 0.3), (1.0, 0.0)))
        air = breath(rng, length, tract, rng.uniform(0.4, 1.0)) * shape
        late = envelope(length, ((0.0, 0.0), (0.45, 0.0), (0.65, 1.0), (1.0, 0.0)))
        throat = voiced(rng, length, pitch * 1.2, pitch * 0.7, 0.08)
        voice = unit(formants(throat, [tract * hertz for hertz in (700.0, 1300.0, 2500.0)])) * late
        place(total, (air + rng.uniform(0.0, 0.5) * voice) * rng.uniform(0.3, 1.0), start)
    return total


def sneeze(rng: Rng, n: int) -> Sound:
    """Synthesise sneezes: a breath drawn in, once or twice, and let go with a hiss.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, tract = np.zeros(n), rng.uniform(0.85, 1.25)
    for start in steps(rng, n, rng.uniform(1.8, 2.8), 0.15, first_s=rng.uniform(0.05, 0.4)):
        drawn = samples(rng.uniform(0.35, 0.8))
        rise = breath(rng, drawn, tract, 1.0) * envelope(drawn, ((0.0, 0.0), (0.9, 0.25), (1.0, 0.0)))
        hum = formants(voiced(rng, drawn, 180.0 * tract, 320.0 * tract, 0.03), [800.0 * tract, 1250.0 * tract])
        moan = rng.uniform(0.0, 0.15) * unit(hum) * envelope(drawn, ((0.0, 0.0), (0.9, 1.0), (1.0, 0.0)))
        place(total, rise + moan, start)
        out = samples(rng.uniform(0.25, 0.5))
        burst = noise(rng, out, ((300.0, -9.0), (1200.0, 0.0), (2500.0, rng.uniform(-6.0, 2.0)), (6500.0, -12.0)))
        shape = envelope(out, ((0.0, 0.0), (0.02, 1.2), (0.3, 0.6), (1.0, 0.0)))
        vowel = formants(voiced(rng, out, 330.0 * tract, 150.0 * tract, 0.05), [450.0 * tract, 1000.0 * tract])
        place(total, (burst + rng.uniform(0.2, 1.0) * unit(vowel)) * shape, start + drawn + samples(0.03))
    return total


def breathing(rng: Rng, n: int) -> Sound:
    """Synthesise breathing in and out, the way in brighter and shorter.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, tract, inward = np.zeros(n), rng.uniform(0.85, 1.2), True
    at, pace = samples(rng.uniform(0.0, 0.3)), rng.uniform(0.6, 1.3)
    while at < n:
        length = samples(pace * rng.uniform(0.7, 1.0) * (0.9 if inward else 1.2))
        shape = np.hanning(length) ** 0.7 * (1.0 if inward else rng.uniform(0.5, 1.0))
        place(total, breath(rng, length, tract * (1.1 if inward else 0.9), 0.9 if inward else 0.1) * shape, at)
        at += length + samples(rng.uniform(0.03, 0.35))
        inward = not inward
    return total


def clapping(rng: Rng, n: int) -> Sound:
    """Synthesise one to twelve people clapping, each with hands of their own, in a room.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total = np.zeros(n)
    people = int(rng.choice((1, 2, 5, 12)))
    for _ in range(people):
        hands = rng.uniform(700.0, 1900.0)
        length = samples(0.05)
        for start in steps(rng, n, rng.uniform(0.19, 0.36), 0.05):
            strike = noise(rng, length, ((100.0, -10.0), (hands, 6.0), (hands * 2.2, -4.0), (7500.0, -14.0)))
            decay = np.exp(-np.arange(length) / samples(rng.uniform(0.003, 0.009)))
            place(total, strike * decay * rng.uniform(0.5, 1.0), start)
    return reverberant(rng, total, rng.uniform(0.25, 0.9), rng.uniform(-14.0, -6.0))


def footsteps(rng: Rng, n: int) -> Sound:
    """Synthesise somebody walking: a heel, then a sole, on wood, stone or gravel.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, gravel, body = np.zeros(n), rng.random() < 0.35, rng.uniform(80.0, 220.0)
    for start in steps(rng, n, rng.uniform(0.4, 0.65), 0.04):
        length = samples(0.28)
        strike = np.zeros(length)
        strike[0], strike[samples(rng.uniform(0.06, 0.11))] = 1.0, rng.uniform(0.2, 0.5)
        thump = ringing(strike, ((body, 0.12, 1.0), (body * 2.7, 0.06, 0.5), (body * 9.1, 0.02, rng.uniform(0.1, 0.6))))
        scuff = sparks(rng, length, 1500.0) if gravel else rng.standard_normal(length)
        scuff = unit(filtered(scuff, ((400.0, -18.0), (2000.0, 0.0), (6500.0, -3.0)))) * np.hanning(length)
        step = unit(thump) + gain(rng.uniform(-10.0, -2.0) if gravel else rng.uniform(-26.0, -14.0)) * 3.0 * scuff
        place(total, step * rng.uniform(0.6, 1.0), start)
    return reverberant(rng, total, rng.uniform(0.2, 0.8), rng.uniform(-18.0, -9.0))


def snoring(rng: Rng, n: int) -> Sound:
    """Synthesise snores: the palate flaps 25 to 80 times a second as breath is drawn in; then a soft breath out.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, tract, rattle = np.zeros(n), rng.uniform(0.75, 1.05), rng.uniform(25.0, 80.0)
    for start in steps(rng, n, rng.uniform(2.0, 3.0), 0.1, first_s=rng.uniform(0.0, 0.4)):
        length = samples(rng.uniform(0.8, 1.4))
        train = pulses(rattle * wander(rng, length, 3.0, 0.8, 1.2), rng, 0.06)
        buzz = formants(train + 0.02 * rng.standard_normal(length), [tract * f for f in (320.0, 900.0, 2100.0)], 180.0)
        place(total, unit(buzz) * envelope(length, ((0.0, 0.0), (0.25, 0.8), (0.8, 1.0), (1.0, 0.0))), start)
        out = samples(rng.uniform(0.6, 1.0))
        sigh = breath(rng, out, tract, 0.2) * np.hanning(out) * rng.uniform(0.1, 0.4)
        place(total, sigh, start + length + samples(0.15))
    return total


def throat(rng: Rng, n: int) -> Sound:
    """Synthesise a throat being cleared: two rough, voiced scrapes, the second longer.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, tract, pitch = np.zeros(n), rng.uniform(0.85, 1.2), rng.uniform(80.0, 210.0)
    for start in steps(rng, n, rng.uniform(1.3, 2.2), 0.2, first_s=rng.uniform(0.1, 0.5)):
        at = start
        for low, high in ((0.12, 0.22), (0.3, 0.55)):
            length = samples(rng.uniform(low, high))
            scrape = voiced(rng, length, pitch * 1.15, pitch * 0.8, 0.25)
            rough = unit(formants(scrape, [tract * hertz for hertz in (500.0, 1100.0, 2300.0)], 150.0))
            air = breath(rng, length, tract, 0.2)
            place(total, (rough + rng.uniform(0.3, 0.8) * air) * envelope(length, ((0, 0), (0.1, 1.0), (1, 0.0))), at)
            at += length + samples(rng.uniform(0.04, 0.12))
    return total


def sniffing(rng: Rng, n: int) -> Sound:
    """Synthesise sniffs: short breaths drawn sharply through the nose.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, nose = np.zeros(n), rng.uniform(0.85, 1.2)
    for start in steps(rng, n, rng.uniform(0.5, 1.1), 0.3, first_s=rng.uniform(0.0, 0.4)):
        length = samples(rng.uniform(0.14, 0.38))
        air = formants(rng.standard_normal(length), [nose * hertz for hertz in (950.0, 2100.0, 3400.0, 5200.0)], 300.0)
        hiss = band(rng, length, 2500.0 * nose, 6500.0)
        shape = envelope(length, ((0.0, 0.0), (0.35, 0.6), (0.8, 1.0), (1.0, 0.0)))
        place(total, (unit(air) + rng.uniform(0.2, 0.9) * hiss) * shape * rng.uniform(0.4, 1.0), start)
    return total


KINDS: Mapping[str, Callable[[Rng, int], Sound]] = {
    "cough": cough,
    "sneeze": sneeze,
    "breathing": breathing,
    "clapping": clapping,
    "footsteps": footsteps,
    "snoring": snoring,
    "throat": throat,
    "sniffing": sniffing,
}
"""The sounds of the category, by name: each takes a generator and a number of samples."""
