"""Sounds of a noise bank laid over speech, as recipes describe them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.audio.signal import energy, fit_length
from bench.contracts.recipes import Overlay, Shape
from bench.core.devices import placed
from bench.core.types import SAMPLE_RATE

_GATE_S = 0.05
_FLUTTER_HZ = 4.0
_BASS_SAMPLES = 8
GRAIN = 256
"""What is summed over a part of speech begins and ends at multiples of so many samples. Zeros around the part then
change no bit of a sum: every sample meets the same lane of the same vectors as in a sum over all of the speech."""


@dataclass(frozen=True)
class Bed:
    """One sound over one stretch of speech, at any level.

    Args:
        sound: where it is heard, at its own level, shape (w,).
        window: the speech's samples, so many, beyond which there is nothing of it: they begin and end at multiples of
            `GRAIN`, or where the speech does; None for all of the speech.
        loudness: its energy, a float32 scalar on the device.
        speech: the energy of the speech that it lies on, likewise.
    """

    sound: Tensor
    window: slice | None
    loudness: Tensor
    speech: Tensor

    @classmethod
    def of(
        cls,
        overlay: Overlay,
        sound: Tensor,
        speech: Tensor,
        loud: Tensor | None = None,
        ramps: dict[int, Tensor] | None = None,
    ) -> Bed | None:
        """Lay a sound where an overlay says.

        Args:
            overlay: which part of the sound, over which part of the speech, and how it is shaped; its level is not
                looked at.
            sound: the clip's samples, shape (u,), u >= 1.
            speech: what it lies on, shape (t,).
            loud: the speech's energy, where it is known.
            ramps: keeps straight lines from 1 to 0, by their lengths, for the next overlay over the same speech.

        Returns:
            None where it would cover no sample.
        """
        samples = speech.shape[-1]
        first, after = overlay.segment or (0, samples)
        first, after = min(first, samples), min(after, samples)
        if after <= first:
            return None
        heard = _window(sound, overlay.offset, after - first)
        if overlay.filter:
            heard = _filtered(heard, overlay.filter)
        line = None
        if overlay.fade == "out":
            line = _ramp(after - first, heard, {} if ramps is None else ramps)
        if overlay.shape:
            faded = heard if line is None else heard * line
            heard, line = shaped(faded, speech[first:after], overlay.shape), None
        start, end = first - first % GRAIN, min(after + -after % GRAIN, samples)
        heard = _placed(heard, line, first - start, end - after)
        window = None if (start, end) == (0, samples) else slice(start, end)
        return cls(heard, window, energy(heard), energy(speech) if loud is None else loud)

    @property
    def gain(self) -> Tensor:
        """Compute what brings it to the speech's energy, see `gains_of`; a scalar."""
        return gains_of([self])[0]

    def at(self, snr_db: float) -> Tensor:
        """Return the sound so many decibels below the speech, where it is heard, shape (w,).

        It is to be added in a step of its own: a fused multiply-add would round by a sample's place in memory.

        Args:
            snr_db: speech over sound, in dB.
        """
        return self.sound * (self.gain * factor_of(snr_db))

    def over(self, speech: Tensor, snr_db: float) -> Tensor:
        """Lay the sound over the speech, so many decibels below it.

        Args:
            speech: that it was made for, shape (t,).
            snr_db: speech over sound, in dB.

        Returns:
            Shape (t,), not clipped.
        """
        if self.window is None:
            return speech + self.at(snr_db)
        heard = speech + 0.0  # as of a sound that is silent elsewhere: −0 becomes 0
        heard[self.window].add_(self.at(snr_db))
        return heard


def gains_of(beds: Sequence[Bed]) -> Tensor:
    """Compute what brings each sound to the energy of the speech that it lies on, without waiting for the device.

    Args:
        beds: n, at least one.

    Returns:
        Shape (n,), float32; 0 where the speech, or the sound where it is heard, is silent, or so faint that no float32
        could raise it. None depends on the others: a root may be off by its last bit (torch takes MKL's), but by the
        same alone and among any number.
    """
    loudness = torch.stack([bed.loudness for bed in beds])
    speech = torch.stack([bed.speech for bed in beds])
    ratio = speech / loudness
    return torch.where(ratio < torch.inf, ratio, 0.0).sqrt()


def factor_of(snr_db: float) -> float:
    """Return the factor of amplitude for so many decibels of speech over sound.

    >>> factor_of(20.0)
    0.1
    """
    return float(10 ** (-snr_db / 20))


def _window(sound: Tensor, offset: int, samples: int) -> Tensor:
    """So many samples of a sound from one of them on, again from its start where it ends."""
    offset %= sound.shape[-1]
    if offset + samples <= sound.shape[-1]:
        return sound[offset : offset + samples]
    return fit_length(torch.cat([sound[offset:], sound[:offset]]) if offset else sound, samples)


def _ramp(samples: int, like: Tensor, known: dict[int, Tensor]) -> Tensor:
    """A straight line from 1 to 0 on a sound's device, kept for the next."""
    if samples not in known:
        known[samples] = torch.linspace(1, 0, samples, device=like.device)
    return known[samples]


def _placed(sound: Tensor, line: Tensor | None, before: int, after: int) -> Tensor:
    """A sound, along a line if there is one, with so many zeros before and after it."""
    if not before and not after:
        return sound if line is None else sound * line
    samples = sound.shape[-1]
    wide = sound.new_zeros(before + samples + after)
    within = wide[before : before + samples]
    if line is None:
        within.copy_(sound)
    else:
        torch.mul(sound, line, out=within)
    return wide


def _filtered(sound: Tensor, taps: tuple[float, ...]) -> Tensor:
    """The sound through a causal filter, of the same length."""
    kernel = placed(torch.tensor(taps, dtype=sound.dtype), sound.device).flip(0)
    padded = torch.nn.functional.pad(sound, (len(taps) - 1, 0))
    return torch.nn.functional.conv1d(padded[None, None], kernel[None, None])[0, 0]


def shaped(noise: Tensor, speech: Tensor, shape: Shape) -> Tensor:
    """Pre-distort a noise as one does who knows a purifier.

    Args:
        noise: shape (t,).
        speech: what it is laid over, shape (t,).
        shape: one of `bench.contracts.recipes.SHAPES`.

    Returns:
        Shape (t,), at a level of its own.
    """
    if shape == "gate":
        return noise * smoothed(speech.abs(), round(_GATE_S * SAMPLE_RATE))
    if shape == "flutter":
        seconds = torch.arange(len(noise), device=noise.device) / SAMPLE_RATE
        return noise * (0.5 - 0.5 * torch.cos(2 * torch.pi * _FLUTTER_HZ * seconds))
    return torch.diff(noise, prepend=noise[:1]) if shape == "treble" else smoothed(noise, _BASS_SAMPLES)


def smoothed(samples: Tensor, width: int) -> Tensor:
    """Average over a moving window.

    Args:
        samples: shape (t,).
        width: of the window in samples; fewer where there are not so many.

    Returns:
        Shape (t,).
    """
    width = max(min(width, len(samples)), 1)
    padded = torch.nn.functional.pad(samples[None, None], (width // 2, width - 1 - width // 2))
    return torch.nn.functional.avg_pool1d(padded, width, stride=1)[0, 0]
