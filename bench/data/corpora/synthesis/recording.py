"""The recording of an utterance: voice quality, tremor, level and the room, on samples that have been spoken.

All in float64, in recursions and products of single samples, rounded to 16 bits at the end. Nothing is summed in an
order that depends on the processor (no BLAS, no pairwise sums): variances come from formulas, and the speech's level
from a sum of whole numbers. So two processors of one platform give the same samples.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.core.types import SAMPLE_RATE, Phone, Rng, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TILT_HZ = 1_000.0
TREMOR_HZ = 5.5
"""Vocal tremor is at 4 to 8 Hz."""
TREMOR_BANDWIDTH_HZ = 3.0
UNIFORM_VARIANCE = 1 / 12
FLOOR_DB = -66.0
"""The room's own noise, dB RMS re full scale: no recording is digitally silent."""
PEAK = 0.95


def record(
    spoken: NDArray[np.float64], level_db: float, tilt_db: float, tremor: float, rng: Rng
) -> tuple[NDArray[np.int16], float]:
    """Record what the microphone gets of a spoken sentence: tremor, voice quality, level, and the room around it.

    Args:
        spoken: shape (t,), in [-1, 1], at 16 kHz.
        level_db: RMS of the speech, dB re full scale; less where the peaks would clip.
        tilt_db: gain above 1 kHz, before the level is set.
        tremor: standard deviation of the slow changes of pitch, as a fraction.
        rng: for the tremor, the room, and the silence before and after.

    Returns:
        The samples, int16, and how long the silence before the speech is, in seconds.
    """
    import numpy as np

    speech = tilted(trembling(spoken, tremor, rng), tilt_db)
    gain = min(10 ** (level_db / 20) / rms(speech), PEAK / max(float(abs(speech).max()), 1e-6))
    before, after = (int(SAMPLE_RATE * rng.uniform(0.06, 0.16)) for _ in range(2))
    recorded = room(before + len(speech) + after, rng)
    recorded[before : before + len(speech)] += gain * speech
    return np.round(32767.0 * recorded).astype(np.int16), before / SAMPLE_RATE


def rms(samples: NDArray[np.float64]) -> float:
    """Compute the root mean square of samples rounded to 16 bits, so that the sum is exact; at least 1e-6."""
    import numpy as np

    whole = np.round(32768.0 * samples).astype(np.int64)
    return max(math.sqrt(int((whole * whole).sum()) / len(whole)) / 32768.0, 1e-6)


def tilted(samples: NDArray[np.float64], tilt_db: float) -> NDArray[np.float64]:
    """Filter a sound by a first-order high shelf at 1 kHz.

    Args:
        samples: shape (t,), at 16 kHz.
        tilt_db: the gain well above 1 kHz; it is 0 dB well below.

    Returns:
        Shape (t,).
    """
    from scipy.signal import lfilter

    gain = 10 ** (tilt_db / 20)
    warped, root = math.tan(math.pi * TILT_HZ / SAMPLE_RATE), math.sqrt(gain)
    b = (warped + gain / root, warped - gain / root)
    a = (warped + 1 / root, warped - 1 / root)
    shelved: NDArray[np.float64] = lfilter(b, a, samples)
    return shelved


def trembling(samples: NDArray[np.float64], tremor: float, rng: Rng) -> NDArray[np.float64]:
    """Let the pitch go up and down irregularly about five times a second; the times of words move by under 2 ms.

    Args:
        samples: shape (t,), at 16 kHz.
        tremor: standard deviation of the changes of pitch, as a fraction.
        rng: draws the changes.

    Returns:
        Shape (t,).
    """
    import numpy as np

    drift = resonance(len(samples), rng)
    depth = tremor / (2 * math.pi * TREMOR_HZ) * SAMPLE_RATE
    place = np.arange(len(samples)) + depth * drift
    return np.interp(place, np.arange(len(samples)), samples)


def resonance(length: int, rng: Rng) -> NDArray[np.float64]:
    """Draw noise and send it through a resonator at the rate of a tremor.

    Args:
        length: in samples at 16 kHz.
        rng: what to draw from.

    Returns:
        Shape (length,), of variance 1.
    """
    from scipy.signal import lfilter

    radius = 1.0 - math.pi * TREMOR_BANDWIDTH_HZ / SAMPLE_RATE
    a1, a2 = -2 * radius * math.cos(2 * math.pi * TREMOR_HZ / SAMPLE_RATE), radius * radius
    variance = UNIFORM_VARIANCE * (1 + a2) / ((1 - a2) * ((1 + a2) ** 2 - a1 * a1))
    settle = SAMPLE_RATE // 4
    noise: NDArray[np.float64] = lfilter((1 / math.sqrt(variance),), (1.0, a1, a2), rng.random(settle + length) - 0.5)
    return noise[settle:]


def room(length: int, rng: Rng) -> NDArray[np.float64]:
    """Draw the noise of a quiet room, 66 dB below full scale, which falls off above about 1 kHz.

    Args:
        length: in samples at 16 kHz.
        rng: what to draw from.

    Returns:
        Shape (length,).
    """
    from scipy.signal import lfilter

    pole = 0.7
    gain = 10 ** (FLOOR_DB / 20) * math.sqrt((1 - pole * pole) / UNIFORM_VARIANCE)
    noise: NDArray[np.float64] = lfilter((gain,), (1.0, -pole), rng.random(length) - 0.5)
    return noise


def later(words: tuple[Word, ...], seconds: float) -> tuple[Word, ...]:
    """Shift the times of words and their sounds, in whole tenths of a millisecond.

    Args:
        words: left as they are.
        seconds: how much later.
    """

    def at(time: float) -> float:
        return round(time + seconds, 4)

    return tuple(
        Word(
            word.text,
            at(word.start_s),
            at(word.end_s),
            tuple(Phone(phone.label, at(phone.start_s), at(phone.end_s)) for phone in word.phones),
        )
        for word in words
    )
