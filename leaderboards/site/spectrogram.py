"""Spectrograms of kept sounds as small pictures, with NumPy alone: a site is built without torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDEST = 128, 640
"""Rows of a picture, from nothing at the bottom to half the rate at the top; its most columns."""
_WINDOW, _HOP = 512, 128
_RANGE_DB = 70.0
_FULL = 32768.0
GREYS = bytes(level for level in range(256) for _ in range(3))
"""Colours of a picture: 0 is black, 255 white."""


def spectrogram(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Compute a picture of a sound's loudness by time and frequency: white for nothing, black for the loudest.

    Darkness is in dB relative to full scale, so that pictures of an utterance and of its difference can be compared.

    Args:
        samples: of one channel, shape (n,), 16 bits.

    Returns:
        Shape (128, columns), at most 640 columns.
    """
    padded = np.pad(samples.astype(np.float32) / _FULL, (_WINDOW // 2, _WINDOW // 2 + _HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), axis=1)[:, 1:]) ** 2
    rows = power.reshape(len(power), HEIGHT, -1).mean(axis=2)
    step = -(-len(rows) // WIDEST)
    columns = np.maximum.reduceat(rows, np.arange(0, len(rows), step), axis=0)
    level = 10 * np.log10(columns / (_WINDOW / 4) ** 2 + 1e-12)
    dark = np.clip(1 + (level + 20) / _RANGE_DB, 0, 1)
    return np.ascontiguousarray((255 * (1 - dark)).round().astype(np.uint8).T[::-1])
