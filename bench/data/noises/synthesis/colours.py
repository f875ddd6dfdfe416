"""What colours the synthesised noises: filters, resonances, rooms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import lfilter

from bench.core.types import SAMPLE_RATE
from bench.data.noises.synthesis.tools import Sound, gain

Curve: TypeAlias = Sequence[tuple[float, float]]
"""A spectrum as (Hz, dB) corners, joined by straight lines over log frequency; flat outside them."""


Modes: TypeAlias = Sequence[tuple[float, float, float]]
"""What rings when something is struck: (Hz, seconds to decay by 60 dB, gain)."""


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
