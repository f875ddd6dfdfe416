"""Speech filtered, just so much that the change keeps a chosen SNR: equalisers, and components left out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench.perturbations.noise_shapes import draws_for, gains_on_bins

_RING = 4096
"""Zeros after the speech, in samples, for what rings at its ends."""
_MOST_DB = 60.0
_HALVINGS = 40


def equalised(speech: Tensor, gains: Sequence[float], snr_db: float) -> Tensor:
    """Weigh the bands of speech, as far in the direction of some gains as an SNR lets it go.

    Gains are in decibels up to a common factor, and lie evenly on the mel scale from 0 Hz to 8 kHz, straight lines
    between them; no phase is changed. The factor is found by halving: the greater it is, the lower the SNR.

    Args:
        speech: shape (t,), not silent.
        gains: at least two, not all 0; the greatest becomes at most 60 dB.
        snr_db: speech over change, in dB.

    Returns:
        Shape (t,), not clipped.
    """
    padded = draws_for(speech.shape[-1] + _RING)
    spectrum = torch.fft.rfft(speech.double(), n=padded)
    power = spectrum.abs().square()
    curve = gains_on_bins(gains, power.shape[-1]).to(power)
    curve = curve / curve.abs().amax()
    allowed = power.sum() * 10 ** (-snr_db / 10)
    least, most = power.new_zeros(()), power.new_full((), _MOST_DB)
    for _ in range(_HALVINGS):
        middle = (least + most) / 2
        too_much = (power * (10 ** (middle * curve / 20) - 1).square()).sum() > allowed
        least, most = torch.where(too_much, least, middle), torch.where(too_much, middle, most)
    found: Tensor = torch.fft.irfft(spectrum * 10 ** (least * curve / 20), n=padded)[: speech.shape[-1]]
    return found.float()


def thresholded(speech: Tensor, window: int, snr_db: float) -> Tensor:
    """Leave out the weakest components of speech, as many as an SNR lets go.

    Args:
        speech: shape (t,), not silent.
        window: samples of a window, an even number; 0 for one spectrum of the whole.
        snr_db: speech over change, in dB.

    Returns:
        Shape (t,).
    """
    sound, samples = speech.double(), speech.shape[-1]
    if not window:
        spectrum = torch.fft.rfft(sound)
        whole: Tensor = torch.fft.irfft(spectrum * _loudest(spectrum, snr_db, samples), n=samples)
        return whole.float()
    root = torch.hann_window(window, dtype=sound.dtype, device=sound.device).sqrt()
    padded = torch.nn.functional.pad(sound, (0, window))
    spectrum = torch.stft(padded, window, window // 2, window=root, pad_mode="constant", return_complex=True)
    kept = spectrum * _loudest(spectrum, snr_db, window)
    found: Tensor = torch.istft(kept, window, window // 2, window=root, length=padded.shape[-1])[:samples]
    return found.float()


def _loudest(spectrum: Tensor, snr_db: float, length: int) -> Tensor:
    """1 for components that stay, 0 for the weakest, which together lie so far below the whole.

    Args:
        spectrum: of real samples, frequencies first.
        snr_db: in dB.
        length: of the transform, in samples.
    """
    twice = torch.full_like(spectrum.real, 2.0)  # of a frequency and its negative one, but for those that have none
    twice[0] = 1.0
    if length % 2 == 0:
        twice[-1] = 1.0
    power = (spectrum.abs().square() * twice).flatten()
    ordered, order = power.sort(stable=True)
    running = ordered.cumsum(0)
    kept = (running > running[-1] * 10 ** (-snr_db / 10)).to(power)
    return torch.zeros_like(power).scatter(0, order, kept).view(spectrum.shape)
