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
    """Turn seconds into a whole number of samples at 16 kHz, at least 1."""
    return max(1, round(seconds * SAMPLE_RATE))


def gain(db: float) -> float:
    """Turn decibels into a factor of amplitude."""
    return float(10.0 ** (db / 20.0))


def rms(sound: Sound) -> float:
    """Compute the root mean square of a sound, shape (n,)."""
    return float(np.sqrt(np.mean(sound**2)))


def unit(sound: Sound) -> Sound:
    """Bring a sound to a root mean square of 1; silence stays silence."""
    level = rms(sound)
    return sound / level if level > 0 else sound


def filtered(sound: Sound, curve: Curve) -> Sound:
    """Filter a sound without moving it in time, by a spectrum.

    Args:
        sound: shape (n,), at 16 kHz.
        curve: the filter's gain as (Hz, dB) corners.

    Returns:
        Shape (n,).
    """
    size = next_fast_len(len(sound), real=True)
    hertz = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE)
    corners = np.log([corner for corner, _ in curve])
    db = np.interp(np.log(np.maximum(hertz, 1.0)), corners, [level for _, level in curve])
    return np.asarray(irfft(rfft(sound, size) * 10.0 ** (db / 20.0), size)[: len(sound)], dtype=np.float64)


def noise(rng: Rng, n: int, curve: Curve) -> Sound:
    """Draw Gaussian noise with a spectrum, at a root mean square of 1.

    Args:
        rng: what to draw from.
        n: samples at 16 kHz.
        curve: the spectrum as (Hz, dB) corners.
    """
    return unit(filtered(rng.standard_normal(n), curve))


def band(rng: Rng, n: int, low_hz: float, high_hz: float) -> Sound:
    """Draw noise between two frequencies, falling by some 30 dB within an octave outside them.

    Args:
        rng: what to draw from.
        n: samples at 16 kHz.
        low_hz: the lower frequency, in Hz.
        high_hz: the upper one.

    Returns:
        Shape (n,), at a root mean square of 1.
    """
    curve = ((low_hz / 4, -60.0), (low_hz / 2, -30.0), (low_hz, 0.0), (high_hz, 0.0), (high_hz * 2, -30.0))
    return noise(rng, n, (*curve, (high_hz * 4, -60.0)))


def wander(rng: Rng, n: int, hertz: float, low: float = 0.0, high: float = 1.0) -> Sound:
    """Draw a smooth random curve.

    Args:
        rng: what to draw from.
        n: samples at 16 kHz.
        hertz: how often a second it turns, about.
        low: its lowest value.
        high: its highest value.

    Returns:
        Shape (n,).
    """
    knots = int(np.ceil(n / SAMPLE_RATE * hertz * 2.0)) + 2
    position = np.linspace(0.0, knots - 1.000001, n)
    left = position.astype(np.int64)
    ease = 0.5 - 0.5 * np.cos(np.pi * (position - left))
    values = rng.uniform(low, high, knots + 1)
    return np.asarray(values[left] * (1.0 - ease) + values[left + 1] * ease, dtype=np.float64)


def envelope(n: int, corners: Sequence[tuple[float, float]]) -> Sound:
    """Draw straight lines through corners, over a number of samples.

    Args:
        n: samples.
        corners: (share of the duration, level), in order of time.

    Returns:
        Shape (n,).
    """
    return np.interp(np.linspace(0.0, 1.0, n), [at for at, _ in corners], [level for _, level in corners])


def tone(hertz: Sound, phase: float = 0.0) -> Sound:
    """Make a sine whose frequency follows a curve.

    Args:
        hertz: the frequency at each sample, shape (n,).
        phase: at the start, in radians.

    Returns:
        Shape (n,), in [-1, 1].
    """
    return np.asarray(np.sin(phase + 2.0 * np.pi * np.cumsum(hertz) / SAMPLE_RATE), dtype=np.float64)


def pulses(hertz: Sound, rng: Rng, jitter: float = 0.0) -> Sound:
    """Make a train of unit impulses whose rate follows a curve.

    Args:
        hertz: the rate at each sample, shape (n,).
        rng: what to draw from.
        jitter: deviation of the impulses' times, as a share of the interval.

    Returns:
        Shape (n,).
    """
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
    """Draw impulses at random times, with random signs and levels.

    Args:
        rng: what to draw from.
        n: samples at 16 kHz.
        rate_hz: impulses a second, one number or one for each sample, shape (n,).
        spread_db: standard deviation of their levels, in dB.

    Returns:
        Shape (n,).
    """
    train = (rng.random(n) < np.asarray(rate_hz) / SAMPLE_RATE).astype(np.float64)
    level = 10.0 ** (spread_db * rng.standard_normal(n) / 20.0)
    return np.asarray(train * level * rng.choice((-1.0, 1.0), n), dtype=np.float64)


def ringing(excitation: Sound, modes: Modes) -> Sound:
    """Let a struck or blown body ring: a bank of two-pole resonators of equal peak gain.

    Args:
        excitation: what strikes it, shape (n,), at 16 kHz.
        modes: (Hz, seconds to decay by 60 dB, gain) of each resonance.

    Returns:
        Shape (n,).
    """
    total = np.zeros(len(excitation))
    for hertz, decay_s, level in modes:
        radius = 10.0 ** (-3.0 / (decay_s * SAMPLE_RATE))
        angle = 2.0 * np.pi * min(hertz, 0.47 * SAMPLE_RATE) / SAMPLE_RATE
        poles = (1.0, -2.0 * radius * np.cos(angle), radius**2)
        total += level * np.sin(angle) * lfilter((1.0,), poles, excitation)
    return total


def formants(excitation: Sound, hertz: Sequence[float], width_hz: float = 110.0) -> Sound:
    """Send an excitation through a vocal tract; the higher resonances are wider and softer.

    Args:
        excitation: shape (n,), at 16 kHz.
        hertz: the resonances, in Hz, from the lowest.
        width_hz: bandwidth of the lowest, in Hz.

    Returns:
        Shape (n,).
    """
    modes = [(f, 2.2 / (width_hz * (1.0 + 0.4 * i)), gain(-4.0 * i)) for i, f in enumerate(hertz)]
    return ringing(excitation, modes)


def place(target: Sound, sound: Sound, start: int) -> None:
    """Add a sound to another, in place, from a sample on; what runs over the end is lost.

    Args:
        target: shape (n,); changed.
        sound: shape (u,).
        start: the first sample of `target` that is changed; nothing is added where it is outside.
    """
    if 0 <= start < len(target):
        end = min(len(target), start + len(sound))
        target[start:end] += sound[: end - start]


def steps(rng: Rng, n: int, every_s: float, spread: float, first_s: float | None = None) -> list[int]:
    """Draw the start samples of events that come about regularly.

    Args:
        rng: what to draw from.
        n: samples at 16 kHz, within which they start.
        every_s: mean interval, in seconds.
        spread: standard deviation of an interval, as a share of it.
        first_s: when the first starts, in seconds; drawn within an interval by default.
    """
    at = rng.uniform(0.0, every_s) if first_s is None else first_s
    starts = []
    while at * SAMPLE_RATE < n:
        starts.append(int(at * SAMPLE_RATE))
        at += max(0.2 * every_s, every_s * (1.0 + spread * rng.standard_normal()))
    return starts


def reverberant(rng: Rng, sound: Sound, t60_s: float, wet_db: float) -> Sound:
    """Add to a sound its echo in a room: noise that decays by 60 dB in `t60_s`, the highs sooner.

    Reference: Moorer, About this reverberation business, Computer Music Journal 3 (2), 1979.

    Args:
        rng: what to draw from.
        sound: shape (n,), at 16 kHz.
        t60_s: the time in which the echo falls by 60 dB, in seconds; the echo is cut at 2.5 s.
        wet_db: how far the echo is above the sound, in dB.

    Returns:
        Shape (n,).
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
    """Bring a sound to the form that is kept: 16 bits, without rumble below 25 Hz, its peak 1 to 12 dB below full
    scale.

    A room tone 30 to 50 dB below the sound keeps its pauses from being digitally silent.

    Args:
        rng: what to draw from.
        sound: shape (n,), not silent.

    Returns:
        Shape (n,), faded over 10 ms at either end.
    """
    floor_db = float(rng.uniform(-50.0, -30.0))
    room = noise(rng, len(sound), ((30.0, 0.0), (300.0, -6.0), (2000.0, -18.0), (7500.0, -30.0)))
    whole = filtered(unit(sound) + gain(floor_db) * room, ((8.0, -80.0), (25.0, 0.0)))
    fade = np.minimum(1.0, np.arange(len(whole)) / samples(0.01))
    whole = whole * fade * fade[::-1]
    peak = gain(float(rng.uniform(-12.0, -1.0)))
    return np.asarray(np.rint(whole / np.abs(whole).max() * peak * 32767.0), dtype=np.int16)
