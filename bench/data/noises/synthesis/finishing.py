"""The last steps of a synthesised noise: the room that it is in, its level, and the floor under it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from bench.core.types import SAMPLE_RATE, Rng
from bench.data.noises.synthesis.colours import filtered
from bench.data.noises.synthesis.sources import band, noise
from bench.data.noises.synthesis.tools import Sound, gain, samples, unit


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
