"""Changing the speed without the pitch, and the pitch without the speed."""

from __future__ import annotations

from fractions import Fraction

import torch
import torchaudio
from torch import Tensor

from bench.core.types import SAMPLE_RATE

_N_FFT = 512
_HOP = 128
_TINY = 1e-12
_LIBROSA_WINDOW = 2048


def stretch(waveform: Tensor, rate: float) -> Tensor:
    """Play `rate` times as fast at the same pitch, by a phase vocoder (Flanagan & Golden 1966; Laroche & Dolson 1999).

    Agrees with torchaudio's `phase_vocoder` to 1e-3. That one wraps and sums angles; here phases are unit complex
    numbers and their sum a running product, which takes under half the time.

    Args:
        waveform: shape (t,), at 16 kHz; windows of 32 ms, steps of 8 ms.
        rate: above 1 is faster.

    Returns:
        Shape (round(t / rate),).

    >>> stretch(torch.zeros(16_000), 1.25).shape
    torch.Size([12800])
    """
    window = torch.hann_window(_N_FFT, device=waveform.device)
    padded = torch.nn.functional.pad(waveform, (_N_FFT // 2, _N_FFT // 2 + 2 * _HOP))
    spectrum = torch.fft.rfft(padded.unfold(0, _N_FFT, _HOP) * window)
    position = torch.arange(0, len(spectrum) - 1, rate, dtype=torch.float64, device=waveform.device)
    left = position.long()
    between = (position - left).float()[:, None]
    magnitude = _squared(spectrum).sqrt_()
    magnitude = torch.lerp(magnitude[left], magnitude[left + 1], between)
    unit = _unit(spectrum)
    advance = (unit[1:] * unit[:-1].conj())[left[:-1]]
    phase = torch.cumprod(torch.cat([unit[:1], advance]), dim=0)
    frames = torch.fft.irfft(phase * magnitude, n=_N_FFT) * window
    return _overlap_add(frames, window, round(waveform.shape[-1] / rate))


def shift_pitch_by_librosa(waveform: Tensor, semitones: float) -> Tensor:
    """Shift the pitch by `librosa.effects.pitch_shift`, as it comes, on the CPU; the length stays.

    What is shorter than one of librosa's windows, 2,048 samples, has zeros after it while it is shifted.

    Args:
        waveform: shape (t,), at 16 kHz.
        semitones: above 0 is higher.

    Returns:
        Shape (t,), on the waveform's device.
    """
    from librosa.effects import pitch_shift

    long = torch.nn.functional.pad(waveform, (0, max(_LIBROSA_WINDOW - waveform.shape[-1], 0)))
    shifted = pitch_shift(long.cpu().numpy(), sr=SAMPLE_RATE, n_steps=semitones)
    return torch.from_numpy(shifted[: waveform.shape[-1]].copy()).to(waveform)


def _unit(values: Tensor) -> Tensor:
    """Complex numbers of the same angles and magnitude 1; 1 for 0."""
    values = values + _TINY
    return values * _squared(values).rsqrt_()


def _squared(values: Tensor) -> Tensor:
    """Squared magnitudes of complex numbers."""
    parts = torch.view_as_real(values).square()
    return parts[..., 0] + parts[..., 1]  # the same bits as a sum over the last dimension, in a fifth of its time


def _overlap_add(frames: Tensor, window: Tensor, length: int) -> Tensor:
    """Windowed frames side by side again, levelled by the sum of the squared windows."""
    count, steps = len(frames), _N_FFT // _HOP
    total = frames.new_zeros(count + steps - 1, _HOP)
    level = torch.zeros_like(total)
    for step, (part, weight) in enumerate(
        zip(frames.view(count, steps, _HOP).unbind(1), window.square().view(steps, _HOP), strict=True)
    ):
        total[step : step + count] += part
        level[step : step + count] += weight
    samples = (total / level.clamp(min=1e-3)).view(-1)[_N_FFT // 2 :]
    return torch.nn.functional.pad(samples, (0, max(length - len(samples), 0)))[:length]


def shift_pitch(waveform: Tensor, factor: float) -> Tensor:
    """Multiply the fundamental frequency by `factor` and keep the length: stretch, then resample.

    Formants move along with the pitch, as in `librosa.effects.pitch_shift`.

    Args:
        waveform: shape (t,).
        factor: above 1 is higher. Taken to the nearest fraction with a denominator of at most 64, which keeps the
            resampling kernel small.

    Returns:
        Shape (t,).

    >>> shift_pitch(torch.zeros(16_000), 0.75).shape
    torch.Size([16000])
    """
    ratio = Fraction(factor).limit_denominator(64)
    longer = stretch(waveform, 1 / float(ratio))
    shifted = torchaudio.functional.resample(longer, ratio.numerator, ratio.denominator)
    missing = waveform.shape[-1] - shifted.shape[-1]
    return torch.nn.functional.pad(shifted, (0, max(missing, 0)))[: waveform.shape[-1]]
