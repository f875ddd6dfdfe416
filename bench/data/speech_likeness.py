"""Whether a sound is speech at all: what speaks against it, as measured.

Thresholds and what they were measured on: docs/data.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.core.types import SAMPLE_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

TONE_SHARE = 0.98
"""Share of the power within 47 Hz of the strongest frequency; more, with `TONE_FLATNESS`, is a tone (EMO-DB: 0.93)."""

TONE_FLATNESS = 0.01
"""Geometric over arithmetic mean of the power spectrum, 0 for a tone to 1 for white noise (EMO-DB: at least 0.017)."""

STEADY_DB = 5.0
"""Decibels between the 5th and 95th percentile of the level; less is a constant level (EMO-DB: at least 16.8)."""

MODULATION = 0.1
"""Root-mean-square of the envelope's 2 to 10 Hz part over its mean, times √2; less is no speech (EMO-DB: 0.33)."""

SYLLABLES_S = 1.0
"""Seconds: the level of a shorter sound is not judged, since a single vowel may be steady."""

_FRAME_S, _SPECTRA, _WINDOW = 0.02, 2_000, 1_024


def unlike_speech(samples: NDArray[Any]) -> list[str]:
    """Say why a sound is hardly speech, in words with figures; nothing where nothing speaks against it.

    Args:
        samples: shape (t,), at 16 kHz, not silent.

    >>> import numpy as np
    >>> unlike_speech(np.sin(2 * np.pi * 440 * np.arange(8_000) / 16_000))
    ['a tone of 438 Hz, with 100 % of its power within 47 Hz of it and a spectral flatness of 0.000']
    """
    reasons = [_tone(samples)]
    if len(samples) >= SYLLABLES_S * SAMPLE_RATE:
        reasons += [_steady(samples), _without_rhythm(samples)]
    return [reason for reason in reasons if reason]


def _tone(samples: NDArray[Any]) -> str | None:
    import numpy as np

    power, peak = _spectrum(samples)
    share = power[max(0, peak - 3) : peak + 4].sum() / power.sum()
    flatness = float(np.exp(np.log(power).mean()) / power.mean())
    if share <= TONE_SHARE or flatness >= TONE_FLATNESS:
        return None
    return (
        f"a tone of {(peak + 1) * SAMPLE_RATE / _WINDOW:.0f} Hz, with {100 * share:.0f} % of its power within 47 Hz of "
        f"it and a spectral flatness of {flatness:.3f}"
    )


def _steady(samples: NDArray[Any]) -> str | None:
    import numpy as np

    low, high = np.percentile(10 * np.log10(_energy(samples) + 1e-12), (5, 95))
    if high - low >= STEADY_DB:
        return None
    return f"a constant level, within {high - low:.1f} dB (speech: more than {STEADY_DB:g} dB)"


def _without_rhythm(samples: NDArray[Any]) -> str | None:
    import numpy as np

    envelope = np.sqrt(_energy(samples))
    power = np.abs(np.fft.rfft(envelope - envelope.mean())) ** 2
    rates = np.fft.rfftfreq(len(envelope), _FRAME_S)
    depth = np.sqrt(2 * power[(rates >= 2) & (rates <= 10)].sum()) / (envelope.sum() + 1e-12)
    if depth >= MODULATION:
        return None
    return (
        f"no rhythm of syllables, its envelope's modulation at 2 to 10 Hz being {depth:.2f} of its mean (speech: more "
        f"than {MODULATION:g})"
    )


def _energy(samples: NDArray[Any]) -> NDArray[Any]:
    """Mean square over 40 ms, every 20 ms."""
    import numpy as np

    frame = round(_FRAME_S * SAMPLE_RATE)
    energy = np.square(samples[: len(samples) // frame * frame]).reshape(-1, frame).mean(axis=1)
    smoothed: NDArray[Any] = (energy[1:] + energy[:-1]) / 2
    return smoothed


def _spectrum(samples: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Mean power spectrum without its constant, over at most 2,000 windows of 64 ms, and its strongest bin."""
    import numpy as np

    padded = np.pad(samples, (0, max(0, _WINDOW - len(samples))))
    step = max(_WINDOW // 2, len(padded) // _SPECTRA)
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::step]
    power = (np.abs(np.fft.rfft(windows * np.hanning(_WINDOW))) ** 2).mean(axis=0)[1:] + 1e-20
    return power, int(power.argmax())
