"""Changing the speed without the pitch, and the pitch without the speed."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache

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
    window = _window(waveform.device)
    padded = torch.nn.functional.pad(waveform, (_N_FFT // 2, _N_FFT // 2 + 2 * _HOP))
    spectrum = torch.fft.rfft(padded.unfold(0, _N_FFT, _HOP) * window)
    position = torch.arange(0, len(spectrum) - 1, rate, dtype=torch.float64, device=waveform.device)
    left = position.long()
    between = (position - left).float()[:, None]
    magnitude = _squared(spectrum).sqrt_()
    magnitude = torch.lerp(magnitude.index_select(0, left), magnitude.index_select(0, left + 1), between)
    unit = _as_units(spectrum.add_(_TINY))
    steps = unit.new_empty(len(left), unit.shape[1])
    steps[0] = unit[0]
    torch.index_select(unit[1:] * unit[:-1].conj(), 0, left[:-1], out=steps[1:])
    frames = torch.fft.irfft(_times(torch.cumprod(steps, dim=0), magnitude), n=_N_FFT).mul_(window)
    return _overlap_add(frames, round(waveform.shape[-1] / rate))


@cache
def _window(device: torch.device) -> Tensor:
    return torch.hann_window(_N_FFT, device=device)


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


def _as_units(values: Tensor) -> Tensor:
    """Complex numbers, none of them 0, brought to magnitude 1 in place."""
    return _times(values, _squared(values).rsqrt_())


def _times(values: Tensor, factors: Tensor) -> Tensor:
    """Complex numbers multiplied by real ones in place, by parts: torch would make complex numbers of the real ones."""
    values.real.mul_(factors)
    values.imag.mul_(factors)
    return values


def _squared(values: Tensor) -> Tensor:
    """Squared magnitudes of complex numbers."""
    parts = torch.view_as_real(values).square()
    return parts[..., 0] + parts[..., 1]  # the same bits as a sum over the last dimension, in a fifth of its time


def _overlap_add(frames: Tensor, length: int) -> Tensor:
    """Windowed frames side by side again, levelled by the sum of the squared windows."""
    count, steps = len(frames), _N_FFT // _HOP
    total = frames.new_zeros(count + steps - 1, _HOP)
    for step, part in enumerate(frames.view(count, steps, _HOP).unbind(1)):
        total[step : step + count] += part
    level = _level(min(count, steps), frames.device)
    if count < steps:
        total /= level
    else:
        total[: steps - 1] /= level[: steps - 1]
        total[steps - 1 : count] /= level[steps - 1]  # all of a window lies over these: they have one level
        total[count:] /= level[steps:]
    samples = total.view(-1)[_N_FFT // 2 :]
    return torch.nn.functional.pad(samples, (0, max(length - len(samples), 0)))[:length]


@cache
def _level(count: int, device: torch.device) -> Tensor:
    """The sum of so many squared windows, shape (count + 3, hop)."""
    steps = _N_FFT // _HOP
    level = torch.zeros(count + steps - 1, _HOP, device=device)
    for step, weight in enumerate(_window(device).square().view(steps, _HOP)):
        level[step : step + count] += weight
    return level.clamp_(min=1e-3)


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
    shifted = _resampler(ratio, longer.device)(longer)
    missing = waveform.shape[-1] - shifted.shape[-1]
    return torch.nn.functional.pad(shifted, (0, max(missing, 0)))[: waveform.shape[-1]]


@cache
def _resampler(ratio: Fraction, device: torch.device) -> Callable[[Tensor], Tensor]:
    """What resamples, with its kernel: that of `torchaudio.functional.resample`, which makes it for each sound."""
    kept = torchaudio.transforms.Resample(ratio.numerator, ratio.denominator, dtype=torch.float32)
    found: Callable[[Tensor], Tensor] = kept.to(device)
    return found
