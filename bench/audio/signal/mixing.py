"""Adding one sound to another at a stated signal-to-noise ratio, and measuring that ratio."""

from __future__ import annotations

import torch
from torch import Tensor

_SILENT_ENERGY = 1e-12
"""A sample's mean energy: the square of `bench.audio.signal.levels.SILENCE_RMS`, whose gain would overflow."""


def energy(waveform: Tensor) -> Tensor:
    """Sum the squares of one unpadded waveform, shape (t,): a float32 scalar on the waveform's device.

    Never of a whole batch, so that the sum's last bits depend on nothing else in it.
    """
    return torch.dot(waveform, waveform)


def fit_length(sound: Tensor, length: int) -> Tensor:
    """Cut a sound to a number of samples; repeat it from its start where it is shorter.

    Args:
        sound: shape (u,), u >= 1.
        length: in samples.

    Returns:
        Shape (length,).

    >>> fit_length(torch.tensor([1.0, 2.0]), 5)
    tensor([1., 2., 1., 2., 1.])
    """
    if sound.shape[-1] < length:
        sound = sound.repeat(-(-length // sound.shape[-1]))
    return sound[:length]


def noise_gain(signal: Tensor, noise: Tensor, snr_db: float) -> Tensor:
    """Compute the factor that puts a noise so many decibels below a signal.

    Args:
        signal: shape (t,).
        noise: shape (t,).
        snr_db: 10·log10(Σ signal² / Σ (factor · noise)²).

    Returns:
        A float32 scalar on the signal's device (no host synchronisation); 0 where the noise is silent over the signal's
        length (−120 dB of full scale or less), as the first moments of a clip may be.
    """
    loudness = energy(noise)
    heard = loudness > _SILENT_ENERGY * noise.shape[-1]
    ratio = torch.where(heard, energy(signal) / loudness, 0.0)
    return ratio.sqrt().mul(10 ** (-snr_db / 20))


def mix(signal: Tensor, noise: Tensor, snr_db: float) -> Tensor:
    """Add a noise to a signal at a stated signal-to-noise ratio.

    Args:
        signal: shape (t,).
        noise: shape (u,), cut or repeated to t samples; not silent there.
        snr_db: in dB, 10·log10(Σ signal² / Σ added noise²).

    Returns:
        Shape (t,), not clipped. The referee clips to [-1, 1] before it measures, so a mix that overflows is measured
        at another SNR than was asked for.

    >>> speech, hum = torch.tensor([0.3, -0.3, 0.3, -0.3]), torch.tensor([0.1, 0.2])
    >>> round(float(snr_db(speech, mix(speech, hum, snr_db=12.5))), 3)
    12.5
    """
    noise = fit_length(noise, signal.shape[-1])
    return signal + noise * noise_gain(signal, noise, snr_db)


def snr_db(original: Tensor, candidate: Tensor) -> Tensor:
    """Measure the signal-to-noise ratio in dB, 10·log10(Σx² / Σ(x'−x)²), good to 1e-4 dB.

    Args:
        original: x, shape (t,).
        candidate: x', shape (t,).

    Returns:
        A scalar on their device; +inf where nothing was changed, −inf where the original alone is silent.

    >>> float(snr_db(torch.tensor([1.0, 1.0]), torch.tensor([1.1, 0.9]))).__round__(2)
    20.0
    """
    return 10 * torch.log10(energy(original) / energy(candidate - original))
