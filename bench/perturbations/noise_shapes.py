"""Noises made to a shape of their spectrum, some after the speech that they are to lie over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from bench.core.types import SAMPLE_RATE

NoiseShape = Literal["white", "pink", "speech", "envelope", "valleys", "tone"]
_MEL_HZ = 700.0
_FFT, _HOP, _REACH, _STEP = 512, 128, 6, 4096


def shaped_noise(
    speech: Tensor, shape: NoiseShape, below_hz: float, draws: Tensor, gains: Sequence[float] = ()
) -> Tensor:
    """Make a noise as long as speech, at a level of its own.

    Args:
        speech: what it is to lie over, shape (t,).
        shape: "white"; "pink", 3 dB less an octave; "speech", the spectrum of the whole utterance; "envelope", the
            speech's own spectral envelope from moment to moment; "valleys", what that envelope has above the speech, so
            that the valleys between its partials are filled; "tone", one tone.
        below_hz: nothing above this frequency; of a tone, its own.
        draws: numbers of a standard normal distribution, shape (u,), u = `draws_for(t)`: all that is random.
        gains: what bands are raised by, see `gains_on_bins`; none for none. A tone has one band.

    Returns:
        Shape (t,), float32.
    """
    samples, together = speech.shape[-1], draws.shape[-1]
    clean, white = speech.double(), draws.double()
    if shape == "tone":
        seconds = torch.arange(samples, dtype=torch.float64, device=speech.device) / SAMPLE_RATE
        return torch.sin(2 * torch.pi * below_hz * seconds + white[0]).float()
    if shape in ("envelope", "valleys"):
        white = _between_partials(clean, white[:samples], shape == "valleys")
    spectrum = torch.fft.rfft(white, n=together)
    hertz = torch.fft.rfftfreq(together, 1 / SAMPLE_RATE, device=speech.device)
    if shape == "pink":
        spectrum = spectrum / hertz.clamp(min=20.0).sqrt()
    if shape == "speech":
        spectrum = spectrum * torch.fft.rfft(clean, n=together).abs()
    if gains:
        spectrum = spectrum * 10 ** (gains_on_bins(gains, len(hertz)).to(hertz.device) / 20)
    noise: Tensor = torch.fft.irfft(spectrum * (hertz <= below_hz), n=together)[:samples]
    return noise.float()


def gains_on_bins(gains: Sequence[float], bins: int) -> Tensor:
    """Spread the gains of bands over a spectrum: they lie evenly on the mel scale, straight lines between them.

    Args:
        gains: of bands from 0 Hz to 8 kHz, at least two, in any unit.
        bins: of the spectrum, from 0 Hz to 8 kHz.

    Returns:
        Shape (bins,), float64.

    >>> gains_on_bins((0.0, 1.0), 3)[[0, 2]].tolist()
    [0.0, 1.0]
    """
    hertz = torch.linspace(0, SAMPLE_RATE / 2, bins, dtype=torch.float64)
    mel = torch.log1p(hertz / _MEL_HZ)
    place = mel / mel[-1] * (len(gains) - 1)
    below = place.floor().clamp(max=len(gains) - 2).long()
    values = torch.tensor(gains, dtype=torch.float64)
    return values[below] + (place - below) * (values[below + 1] - values[below])


def draws_for(samples: int) -> int:
    """Return how many numbers are drawn for so many samples: a length that a Fourier transform is fast at."""
    return -(-samples // _STEP) * _STEP


def _between_partials(speech: Tensor, white: Tensor, valleys: bool) -> Tensor:
    """Noise under the speech's envelope, window by window: all of it, or what the speech leaves free of it."""
    window = torch.hann_window(_FFT, dtype=speech.dtype, device=speech.device)
    together = torch.stack([speech, white])
    both = torch.stft(together, _FFT, _HOP, window=window, pad_mode="constant", return_complex=True)
    own, phases = both[0].abs(), both[1] / both[1].abs().clamp(min=1e-12)
    width = 2 * _REACH + 1
    peaks = torch.nn.functional.max_pool1d(own.T, width, stride=1, padding=_REACH)
    envelope = torch.nn.functional.avg_pool1d(peaks, width, stride=1, padding=_REACH).T
    wanted = (envelope - own).clamp(min=0.0) if valleys else envelope
    found: Tensor = torch.istft(wanted * phases, _FFT, hop_length=_HOP, window=window, length=speech.shape[-1])
    return found
