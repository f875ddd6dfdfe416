"""How loud the noise is that an utterance already has: minimum statistics, refined by Ephraim and Malah's gain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import torch
from torch import Tensor

from bench.audio.signal.levels import SILENCE_RMS
from bench.audio.signal.reverberation import convolve
from bench.core.types import SAMPLE_RATE

SHORTEST_S = 0.25
"""Seconds. In less sound than this no pause can be told from speech."""

_WINDOW, _HOP = 512, 256
_RUMBLE_HZ, _RUMBLE_TAPS = 50.0, 3201
_MEMORY = 96
"""Frames among which the minimum is sought, 1.5 s: longer than a word or a vowel."""
_START = 8
_LONGEST_MEMORY = 0.96
_SMALLEST = 1e-20
_TOO_LOW = 1.15
"""By simulation: after Martin's compensation, white noise of 1.5 s and more still comes out 0.6 dB too low."""
_WEIGHT = 0.98
_LEAST_A_PRIORI = 10**-2.5
_PRESENCE = 0.02


@dataclass(frozen=True)
class NoiseEstimate:
    """The noise in each utterance of a batch, in the time domain.

    Args:
        mean: shape (b,), float64, of a sample; NaN where the noise cannot be estimated.
        variance: shape (b,), float64, of a sample; NaN likewise.
    """

    mean: Tensor
    variance: Tensor

    @property
    def known(self) -> Tensor:
        """Say for each utterance whether its noise can be estimated: shape (b,), bool."""
        return ~self.variance.isnan()


def estimate_noise(waveforms: Tensor, lengths: Tensor) -> NoiseEstimate:
    """Estimate the noise that is heard beside, and between, the words.

    Minimum statistics with optimal smoothing and bias compensation (Martin, Noise power spectral density estimation
    based on optimal smoothing and minimum statistics, 2001) track the noise's spectrum. From it Ephraim and Malah's
    MMSE estimator of the short-time spectral amplitude (1984), decision-directed, tells how much of each bin is speech;
    what is left is noise, E{|D|² | Y} = λ·ξ/(1+ξ) + |Y|²/(1+ξ)². The variance is the sum of that spectrum (Parseval);
    the mean, its value at 0 Hz, is the utterance's own, since speech has none.

    Readings: the minimum is sought ahead as well as behind. Frames count by exp(−(mean over bins of ln(1+ξ)) / 0.02),
    pauses most, as weak speech would else pass for noise. Below 50 Hz, where no voice is, everything is noise. Frames
    more than half of which is exactly 0, digital silence, are no recording and are left out.

    Noise cannot be estimated in less than 0.25 s of sound, in silence, and where it is softer than −120 dB of full
    scale. A steady tone without a pause cannot be told from a hum, and is taken for one. docs/attacks/real_noise.md has
    figures of how near it comes.

    Args:
        waveforms: shape (b, t), at 16 kHz, zeros after each utterance's end.
        lengths: shape (b,), the true numbers of samples.

    Returns:
        Means and variances. A row does not depend on the others. Both recursions are non-linear, so there is a loop
        over frames, for all utterances and bins at once.

    >>> hiss = 0.01 * torch.randn(1, 32_000, generator=torch.Generator().manual_seed(0))
    >>> found = estimate_noise(hiss, torch.tensor([32_000]))
    >>> round(float(10 * torch.log10(found.variance))), bool(estimate_noise(hiss * 0, torch.tensor([32_000])).known)
    (-40, False)
    """
    sound = torch.nn.functional.pad(waveforms, (0, max(0, _WINDOW - waveforms.shape[-1]))).double()
    inside = torch.arange(sound.shape[-1], device=sound.device) < lengths[:, None]
    total = lengths.clamp(min=1)
    mean = sound.sum(dim=-1) / total
    centred = (sound - mean[:, None]) * inside
    rumble = _low_passed(centred) * inside
    power, frames = _periodograms(centred - rumble, sound, lengths)
    spectrum = _noise_spectrum(power, frames)
    both_sides = torch.full_like(spectrum[0], 2.0)
    both_sides[0] = both_sides[-1] = 1.0
    variance = spectrum @ both_sides / _WINDOW + rumble.square().sum(dim=-1) / total
    shortest = (round(SHORTEST_S * SAMPLE_RATE) - _WINDOW) // _HOP + 1
    known = (frames >= shortest) & (variance > SILENCE_RMS**2)
    return NoiseEstimate(mean.where(known, math.nan), variance.where(known, math.nan))


def _low_passed(sound: Tensor) -> Tensor:
    """What lies below 50 Hz, not delayed."""
    half = _RUMBLE_TAPS // 2
    kernel = _low_pass(sound.device)
    return convolve(torch.nn.functional.pad(sound, (0, half)), kernel)[..., half:]


@cache
def _low_pass(device: torch.device) -> Tensor:
    width = 2 * _RUMBLE_HZ / SAMPLE_RATE
    places = torch.arange(_RUMBLE_TAPS, dtype=torch.float64, device=device) - _RUMBLE_TAPS // 2
    window = torch.hann_window(_RUMBLE_TAPS, periodic=False, dtype=torch.float64, device=device)
    return width * torch.sinc(width * places) * window


def _periodograms(sound: Tensor, recorded: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Spectra of the frames that hold sound, first ones first, shape (b, f, 257), and their number, shape (b,).

    White noise has its variance in every bin.
    """
    window = torch.hann_window(_WINDOW, dtype=torch.float64, device=sound.device)
    spectra = torch.fft.rfft(sound.unfold(-1, _WINDOW, _HOP) * window)
    power = torch.view_as_real(spectra).square().sum(dim=-1) / window.square().sum()
    ends = torch.arange(power.shape[1], device=sound.device) * _HOP + _WINDOW
    held = (recorded.unfold(-1, _WINDOW, _HOP) == 0).sum(dim=-1) <= _WINDOW // 2
    held &= ends <= lengths[:, None]
    order = (~held).byte().argsort(dim=1, stable=True)
    return power.take_along_dim(order[:, :, None], dim=1).clamp(min=_SMALLEST), held.sum(dim=1)


def _noise_spectrum(power: Tensor, frames: Tensor) -> Tensor:
    """The mean spectrum of the noise, shape (b, 257), from periodograms (b, f, 257) of which `frames` are true."""
    noise = _TOO_LOW * _looking_ahead(_minimum_statistics(power), frames)
    speech = _a_priori_snr(power, noise)
    left = noise * speech / (1 + speech) + power / (1 + speech).square()
    presence = torch.log1p(speech).mean(dim=-1)
    true = torch.arange(power.shape[1], device=power.device) < frames[:, None]
    presence = presence.where(true, math.inf)
    least = presence.amin(dim=1, keepdim=True).clamp(max=1e300)
    weights = torch.exp(-(presence - least) / _PRESENCE)
    return (weights[:, :, None] * left).sum(dim=1) / weights.sum(dim=1, keepdim=True).clamp(min=_SMALLEST)


def _looking_ahead(tracked: Tensor, frames: Tensor) -> Tensor:
    """Each frame's minimum over as many frames after it as before it."""
    later = torch.arange(tracked.shape[1], device=tracked.device) + _MEMORY // 2
    later = torch.minimum(later, (frames[:, None] - 1).clamp(min=0))
    return tracked.take_along_dim(later[:, :, None], dim=1)


def _minimum_statistics(power: Tensor) -> Tensor:
    """Martin's noise spectrum at each frame, from this and the 95 before, shape (b, f, 257).

    Optimal smoothing with its correction and lower limit (section III), and the bias of the minimum from the variance
    of what was smoothed (section IV).
    """
    smooth = first = noise = power[:, :_START].mean(dim=1)  # one frame alone would be the minimum of them all
    second = smooth.square()
    change = torch.ones_like(power[:, 0, :1])
    kept = torch.full_like(power[:, :1], math.inf).repeat(1, _MEMORY, 1)
    found = []
    for number, now in enumerate(power.unbind(dim=1)):
        ratio = smooth.sum(dim=-1, keepdim=True) / now.sum(dim=-1, keepdim=True)
        change = 0.7 * change + 0.3 * (1 / (1 + (ratio - 1).square())).clamp(min=0.7)
        snr = (smooth.sum(dim=-1, keepdim=True) / noise.sum(dim=-1, keepdim=True)).clamp(min=1)
        least = snr.pow(-_HOP / (0.064 * SAMPLE_RATE)).clamp(max=0.3)
        memory = torch.maximum(_LONGEST_MEMORY * change / (1 + (smooth / noise - 1).square()), least)
        smooth = memory * smooth + (1 - memory) * now
        slow = memory.square().clamp(max=0.8)
        first = slow * first + (1 - slow) * smooth
        second = slow * second + (1 - slow) * smooth.square()
        spread = (second - first.square()) / (2 * noise.square())
        spread = spread.clamp(min=1 / (20 * (number + 1)), max=0.5)
        kept[:, number % _MEMORY] = smooth * _bias(spread, min(number + 1, _MEMORY))
        noise = kept.amin(dim=1)
        found.append(noise)
    return torch.stack(found, dim=1)


def _bias(spread: Tensor, among: int) -> Tensor:
    """How far the minimum among so many frames lies below the mean, from 1/Q_eq, shape (b, 257)."""
    shape = _shape(among)
    freedom = (1 / spread - 2 * shape) / (1 - shape)
    return (1 + (among - 1) * 2 / freedom) * (1 + 2.12 * spread.mean(dim=-1, keepdim=True).sqrt())


_SHAPES = {1: 0.0, 2: 0.26, 5: 0.48, 8: 0.58, 10: 0.61, 15: 0.668, 20: 0.705, 30: 0.762, 40: 0.8, 60: 0.841, 80: 0.865}
_SHAPES |= {120: 0.89}
"""Martin's M(D) by D, the number of frames: his Table III."""


def _shape(among: int) -> float:
    """M(D), between the lines of the table."""
    for (below, low), (above, high) in pairwise(_SHAPES.items()):
        if among <= above:
            return low + (high - low) * (among - below) / (above - below)
    raise ValueError(f"{among} frames: the table ends at {max(_SHAPES)}")


def _a_priori_snr(power: Tensor, noise: Tensor) -> Tensor:
    """Ephraim and Malah's decision-directed ξ at each frame and bin (equation 51), shape (b, f, 257)."""
    posterior = (power / noise).clamp(1e-10, 1e10)
    fresh = (1 - _WEIGHT) * (posterior - 1).clamp(min=0)
    before = torch.ones_like(posterior[:, 0])
    found = []
    for now, new in zip(posterior.unbind(dim=1), fresh.unbind(dim=1), strict=True):
        prior = (_WEIGHT * before + new).clamp(min=_LEAST_A_PRIORI)
        before = _gain(prior, now).square() * now
        found.append(prior)
    return torch.stack(found, dim=1)


def _gain(prior: Tensor, posterior: Tensor) -> Tensor:
    """Their gain on a noisy amplitude, the MMSE estimate of the clean one (equation 7)."""
    v = prior / (1 + prior) * posterior
    bessel: Tensor = (1 + v) * torch.special.i0e(v / 2) + v * torch.special.i1e(v / 2)
    return math.sqrt(math.pi) / 2 * v.sqrt() / posterior * bessel
