"""Fingerprints of speech that survive added noise: bits that are alike where two sounds are much the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.audio.signal import MelSettings, log_mel
from bench.core.rng import keyed

Fingerprint = np.ndarray[Any, np.dtype[np.uint8]]
"""Bits of an utterance's windows, eight a byte, shape (windows, `BITS` / 8)."""

BITS = 256
UNLIKE = 0.5
"""Share of the bits in which two sounds differ that have nothing to do with each other."""
_MEL = MelSettings(n_mels=32, floor=1e-10)
_POOLED, _WINDOW = 5, 8
"""Frames of 10 ms in a step of 50 ms, and steps in a window of 0.4 s."""
_DEPTH_DB = 20.0
"""What lies further below the loudest place of an utterance is heard as nothing: most of a noise above 10 dB does."""
_HEARD = 0.08
"""Share of a window that is heard, below which it says nothing."""


def fingerprint(waveform: Tensor) -> Fingerprint:
    """Compute the bits of an utterance.

    Log mel bands in steps of 50 ms, down to 20 dB below the loudest; of each window of 0.4 s, which begins with a step,
    the signs of random projections (SimHash, Charikar 2002). Windows of silence are left out while there are others.

    Args:
        waveform: shape (t,), at 16 kHz.

    Returns:
        Shape (windows, `BITS` / 8), one window at least.

    >>> fingerprint(torch.zeros(16000)).shape
    (12, 32)
    """
    with torch.no_grad():
        energies = log_mel(waveform[None], _MEL)[0].exp()
        steps = max(len(energies) // _POOLED, 1)
        pooled = energies[: steps * _POOLED].reshape(steps, -1, _MEL.n_mels).mean(dim=1)
        heard = (10 * torch.log10(pooled / pooled.max())).clamp(min=-_DEPTH_DB) + _DEPTH_DB
        short = max(_WINDOW - len(heard), 0)
        heard = torch.nn.functional.pad(heard, (0, 0, 0, short))
        windows = heard.unfold(0, _WINDOW, 1).flatten(1)
        share = (windows > 1).float().mean(dim=1)
        windows = windows[share >= min(_HEARD, float(share.max()))]
        centred = windows - windows.mean(dim=1, keepdim=True)
        signs = centred.cpu() @ _projections() >= 0
    return np.packbits(signs.numpy(), axis=1)


def distance(asked: Fingerprint, known: Fingerprint) -> float:
    """Measure how unlike two utterances are: bits that differ, of each window beside the likeliest of the other's.

    What is added at the ends or shifted in time changes little.

    Args:
        asked: the one whose windows are looked for.
        known: the one in which they are looked for.

    Returns:
        Their mean share, from 0 to about `UNLIKE`.

    >>> bits = fingerprint(torch.sin(torch.arange(16000) / 9))
    >>> distance(bits, bits)
    0.0
    """
    alike = _signs(asked) @ _signs(known).T
    return float((0.5 - alike / (2 * BITS)).min(axis=1).mean())


def nearest(asked: Fingerprint, known: Sequence[Fingerprint]) -> float:
    """Return the distance to the likeliest of several utterances; `UNLIKE` where there is none.

    Args:
        asked: one utterance.
        known: the others.
    """
    return min((distance(asked, one) for one in known), default=UNLIKE)


def _signs(bits: Fingerprint) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.unpackbits(bits, axis=1).astype(np.float32) * 2 - 1


@cache
def _projections() -> Tensor:
    """Drawn once for all: a fingerprint means the same everywhere."""
    drawn = keyed("fingerprints", BITS).standard_normal((_WINDOW * _MEL.n_mels, BITS), dtype="float32")
    return torch.from_numpy(drawn)
