"""What effects have in common: they change speech, or they do not apply to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from bench.core.heard import Heard
from bench.core.types import Perturbation


def sound_effect(original: Heard, change: Callable[[Tensor], Tensor], done: Perturbation) -> Heard | None:
    """Change the sound of speech: what an effect does that leaves its words alone.

    Args:
        original: the speech; left as it is.
        change: from its samples, shape (t,), to new ones, shape (u,); must not write to them.
        done: what the change is.

    Returns:
        The speech with the new samples, clipped to [-1, 1]. None where there is no sound, and where the sound comes out
        as it was: speech that nothing was done to is none that the effect applied to.
    """
    if not original.has_sound:
        return None
    waveform = change(original.waveform).clamp(-1.0, 1.0)
    if torch.equal(waveform, original.waveform):
        return None
    return replace(original, waveform=waveform, perturbation=done)


def drawn_noise(values: object, like: Tensor) -> Tensor:
    """Turn numbers that a keyed generator drew into a tensor of the type and on the device of another.

    Args:
        values: a NumPy array, or what `torch.as_tensor` takes.
        like: the tensor whose type and device are taken; its shape is not.

    Returns:
        The shape of `values`.
    """
    return torch.as_tensor(values).to(like)
