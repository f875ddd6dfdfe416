"""What effects that ask once have in common: they apply to an utterance, or they yield nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

import torch
from torch import Tensor

from bench.core.types import Perturbation, Utterance


def sound_effect(
    original: Utterance, change: Callable[[Tensor], Tensor], done: Perturbation
) -> Generator[Utterance, bool, None]:
    """Change an utterance's sound and ask once: the search of an effect.

    It yields nothing where there is no sound, and where the sound comes out as it was: an utterance that nothing was
    done to is none that the effect applied to.

    Args:
        original: the utterance.
        change: from its samples, shape (t,), to new ones, shape (u,); must not write to them.
        done: what the change is.

    Yields:
        The utterance with the new samples, clipped to [-1, 1].
    """
    if not original.has_sound:
        return
    waveform = change(original.waveform).clamp(-1.0, 1.0)
    if not torch.equal(waveform, original.waveform):
        yield replace(original, waveform=waveform, perturbation=done)


def drawn_noise(values: object, like: Tensor) -> Tensor:
    """Turn numbers that a keyed generator drew into a tensor of the type and on the device of another.

    Args:
        values: a NumPy array, or what `torch.as_tensor` takes.
        like: the tensor whose type and device are taken; its shape is not.

    Returns:
        The shape of `values`.
    """
    return torch.as_tensor(values).to(like)
