"""What searches that are told probabilities share: the loss that they lower, and changes of a given energy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.contracts.recipes import Recipe, Samples

Array = np.ndarray[Any, Any]


def margin(probabilities: Mapping[str, float] | None, label: str, target: str | None = None) -> float:
    """Compute how far a victim is from being fooled, from -1 to 1; 1 where it refused.

    It is how much likelier the label of the clean speech is than the likeliest other one; with a target, how much
    likelier the likeliest other one is than the target.

    Args:
        probabilities: by class, as an answer tells them.
        label: of the clean speech.
        target: the class that is wanted; None for any.

    >>> told = {"calm": 0.5, "angry": 0.375, "sad": 0.125}
    >>> margin(told, "calm"), margin(told, "calm", "sad"), margin(None, "calm")
    (0.125, 0.375, 1.0)
    """
    if probabilities is None:
        return 1.0
    one = label if target is None else target
    share = probabilities.get(one, 0.0)
    most = max((share for name, share in probabilities.items() if name != one), default=0.0)
    return share - most if target is None else most - share


def norm_at(speech: Tensor, snr_db: float) -> float:
    """Compute the norm (root of the energy) of a change that has an SNR against speech.

    Args:
        speech: shape (t,).
        snr_db: in dB.
    """
    return float(speech.double().square().sum().sqrt()) / 10 ** (snr_db / 20)


def changed(speech: Tensor, change: Array, norm: float) -> Recipe:
    """Describe speech with a change brought to a norm, within [-1, 1].

    Args:
        speech: shape (t,), on any device.
        change: shape (t,); what it weighs does not matter.
        norm: what it is brought to.
    """
    scale = norm / max(float(np.sqrt(np.square(change, dtype=np.float64).sum())), 1e-12)
    delta = torch.from_numpy((change * scale).astype(np.float32)).to(speech.device)
    return Recipe(Samples((speech + delta).clamp(-1, 1)))
