"""A spectrogram as a PNG file: small, exact, and made with nothing but torch and the standard library."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from bench.core.storage.png import png
from bench.core.types import SAMPLE_RATE

WINDOW = round(0.016 * SAMPLE_RATE)
"""Samples: a Hann window of 16 ms tells one pitch period from the next in most voices."""
HOP = WINDOW // 4
POINTS = 2 * WINDOW
"""Of the Fourier transform, zeros included: 257 rows from 0 to 8 kHz."""
MOST_COLUMNS = 1000
RANGE_DB = 80.0
"""From the brightest to the darkest colour."""

_LEAST_POWER = 1e-12
# Magma, the perceptually uniform map of matplotlib (Smith and van der Walt, CC0), at every sixteenth.
_MAGMA = bytes.fromhex(
    "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779"
    "d0416f e75263 f56b5c fc8961 fea772 fec488 fde2a3 fcfdbf"
)


def power(waveform: Tensor) -> Tensor:
    """Compute the power of every frame and frequency.

    Args:
        waveform: shape (t,), at 16 kHz, t of at least 1.

    Returns:
        Shape (257, n): from 0 to 8 kHz; a column every 4 ms, or at most 1,000 columns, each the mean of what it
        stands for.

    >>> power(torch.zeros(16_000)).shape, power(torch.zeros(160_000)).shape
    (torch.Size([257, 251]), torch.Size([257, 1000]))
    """
    window = torch.hann_window(WINDOW)
    spectrum = torch.stft(waveform, POINTS, HOP, WINDOW, window, pad_mode="constant", return_complex=True)
    found = spectrum.abs().square()
    if found.shape[-1] > MOST_COLUMNS:
        found = torch.nn.functional.adaptive_avg_pool1d(found, MOST_COLUMNS)
    return found


def spectrogram_png(waveform: Tensor, like: Tensor) -> bytes:
    """Draw a spectrogram as a PNG file, high frequencies at the top, time to the right.

    Args:
        waveform: shape (t,), at 16 kHz.
        like: shape (u,): the brightest colour is the greatest power in it, so that several pictures can be compared.
            The darkest is 80 dB below.
    """
    reference = max(float(power(like).max()), _LEAST_POWER)
    level_db = 10 * torch.log10(power(waveform) / reference)
    shade = ((level_db / RANGE_DB + 1).clamp(0, 1) * 255).round().to(torch.uint8)
    return png(shade.flip(0).numpy(), magma())


@cache
def magma() -> bytes:
    """Return the map's 256 colours, from the darkest to the brightest: red, green and blue of each."""
    known = np.frombuffer(_MAGMA, dtype=np.uint8).reshape(-1, 3)
    at = np.linspace(0, len(known) - 1, 256)
    colours = [np.interp(at, np.arange(len(known)), channel) for channel in known.T]
    return np.stack(colours, axis=1).round().astype(np.uint8).tobytes()
