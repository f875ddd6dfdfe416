"""Filters that delay nothing, and the way through another sampling rate."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torchaudio
from torch import Tensor

from bench.core.types import SAMPLE_RATE

_RING = 8000
"""Zeros after the sound, in samples: half a second for what rings at its ends, or it would come round to its start."""
_FFT_STEP = 4096
_RESAMPLING_WIDTH = 32
"""Zero crossings on either side: torchaudio's own 6 would take 2.4 dB at 3400 Hz on the way through 8 kHz."""


def band_pass(waveform: Tensor, low_hz: float | None = None, high_hz: float | None = None, order: int = 1) -> Tensor:
    """Keep the frequencies from `low_hz` to `high_hz`, with the slopes of a Butterworth filter and no delay.

    The gain at each frequency is that of the digital filter, by the bilinear transform, as in `scipy.signal.butter`:
    −3 dB at the cutoff and 6·order dB an octave beyond it. The phase is zero (a causal filter would delay each
    frequency by another time), so that samples stay where they were.

    Args:
        waveform: shape (t,), at 16 kHz.
        low_hz: the lower cutoff, from 20 to below 8000; None for a low pass.
        high_hz: the upper cutoff, likewise; None for a high pass.
        order: of each slope, at least 1.

    Returns:
        Shape (t,).

    >>> tone = torch.sin(2 * torch.pi * 4000 * torch.arange(16_000) / 16_000)
    >>> round(float(band_pass(tone, high_hz=4000)[4000:12_000].max()), 2)
    0.71
    """
    padded = -(-(waveform.shape[-1] + _RING) // _FFT_STEP) * _FFT_STEP  # a length with small factors
    tangent = torch.tan(torch.linspace(0, torch.pi / 2, padded // 2 + 1, dtype=torch.float64))
    power = torch.ones_like(tangent)
    if high_hz is not None:
        power /= 1 + (tangent / _tangent(high_hz)) ** (2 * order)
    if low_hz is not None:
        power /= 1 + (_tangent(low_hz) / tangent) ** (2 * order)
    gain = power.sqrt().to(waveform)
    filtered: Tensor = torch.fft.irfft(torch.fft.rfft(waveform, n=padded) * gain, n=padded)
    return filtered[: waveform.shape[-1]]


def _tangent(cutoff_hz: float) -> float:
    return float(torch.tan(torch.tensor(torch.pi * cutoff_hz / SAMPLE_RATE, dtype=torch.float64)))


def at_rate(waveform: Tensor, rate_hz: int, change: Callable[[Tensor], Tensor] = lambda samples: samples) -> Tensor:
    """Resample to a lower rate, do something there that keeps the length, and come back.

    Args:
        waveform: shape (t,), at 16 kHz.
        rate_hz: the lower rate in Hz; 16000 resamples nothing.
        change: what is done at that rate, from shape (u,) to shape (u,); by default nothing.

    Returns:
        Shape (t,), no sample moved in time. Nothing is left above half the lower rate.

    >>> at_rate(torch.zeros(7), 8000).shape
    torch.Size([7])
    """
    if rate_hz == SAMPLE_RATE:
        return change(waveform)
    lower = change(_resample(waveform, SAMPLE_RATE, rate_hz))
    return _resample(lower, rate_hz, SAMPLE_RATE)[: waveform.shape[-1]]


def _resample(waveform: Tensor, from_hz: int, to_hz: int) -> Tensor:
    resampled: Tensor = torchaudio.functional.resample(waveform, from_hz, to_hz, lowpass_filter_width=_RESAMPLING_WIDTH)
    return resampled
