"""Reverberation: convolution with a room's response, and responses of rooms that nobody has measured."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bench.audio.signal.mixing import energy
from bench.core.types import SAMPLE_RATE, Rng


def convolve(waveform: Tensor, response: Tensor) -> Tensor:
    """Convolve a sound with a room's response, Σ_k response[k] · waveform[t − k], by FFT.

    Args:
        waveform: shape (..., t).
        response: shape (r,), on the same device.

    Returns:
        Shape (..., t): the tail that sounds on after the last sample is cut. Agrees with `scipy.signal.fftconvolve`
        to 1e-5 of the largest value.

    >>> convolve(torch.tensor([1.0, 0.0, 2.0]), torch.tensor([1.0, 0.5])).round(decimals=4)
    tensor([1.0000, 0.5000, 2.0000])
    """
    samples = waveform.shape[-1]
    response = response[:samples]  # what comes later is heard after the end
    size = 1 << (samples + response.shape[-1] - 2).bit_length()
    spectrum = torch.fft.rfft(waveform, n=size) * torch.fft.rfft(response, n=size)
    wet: Tensor = torch.fft.irfft(spectrum, n=size)
    return wet[..., :samples]


def polack(t60_s: float, direct_to_reverberant_db: float, rng: Rng) -> Tensor:
    """Draw the response of a room by Polack's statistical model: the direct sound, then noise that decays
    exponentially.

    h(0) = 1, and for t > 0 h(t) = g · b(t) · 10^(−3 t / T60), where b is white Gaussian noise and g sets the ratio of
    the direct sound's energy to the rest. Early reflections are not modelled. Source: Polack, La transmission de
    l'énergie sonore dans les salles, thesis, Université du Maine, 1988.

    Args:
        t60_s: the time in which the reverberation falls by 60 dB, in seconds.
        direct_to_reverberant_db: the ratio of the direct sound's energy to the rest, in dB.
        rng: the noise is drawn from it.

    Returns:
        Shape (t60_s · 16 000 + 1,), float32, on the CPU.
    """
    times_s = torch.arange(1, round(t60_s * SAMPLE_RATE) + 1, dtype=torch.float64) / SAMPLE_RATE
    tail = torch.from_numpy(rng.standard_normal(len(times_s))) * torch.exp(-3 * math.log(10) / t60_s * times_s)
    gain = 10 ** (-direct_to_reverberant_db / 20) / energy(tail).sqrt()
    return torch.cat([torch.ones(1, dtype=torch.float64), tail * gain]).float()
