"""Power spectrograms as pictures in "jet" colours, for networks that were trained on photographs (P4, section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from bench.core.types import SAMPLE_RATE

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""By channel, red, green and blue in [0, 1]."""

_RISE = ((-0.35 / 0.31, 1 / 0.31), (-0.125 / 0.25, 1 / 0.25), (0.5, 0.5 / 0.11))
_FALL = ((1 + 0.89 * 0.5 / 0.11, -0.5 / 0.11), (0.91 / 0.27, -1 / 0.27), (0.65 / 0.31, -1 / 0.31))
"""By channel, the two lines (offset, slope) below which "jet" stays: Matplotlib's knots."""


@dataclass(frozen=True)
class ImageSettings:
    """How a picture of a sound is made. The defaults are P4's (Table 1, section 4), but for `range_db`.

    Args:
        window_s: length of the Hamming window in seconds.
        n_fft: transform length in samples, at least the window's; the window lies in its middle.
        hop: step between frames in samples.
        range_db: what lies further below the reference has the lowest colour.
        size: height and width of the picture in pixels.
        own_scale: whether the colours run from a sound's own lowest level to its own highest, so that its loudness is
            not seen. Otherwise they run from `range_db` below a sine at full scale to that sine.
    """

    window_s: float = 0.016
    n_fft: int = 512
    hop: int = 62
    range_db: float = 80.0
    size: int = 256
    own_scale: bool = True

    @property
    def window(self) -> int:
        """Return the window's length in samples."""
        return round(self.window_s * SAMPLE_RATE)


def spectrogram_image(waveforms: Tensor, settings: ImageSettings = ImageSettings()) -> Tensor:
    """Draw pictures of sounds of one length: spectrogram, colours, size, ImageNet's mean and standard deviation (P4,
    section 3).

    P4 plots with librosa and Matplotlib and saves a file. Readings, where it is silent: colours as `jet` gives them,
    without the rounding of a file to 8 bits; low frequencies at the bottom; resized as torchvision and PIL do it,
    bilinear over all pixels that fall into a new one ("antialias").

    Args:
        waveforms: shape (n, t), at 16 kHz, all real samples: a row's picture depends on that row alone, all of it.
        settings: how the picture is made.

    Returns:
        Shape (n, 3, size, size): channel, height, width. Red, green and blue of about mean 0 and variance 1.

    >>> spectrogram_image(torch.zeros(2, 16_000)).shape
    torch.Size([2, 3, 256, 256])
    """
    colours = jet(spectrogram_levels(waveforms, settings).flip(-2))
    size = (settings.size, settings.size)
    resized = torch.nn.functional.interpolate(colours, size, mode="bilinear", align_corners=False, antialias=True)
    mean, deviation = _imagenet(waveforms.device)
    return (resized - mean) / deviation


def spectrogram_levels(waveforms: Tensor, settings: ImageSettings = ImageSettings()) -> Tensor:
    """Compute the power spectrum in decibels, brought to [0, 1].

    Frame i is centred on sample i·hop, with zeros before the first sample and after the last: 1 + t // hop frames. P4's
    pictures of a second, 257 × 259 pixels, have that many. Its scale is not printed. Reading: librosa's and
    Matplotlib's defaults, decibels down to 80 below the sound's own peak, the lowest at 0 and the highest at 1. Where
    all is equal, as in silence, everything is 0.

    Args:
        waveforms: shape (n, t), at 16 kHz.
        settings: how the sound is framed and scaled; its `size` plays no part.

    Returns:
        Shape (n, n_fft // 2 + 1, frames), low frequencies first.
    """
    window = _hamming(settings.window, waveforms.device)
    spectrum = torch.stft(
        waveforms,
        settings.n_fft,
        settings.hop,
        settings.window,
        window,
        center=True,
        pad_mode="constant",
        return_complex=True,
    )
    power = torch.view_as_real(spectrum).square().sum(dim=-1)
    highest = power.amax(dim=(1, 2), keepdim=True) if settings.own_scale else (window.sum() / 2).square()
    relative = power / highest.where(highest > 0, 1.0)
    levels = relative.clamp_(10 ** (-settings.range_db / 10), 1.0).log10_().mul_(10)
    if not settings.own_scale:
        return levels.div_(settings.range_db).add_(1.0)
    lowest = levels.amin(dim=(1, 2), keepdim=True)
    span = levels.amax(dim=(1, 2), keepdim=True) - lowest
    return (levels - lowest) / span.where(span > 0, 1.0)


def jet(levels: Tensor) -> Tensor:
    """Colour levels as Matplotlib's "jet" does: dark blue, blue, cyan, yellow, red, dark red.

    These are the lines that Matplotlib's table of 256 colours is taken from; between two entries of the table, what
    lies between them, so that a level that moves a little moves its colour a little.

    Args:
        levels: shape (..., height, width), in [0, 1].

    Returns:
        Shape (..., 3, height, width): red, green and blue in [0, 1].

    >>> jet(torch.tensor([[0.0, 0.5, 1.0]]))[:, 0].T
    tensor([[0.0000, 0.0000, 0.5000],
            [0.4839, 1.0000, 0.4839],
            [0.5000, 0.0000, 0.0000]])
    """
    channels = [
        torch.minimum(levels * up + low, levels * down + high).clamp_(0.0, 1.0)
        for (low, up), (high, down) in zip(_RISE, _FALL, strict=True)
    ]
    return torch.stack(channels, dim=-3)


@cache
def _hamming(length: int, device: torch.device) -> Tensor:
    return torch.hamming_window(length, device=device)


@cache
def _imagenet(device: torch.device) -> tuple[Tensor, Tensor]:
    mean, deviation = (torch.tensor(found, device=device) for found in (IMAGENET_MEAN, IMAGENET_DEVIATION))
    return mean[:, None, None], deviation[:, None, None]
