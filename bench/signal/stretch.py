"""Changing the speed without the pitch, and the pitch without the speed."""

from __future__ import annotations

from fractions import Fraction

import torch
import torchaudio
from torch import Tensor

_N_FFT = 512
_HOP = 128


def stretch(waveform: Tensor, rate: float) -> Tensor:
    """Play `rate` times as fast at the same pitch (phase vocoder; Flanagan & Golden 1966, Laroche & Dolson 1999).

    Args:
        waveform: shape (t,), at 16 kHz; windows of 32 ms, steps of 8 ms.
        rate: above 1 is faster.

    Returns:
        Shape (round(t / rate),).

    >>> stretch(torch.zeros(16_000), 1.25).shape
    torch.Size([12800])
    """
    window = torch.hann_window(_N_FFT, device=waveform.device)
    spectrum = torch.stft(waveform, _N_FFT, _HOP, window=window, pad_mode="constant", return_complex=True)
    advance = torch.linspace(0, torch.pi * _HOP, _N_FFT // 2 + 1, device=waveform.device)[:, None]
    stretched = torchaudio.functional.phase_vocoder(spectrum, rate, advance)
    length = round(waveform.shape[-1] / rate)
    return torch.istft(stretched, _N_FFT, _HOP, window=window, length=length)


def shift_pitch(waveform: Tensor, factor: float) -> Tensor:
    """Multiply the fundamental frequency by `factor` and keep the length: stretch, then resample.

    Formants move along with the pitch, as in `librosa.effects.pitch_shift`.

    Args:
        waveform: shape (t,).
        factor: above 1 is higher. Taken to the nearest fraction with a denominator of at most 64, which keeps the
            resampling kernel small.

    >>> shift_pitch(torch.zeros(16_000), 0.75).shape
    torch.Size([16000])
    """
    ratio = Fraction(factor).limit_denominator(64)
    longer = stretch(waveform, 1 / float(ratio))
    shifted = torchaudio.functional.resample(longer, ratio.numerator, ratio.denominator)
    missing = waveform.shape[-1] - shifted.shape[-1]
    return torch.nn.functional.pad(shifted, (0, max(missing, 0)))[: waveform.shape[-1]]
