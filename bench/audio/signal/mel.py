"""Log mel filterbanks of padded batches, from real samples alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
import torchaudio
from torch import Tensor

from bench.core.types import SAMPLE_RATE


@dataclass(frozen=True)
class MelSettings:
    """How a spectrogram is framed.

    Args:
        n_mels: number of mel bands.
        window_s: length of the Hamming window in seconds.
        hop_s: step between frames in seconds.
        n_fft: transform length in samples, at least the window's.
        floor: added to the band energies before the logarithm.
    """

    n_mels: int = 40
    window_s: float = 0.025
    hop_s: float = 0.010
    n_fft: int = 512
    floor: float = 1e-6

    @property
    def window(self) -> int:
        """Return the window's length in samples."""
        return round(self.window_s * SAMPLE_RATE)

    @property
    def hop(self) -> int:
        """Return the step between frames in samples."""
        return round(self.hop_s * SAMPLE_RATE)


def frame_counts(lengths: Tensor, settings: MelSettings) -> Tensor:
    """Count the whole windows that fit into each utterance; one shorter than a window has one frame.

    Args:
        lengths: shape (b,), in samples at 16 kHz.
        settings: how the spectrogram is framed.

    Returns:
        Shape (b,), int64.
    """
    return torch.div((lengths - settings.window).clamp(min=0), settings.hop, rounding_mode="floor") + 1


def log_mel(waveforms: Tensor, settings: MelSettings = MelSettings()) -> Tensor:
    """Compute the log mel filterbank energies of a zero-padded batch.

    Frame i covers samples [i·hop, i·hop + window): nothing is centred or reflected, so frames inside an utterance's
    true length do not see what follows it. Use `frame_counts` for the number of true frames.

    Args:
        waveforms: shape (b, t), at 16 kHz.
        settings: how the spectrogram is framed.

    Returns:
        Shape (b, frames, n_mels), natural logarithm.
    """
    count = max(waveforms.shape[-1] - settings.window, 0) // settings.hop + 1
    short = (count - 1) * settings.hop + settings.n_fft - waveforms.shape[-1]
    if short > 0:
        waveforms = torch.nn.functional.pad(waveforms, (0, short))
    frames = waveforms.unfold(-1, settings.n_fft, settings.hop)[..., :count, :] * _window(settings, waveforms.device)
    parts = torch.view_as_real(torch.fft.rfft(frames)).square_()
    power = parts[..., 0] + parts[..., 1]  # the same bits as a sum over the last dimension, in half of its time
    return (power @ _filters(settings, waveforms.device)).add_(settings.floor).log_()


@cache
def _window(settings: MelSettings, device: torch.device) -> Tensor:
    """The Hamming window, zeros after it up to the transform's length: one padding for all frames."""
    window = torch.hamming_window(settings.window, periodic=False, device=device)
    return torch.nn.functional.pad(window, (0, settings.n_fft - settings.window))


@cache
def _filters(settings: MelSettings, device: torch.device) -> Tensor:
    bins = settings.n_fft // 2 + 1
    filters = torchaudio.functional.melscale_fbanks(bins, 0.0, SAMPLE_RATE / 2, settings.n_mels, SAMPLE_RATE)
    return torch.as_tensor(filters, device=device)
