"""How loud a sound is, and whether there is anything to hear."""

from __future__ import annotations

from torch import Tensor

from bench.audio.signal.mixing import energy
from bench.core.types import SAMPLE_RATE

SHORTEST_S = 0.025
"""Seconds. What is shorter than one analysis window holds no speech."""

SILENCE_RMS = 1e-6
"""What is softer, −120 dB of full scale, is silence: a thirtieth of a 16-bit step."""


def rms(waveform: Tensor) -> Tensor:
    """Compute the root of the mean square of shape (t,), a scalar on the waveform's device.

    >>> import torch
    >>> round(float(rms(torch.tensor([0.3, -0.3]))), 3)
    0.3
    """
    return (energy(waveform) / waveform.shape[-1]).sqrt()


def audible(waveform: Tensor) -> bool:
    """Say whether there is speech to work on: a sound that is neither silent nor shorter than an analysis window.

    It must have at least [`SHORTEST_S`][bench.audio.signal.levels.SHORTEST_S] seconds. An utterance of words alone has
    no sound. A value is read from the waveform's device.

    >>> import torch
    >>> audible(torch.ones(16_000)), audible(torch.zeros(16_000)), audible(torch.ones(3)), audible(torch.ones(0))
    (True, False, False, False)
    """
    return loud_enough(float(energy(waveform)), waveform.shape[-1])


def known_bounded(waveform: Tensor) -> bool:
    """Say whether a sound is known to lie within [-1, 1]: of one on a GPU it is not, which would have to be waited for.

    >>> import torch
    >>> known_bounded(torch.tensor([-1.0, 0.5])), known_bounded(torch.tensor([1.5])), known_bounded(torch.ones(0))
    (True, False, False)
    """
    if waveform.device.type != "cpu" or not len(waveform):
        return False
    samples = waveform.numpy()
    return bool(samples.min() >= -1 and samples.max() <= 1)


def loud_enough(energy: float, samples: int) -> bool:
    """Say whether a sound of this energy is [`audible`][bench.audio.signal.levels.audible], where it has been measured
    already.

    Args:
        energy: Σx² over its samples.
        samples: how many there are, at 16 kHz.
    """
    return samples >= round(SHORTEST_S * SAMPLE_RATE) and energy > SILENCE_RMS**2 * samples


def levelled(sound: Tensor, like: Tensor, level_db: float = 0.0) -> Tensor:
    """Bring a sound to another's RMS, or so many decibels above it.

    Args:
        sound: shape (t,), not silent.
        like: shape (u,), whose RMS is taken.
        level_db: how far above the other's level, in dB.

    Returns:
        Shape (t,), not clipped.

    >>> import torch
    >>> levelled(torch.tensor([1.0, -1.0]), like=torch.tensor([0.2, 0.2, 0.2]), level_db=-20.0)
    tensor([ 0.0200, -0.0200])
    """
    return sound * (rms(like) / rms(sound) * 10 ** (level_db / 20))
