"""The voice: its fundamental frequency, and a hesitation ("uh", "um") spoken at a given one."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from bench.audio.signal.mixing import energy
from bench.core.types import SAMPLE_RATE, Rng

_WINDOW = 400
_MEDIAN_STEP_S = 0.03
_WANDER = 160
_TINY = 1e-12

Formants = tuple[tuple[float, float], ...]
"""Frequency and bandwidth in Hz of each resonance."""

SCHWA: Formants = ((500, 80), (1500, 90), (2500, 120), (3500, 150))
"""A tube of 17.5 cm, closed at the glottis: the neutral vowel (Fant 1960)."""
NASAL: Formants = ((250, 60), (1100, 150), (2200, 200), (3200, 250))
NASAL_ZERO = (1000.0, 150.0)
"""The murmur of /m/: a low resonance, and a zero from the closed mouth."""
_NASAL_LEVEL = 0.4
_TILT_HZ = 100.0


def f0(
    waveforms: Tensor, low_hz: float = 60.0, high_hz: float = 500.0, threshold: float = 0.15, step_s: float = 0.01
) -> Tensor:
    """Estimate the fundamental frequency by YIN (de Cheveigné & Kawahara 2002), in frames of 25 ms.

    Each frame is compared with itself later; the difference is divided by its mean over shorter lags; the first local
    minimum below the threshold, refined by a parabola, is the period. Within 1 % on steady tones of 70 to 450 Hz.

    Args:
        waveforms: shape (..., t), at 16 kHz.
        low_hz: the lowest frequency looked for, in Hz.
        high_hz: the highest.
        threshold: how aperiodic a voiced frame may be, from 0 to 1.
        step_s: from one frame to the next, in seconds.

    Returns:
        Shape (..., frames), float64, in Hz; NaN where the frame is not voiced.
    """
    longest = math.ceil(SAMPLE_RATE / low_hz) + 1
    shortest = max(int(SAMPLE_RATE / high_hz) - 1, 2)
    missing = _WINDOW + longest - waveforms.shape[-1]
    padded = torch.nn.functional.pad(waveforms.double(), (0, max(missing, 0)))
    ratio = _difference(padded.unfold(-1, _WINDOW + longest, round(step_s * SAMPLE_RATE)), longest)
    inner = ratio[..., shortest:longest]
    before, after = ratio[..., shortest - 1 : longest - 1], ratio[..., shortest + 1 : longest + 1]
    valley = (inner < threshold) & (inner <= after) & (inner < before)
    first = valley.int().argmax(dim=-1, keepdim=True)
    left, here, right = (values.gather(-1, first).squeeze(-1) for values in (before, inner, after))
    offset = 0.5 * (left - right) / (left - 2 * here + right).clamp(min=_TINY)
    period = first.squeeze(-1) + shortest + offset
    hz: Tensor = SAMPLE_RATE / period
    return hz.where(valley.any(dim=-1), math.nan)


def _difference(frames: Tensor, longest: int) -> Tensor:
    """YIN's cumulative mean normalised difference (its equation 8) at lags 0 to `longest`, shape (..., longest + 1)."""
    frames = frames - frames.mean(dim=-1, keepdim=True)
    size = 1 << (frames.shape[-1] - 1).bit_length()  # what wraps round lies beyond the longest lag
    spectrum = torch.fft.rfft(frames, n=size) * torch.fft.rfft(frames[..., :_WINDOW], n=size).conj()
    product = torch.fft.irfft(spectrum, n=size)[..., : longest + 1]
    total = torch.nn.functional.pad(frames.square().cumsum(dim=-1), (1, 0))
    energies = total[..., _WINDOW : _WINDOW + longest + 1] - total[..., : longest + 1]
    difference = (energies[..., :1] + energies - 2 * product).clamp(min=0)
    sums = difference.cumsum(dim=-1)
    lags = torch.arange(longest + 1, device=frames.device)
    ratio: Tensor = difference * lags / sums.clamp(min=_TINY)
    return ratio.where(sums > _TINY, 1.0)


def median_f0(waveform: Tensor) -> float | None:
    """Estimate the median fundamental frequency of the voiced frames, in Hz; None where there are none.

    It looks at one frame in 30 ms.

    Args:
        waveform: shape (t,), at 16 kHz.

    >>> seconds = torch.arange(16_000) / SAMPLE_RATE
    >>> round(median_f0(torch.sin(2 * torch.pi * 200 * seconds)))
    200
    >>> median_f0(torch.zeros(16_000))
    """
    found = f0(waveform, step_s=_MEDIAN_STEP_S)
    voiced = found[~found.isnan()]
    return float(voiced.median()) if len(voiced) else None


def hesitation(kind: Literal["uh", "um"], f0_hz: float, seconds: float, rng: Rng) -> Tensor:
    """Synthesise a hesitation by a source and filter: pulses of the glottis through a neutral vowel, and for "um" then
    an /m/.

    The source is a train of pulses, band-limited to 7 kHz, that falls by 6 dB an octave; its frequency falls by 6 % and
    wanders by 1 %, as a voice's does. From 120 Hz to 210 Hz the formants rise by 15 %, about what separates men's from
    women's (Peterson & Barney 1952).

    Args:
        kind: "uh" is a schwa; "um" closes into an /m/ at its half.
        f0_hz: its median fundamental frequency, in Hz.
        seconds: how long it is, at least 0.1.
        rng: the wandering of the voice is drawn from it.

    Returns:
        Shape (seconds · 16 000,), float32, RMS 1, on the CPU; fades in over 30 ms and out over 60 ms.
    """
    samples = round(seconds * SAMPLE_RATE)
    pulses = _pulses(f0_hz, samples, rng)
    tract = 1 + 0.15 * min(max((f0_hz - 120) / 90, 0.0), 1.0)
    sound = _unit_rms(_filtered(pulses, SCHWA, None, tract))
    if kind == "um":
        murmur = _unit_rms(_filtered(pulses, NASAL, NASAL_ZERO, tract)) * _NASAL_LEVEL
        closing = ((torch.linspace(0, 1, samples, dtype=torch.float64) - 0.45) / 0.1).clamp(0, 1)
        sound = torch.lerp(sound, murmur, closing)
    rise, fall = (torch.linspace(0, 1, round(s * SAMPLE_RATE), dtype=torch.float64) for s in (0.03, 0.06))
    sound[: len(rise)] *= rise
    sound[-len(fall) :] *= fall.flip(0)
    return _unit_rms(sound).float()


def _pulses(f0_hz: float, samples: int, rng: Rng) -> Tensor:
    """Σ cos(n · phase) over the harmonics below 7 kHz, in closed form."""
    knots = torch.from_numpy(1 + 0.01 * rng.standard_normal(max(samples // _WANDER, 2)))
    wander = torch.nn.functional.interpolate(knots[None, None], size=samples, mode="linear", align_corners=True)[0, 0]
    contour = f0_hz * wander * torch.linspace(1.03, 0.97, samples, dtype=torch.float64)
    half = torch.pi * torch.cumsum(contour, dim=0) / SAMPLE_RATE
    harmonics = max(int(7000 / (1.1 * f0_hz)), 1)
    sine = torch.sin(half)
    total = torch.sin(harmonics * half) * torch.cos((harmonics + 1) * half) / sine
    return total.where(sine.abs() > 1e-9, float(harmonics))


def _filtered(source: Tensor, formants: Formants, zero: tuple[float, float] | None, tract: float) -> Tensor:
    """The source through the slope of the glottis, the resonances and, where there is one, a zero."""
    size = 1 << (len(source) + SAMPLE_RATE // 10).bit_length()
    hz = torch.fft.rfftfreq(size, 1 / SAMPLE_RATE, dtype=torch.float64)
    response = 1 / torch.complex(torch.ones_like(hz), hz / _TILT_HZ)
    for frequency, width in formants:
        response = response / _resonance(hz, frequency * tract, width)
    if zero is not None:
        response = response * _resonance(hz, zero[0] * tract, zero[1])
    sound: Tensor = torch.fft.irfft(torch.fft.rfft(source, n=size) * response, n=size)
    return sound[: len(source)]


def _resonance(hz: Tensor, frequency: float, width: float) -> Tensor:
    """(F² − f² + i f B) / F²: its inverse peaks at F, B wide, and is 1 at 0 Hz."""
    return torch.complex(1 - (hz / frequency).square(), hz * width / frequency**2)


def _unit_rms(sound: Tensor) -> Tensor:
    return sound / (energy(sound) / len(sound)).sqrt()
