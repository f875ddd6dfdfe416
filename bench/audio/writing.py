"""What becomes of samples that are written to a file with 16 bits, at a rate of its own, and read back."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from bench.audio.reading import RESAMPLER, from_rate
from bench.core.types import SAMPLE_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

STEPS = 32_768
"""Steps of a 16-bit sample on either side of zero."""


def pcm_of(waveform: Tensor, rate_hz: int = SAMPLE_RATE) -> NDArray[np.int16]:
    """Bring samples to a rate and round them to 16 bits: what stands in the file.

    Args:
        waveform: shape (t,), in [-1, 1], at 16 kHz.
        rate_hz: of the file, in Hz.

    Returns:
        Shape (n,), n about t rate_hz / 16000.
    """
    samples = waveform.detach().cpu().numpy()
    if rate_hz != SAMPLE_RATE:
        import soxr

        samples = soxr.resample(samples, SAMPLE_RATE, rate_hz, quality=RESAMPLER)
    return np.clip(np.round(samples * np.float32(STEPS)), -STEPS, STEPS - 1).astype(np.int16)


def wav_of(waveform: Tensor, rate_hz: int = SAMPLE_RATE) -> bytes:
    """Write a sound as a WAV file: one channel, 16 bits.

    Args:
        waveform: shape (t,), in [-1, 1], at 16 kHz.
        rate_hz: of the file, in Hz.
    """
    return wav_file(pcm_of(waveform, rate_hz), rate_hz)


def wav_file(samples: NDArray[np.int16], rate_hz: int) -> bytes:
    """Write samples as a WAV file.

    Args:
        samples: shape (n,), 16 bits, one channel.
        rate_hz: of the samples.
    """
    import soundfile

    written = BytesIO()
    soundfile.write(written, samples, rate_hz, "PCM_16", format="WAV")
    return written.getvalue()


def as_pcm(waveform: Tensor, rate_hz: int = SAMPLE_RATE) -> Tensor:
    """Write samples as 16-bit PCM, in a file of its own rate, and read them back as such a file is read.

    What was recorded with 16 bits at 16 kHz comes back as it was. A lower rate takes away what lies above half of it.

    Args:
        waveform: shape (t,), in [-1, 1], at 16 kHz.
        rate_hz: of the file, in Hz.

    Returns:
        Shape (t,), on the same device. Where t samples at 16 kHz are no whole number at the file's rate, what is read
        back can be a sample longer or shorter; it is cut, or ends with zeros.

    >>> import torch
    >>> as_pcm(torch.tensor([0.5, 1.0, 0.00001])).tolist()
    [0.5, 0.999969482421875, 0.0]
    >>> as_pcm(torch.zeros(7), 44_100).shape
    torch.Size([7])
    """
    if rate_hz == SAMPLE_RATE or not waveform.shape[-1]:
        return (waveform * STEPS).round_().clamp_(-STEPS, STEPS - 1).div_(STEPS)
    import torch

    read = torch.from_numpy(from_rate(pcm_of(waveform, rate_hz).astype(np.float32) / np.float32(STEPS), rate_hz))
    kept = torch.nn.functional.pad(read, (0, max(waveform.shape[-1] - len(read), 0)))
    return kept[: waveform.shape[-1]].to(waveform)
