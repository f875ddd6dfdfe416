"""A spectrogram as a PNG file: small, exact, and made with nothing but torch and zlib."""

from __future__ import annotations

import struct
import zlib
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.core.types import SAMPLE_RATE

WINDOW = round(0.016 * SAMPLE_RATE)
"""Samples: a Hann window of 16 ms tells one pitch period from the next in most voices."""
HOP = WINDOW // 4
POINTS = 2 * WINDOW
"""Of the Fourier transform, zeros included: 257 rows from 0 to 8 kHz."""
MOST_COLUMNS = 1000
RANGE_DB = 80.0
"""From the brightest to the darkest colour."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LEAST_POWER = 1e-12
# Magma, the perceptually uniform map of matplotlib (Smith and van der Walt, CC0), at every sixteenth.
_MAGMA = bytes.fromhex(
    "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779"
    "d0416f e75263 f56b5c fc8961 fea772 fec488 fde2a3 fcfdbf"
)


def power(waveform: Tensor) -> Tensor:
    """Compute the power of every frame and frequency of a sound.

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
    return png(shade.flip(0).numpy())


def png(shades: NDArray[np.uint8]) -> bytes:
    """Encode an image as a PNG file (ISO/IEC 15948) with a palette.

    Args:
        shades: shape (height, width), 0 for the darkest colour of magma, 255 for the brightest.

    >>> png(np.zeros((2, 3), dtype=np.uint8))[1:4]
    b'PNG'
    """
    height, width = shades.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # eight bits, an index into the palette
    rows = np.pad(shades, ((0, 0), (1, 0)))  # each row is preceded by its filter: 0, none
    chunks = ((b"IHDR", header), (b"PLTE", _palette()), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in chunks)


@cache
def _palette() -> bytes:
    """256 colours, red, green and blue of each."""
    known = np.frombuffer(_MAGMA, dtype=np.uint8).reshape(-1, 3)
    at = np.linspace(0, len(known) - 1, 256)
    colours = [np.interp(at, np.arange(len(known)), channel) for channel in known.T]
    return np.stack(colours, axis=1).round().astype(np.uint8).tobytes()


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
