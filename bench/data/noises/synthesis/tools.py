"""Building blocks of the synthesised noises: float64, mono, 16 kHz, random only through the generator given.

Levels inside a sound are relative: `finish` sets the level of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import fftconvolve, lfilter

from bench.core.types import SAMPLE_RATE, Rng

Sound: TypeAlias = NDArray[np.float64]

Curve: TypeAlias = Sequence[tuple[float, float]]
"""A spectrum as (Hz, dB) corners, joined by straight lines over log frequency; flat outside them."""

Modes: TypeAlias = Sequence[tuple[float, float, float]]
"""What rings when something is struck: (Hz, seconds to decay by 60 dB, gain)."""


def samples(seconds: float) -> int:
    """Seconds as a whole number of samples, at least 1."""
    return max(1, round(seconds * SAMPLE_RATE))


def gain(db: float) -> float:
    """Decibels as a factor of amplitude."""
    return float(10.0 ** (db / 20.0))


def rms(sound: Sound) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(sound**2)))


def unit(sound: Sound) -> Sound:
    """The sound at a root mean square of 1; silence stays silence."""
    level = rms(sound)
    return sound / level if level > 0 else sound


def filtered(sound: Sound, curve: Curve) -> Sound:
    """A sound through a zero-phase filter with this spectrum."""
    size = next_fast_len(len(sound), real=True)
    hertz = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE)
    corners = np.log([corner for corner, _ in curve])
    db = np.interp(np.log(np.maximum(hertz, 1.0)), corners, [level for _, level in curve])
    return np.asarray(irfft(rfft(sound, size) * 10.0 ** (db / 20.0), size)[: len(sound)], dtype=np.float64)


def noise(rng: Rng, n: int, curve: Curve) -> Sound:
    """Gaussian noise with this spectrum, at a root mean square of 1."""
    return unit(filtered(rng.standard_normal(n), curve))


def band(rng: Rng, n: int, low_hz: float, high_hz: float) -> Sound:
    """Noise between two frequencies, falling by some 30 dB within an octave outside them."""
    curve = ((low_hz / 4, -60.0), (low_hz / 2, -30.0), (low_hz, 0.0), (high_hz, 0.0), (high_hz * 2, -30.0))
    return noise(rng, n, (*curve, (high_hz * 4, -60.0)))


def wander(rng: Rng, n: int, hertz: float, low: float = 0.0, high: float = 1.0) -> Sound:
    """A smooth random curve between `low` and `high` that turns about `hertz` times a second."""
    knots = int(np.ceil(n / SAMPLE_RATE * hertz * 2.0)) + 2
    position = np.linspace(0.0, knots - 1.000001, n)
    left = position.astype(np.int64)
    ease = 0.5 - 0.5 * np.cos(np.pi * (position - left))
    values = rng.uniform(low, high, knots + 1)
    return np.asarray(values[left] * (1.0 - ease) + values[left + 1] * ease, dtype=np.float64)


def envelope(n: int, corners: Sequence[tuple[float, float]]) -> Sound:
    """Straight lines through (share of the duration, level) corners."""
    return np.interp(np.linspace(0.0, 1.0, n), [at for at, _ in corners], [level for _, level in corners])


def tone(hertz: Sound, phase: float = 0.0) -> Sound:
    """A sine whose frequency follows the curve."""
    return np.asarray(np.sin(phase + 2.0 * np.pi * np.cumsum(hertz) / SAMPLE_RATE), dtype=np.float64)


def pulses(hertz: Sound, rng: Rng, jitter: float = 0.0) -> Sound:
    """Unit impulses whose rate follows the curve; `jitter` is the spread of their times, as a share of the interval."""
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
    """Impulses at random times, `rate_hz` a second, with random signs and levels."""
    train = (rng.random(n) < np.asarray(rate_hz) / SAMPLE_RATE).astype(np.float64)
    level = 10.0 ** (spread_db * rng.standard_normal(n) / 20.0)
    return np.asarray(train * level * rng.choice((-1.0, 1.0), n), dtype=np.float64)


def ringing(excitation: Sound, modes: Modes) -> Sound:
    """What a struck or blown body with these modes gives: a bank of two-pole resonators of equal peak gain."""
    total = np.zeros(len(excitation))
    for hertz, decay_s, level in modes:
        radius = 10.0 ** (-3.0 / (decay_s * SAMPLE_RATE))
        angle = 2.0 * np.pi * min(hertz, 0.47 * SAMPLE_RATE) / SAMPLE_RATE
        poles = (1.0, -2.0 * radius * np.cos(angle), radius**2)
        total += level * np.sin(angle) * lfilter((1.0,), poles, excitation)
    return total


def formants(excitation: Sound, hertz: Sequence[float], width_hz: float = 110.0) -> Sound:
    """An excitation through a vocal tract with these resonances; the higher ones are wider and softer."""
    modes = [(f, 2.2 / (width_hz * (1.0 + 0.4 * i)), gain(-4.0 * i)) for i, f in enumerate(hertz)]
    return ringing(excitation, modes)


def place(target: Sound, sound: Sound, start: int) -> None:
    """Add a sound to another from a sample on; what runs over the end is lost."""
    if 0 <= start < len(target):
        end = min(len(target), start + len(sound))
        target[start:end] += sound[: end - start]


def steps(rng: Rng, n: int, every_s: float, spread: float, first_s: float | None = None) -> list[int]:
    """Start samples of events about `every_s` apart; `spread` is the deviation of an interval as a share of it."""
    at = rng.uniform(0.0, every_s) if first_s is None else first_s
    starts = []
    while at * SAMPLE_RATE < n:
        starts.append(int(at * SAMPLE_RATE))
        at += max(0.2 * every_s, every_s * (1.0 + spread * rng.standard_normal()))
    return starts


def reverberant(rng: Rng, sound: Sound, t60_s: float, wet_db: float) -> Sound:
    """The sound and, `wet_db` above or below it, its echo in a room: noise that decays by 60 dB in `t60_s`.

    The highs decay sooner. Reference: Moorer, About this reverberation business, Computer Music Journal 3 (2), 1979.
    """
    n = samples(min(t60_s, 2.5))
    time = np.arange(n) / SAMPLE_RATE
    tail = np.zeros(n)
    for low, high, share in ((80.0, 800.0, 1.0), (800.0, 2500.0, 0.85), (2500.0, 7000.0, 0.55)):
        tail += band(rng, n, low, high) * 10.0 ** (-3.0 * time / (t60_s * share))
    tail[: samples(0.004)] = 0.0
    wet = fftconvolve(sound, tail)[: len(sound)]
    return np.asarray(unit(sound) + gain(wet_db) * unit(wet), dtype=np.float64)


def finish(rng: Rng, sound: Sound) -> NDArray[np.int16]:
    """The sound as it is kept: 16-bit, without rumble below 25 Hz, its peak between -12 and -1 dB of full scale.

    A room tone 30 to 50 dB below the sound keeps its pauses from being digitally silent.
    """
    floor_db = float(rng.uniform(-50.0, -30.0))
    room = noise(rng, len(sound), ((30.0, 0.0), (300.0, -6.0), (2000.0, -18.0), (7500.0, -30.0)))
    whole = filtered(unit(sound) + gain(floor_db) * room, ((8.0, -80.0), (25.0, 0.0)))
    fade = np.minimum(1.0, np.arange(len(whole)) / samples(0.01))
    whole = whole * fade * fade[::-1]
    peak = gain(float(rng.uniform(-12.0, -1.0)))
    return np.asarray(np.rint(whole / np.abs(whole).max() * peak * 32767.0), dtype=np.int16)
