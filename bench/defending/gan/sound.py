"""A GAN's generator as a purifier of sound: log magnitudes cleaned, the noisy phase kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from bench.core.batch import Batch, batches
from bench.core.computing.threads import one_thread
from bench.core.types import Utterance
from bench.defending.gan.networks import Generator
from bench.modelling.features.frontend import statistics_of

POINTS = 512
"""Samples of a Hann window and of its Fourier transform: 32 ms, 257 values."""
HOP = POINTS // 2
BINS = POINTS // 2 + 1
_FLOOR = 1e-4
"""Added to each magnitude: about what the noise of 16 bits has."""
_LOUDEST = 5.6
"""The logarithm of the greatest magnitude that samples in [-1, 1] can have: the window's sum is 256."""
_TOGETHER = 64


@dataclass(frozen=True)
class Spectra:
    """Log magnitudes of frames of 32 ms, 16 ms apart, each frequency less its mean and over its deviation.

    Args:
        statistics: mean and deviation, shape (2, 257).
    """

    statistics: Tensor

    @classmethod
    def of(cls, clean: Sequence[Utterance], device: torch.device) -> Spectra:
        """Take the statistics of clean training speech.

        Args:
            clean: utterances, at 16 kHz.
            device: where features are computed, and the statistics stay.
        """
        plain = cls(torch.stack([torch.zeros(BINS), torch.ones(BINS)]).to(device))
        found: list[Tensor] = []
        with torch.no_grad(), one_thread():
            for group in batches(clean, _TOGETHER):
                features, counts = plain.sequence(Batch.of([clean[index] for index in group], device))
                found += [row[:count] for row, count in zip(features, counts.tolist(), strict=True)]
        return cls(statistics_of(found))

    def sequence(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return standardised log magnitudes (b, frames, 257), zero after an utterance's end, and true frame counts
        (b,)."""
        return self.standardised(spectrum(batch.waveforms), batch.lengths)

    def standardised(self, complex_spectrum: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Standardise the log magnitudes of spectra.

        Args:
            complex_spectrum: shape (b, 257, frames), complex, as `spectrum` gives it.
            lengths: true samples of each utterance, shape (b,).

        Returns:
            Shape (b, frames, 257), zero after an utterance's end, and true frame counts, shape (b,).
        """
        mean, deviation = self.statistics
        counts = frame_counts(lengths)
        features = ((complex_spectrum.abs() + _FLOOR).log().transpose(1, 2) - mean) / deviation
        after = torch.arange(features.shape[1], device=features.device) >= counts[:, None]
        return features.masked_fill(after[:, :, None], 0.0), counts

    def magnitudes(self, features: Tensor) -> Tensor:
        """Return magnitudes (b, 257, frames), at least 0, of standardised log magnitudes (b, frames, 257)."""
        mean, deviation = self.statistics
        logarithms = (features * deviation + mean).transpose(1, 2).clamp(max=_LOUDEST)
        found: Tensor = (logarithms.exp() - _FLOOR).clamp(min=0.0)
        return found


@dataclass(frozen=True)
class SoundPurifier:
    """Cleans the log magnitudes of sound and gives them the noisy sound's phase.

    Args:
        generator: trained on `Spectra.sequence`.
        spectra: what it was trained on.
    """

    generator: Generator
    spectra: Spectra

    def purify(self, waveforms: Tensor, lengths: Tensor) -> Tensor:
        """Clean the log magnitudes of utterances, and keep their phase.

        Args:
            waveforms: shape (b, t), float32, at 16 kHz, zeros after each end.
            lengths: true samples of each, shape (b,).

        Returns:
            Shape (b, t).
        """
        noisy = spectrum(waveforms)
        features, counts = self.spectra.standardised(noisy, lengths)
        wanted = self.spectra.magnitudes(self.generator(features, counts))
        cleaned = noisy * (wanted / noisy.abs().clamp(min=1e-9))
        samples = (noisy.shape[-1] - 1) * HOP
        sound = torch.istft(cleaned, POINTS, HOP, window=_window(waveforms.device), length=samples)
        return sound[:, : waveforms.shape[-1]]


def frame_counts(lengths: Tensor) -> Tensor:
    """Count the frames that overlap each length, in samples: true samples are heard in these and no others.

    >>> frame_counts(torch.tensor([1, 256, 257]))
    tensor([2, 2, 3])
    """
    return torch.div(lengths + HOP - 1, HOP, rounding_mode="floor") + 1


def spectrum(waveforms: Tensor) -> Tensor:
    """Compute the complex spectrum (b, 257, frames) of waveforms (b, t); frame i is centred on sample 256·i, zeros
    around."""
    short = max(HOP, -(-waveforms.shape[-1] // HOP) * HOP) - waveforms.shape[-1]
    padded = torch.nn.functional.pad(waveforms, (0, short))
    window = _window(waveforms.device)
    return torch.stft(padded, POINTS, HOP, window=window, pad_mode="constant", return_complex=True)


@cache
def _window(device: torch.device) -> Tensor:
    return torch.hann_window(POINTS, device=device)
