"""A small model that tells manipulations of speech apart: what it hears, and what it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from bench.core.types import Utterance
from bench.modelling.features.mel_statistics import WIDTH, Voices
from bench.modelling.sequences import Sequences

CLEAN = "clean"
_FARTHEST = 10.0
"""Standard deviations from what was learnt: what lies farther out is heard as if it lay there."""


class Manipulation(NamedTuple):
    """One manipulation at one strength.

    Args:
        effect: the spec of an attack that asks once.
        kind: the noise category, or the effect's name.
        snr_db: of a noise; None for a manipulation of the signal.
    """

    effect: str
    kind: str
    snr_db: float | None


@dataclass(frozen=True)
class Recognised:
    """What one utterance is taken for.

    Args:
        utterance: its id.
        refused: whether it is taken for manipulated.
        clean: how likely it is clean, from 0 to 1, were every manipulation as usual as none.
        kind: the most likely kind of manipulation; "clean" where it is not refused.
        effect: the most likely effect of that kind, with its strength, as a spec; "" where it is not refused.
        snr_db: the expected SNR, where that kind is noise; else None.
    """

    utterance: str
    refused: bool
    clean: float
    kind: str
    effect: str
    snr_db: float | None


def recognised(id: str, chances: Sequence[float], settings: Sequence[Manipulation], threshold: float) -> Recognised:
    """Say what one utterance is taken for, from the chances of all that was learnt.

    Args:
        id: the utterance's.
        chances: of being clean, and of each manipulation; from 0 to 1.
        settings: what was learnt, in that order.
        threshold: a chance of being clean below it is too low.

    >>> learnt = [Manipulation("x:snr_db=10", "crowd", 10.0), Manipulation("x:snr_db=0", "crowd", 0.0)]
    >>> found = recognised("a", [0.2, 0.6, 0.2], learnt, 0.5)
    >>> found.kind, found.effect, round(found.snr_db or 0, 3)
    ('crowd', 'x:snr_db=10', 7.5)
    """
    clean, *each = chances
    if clean >= threshold:
        return Recognised(id, False, clean, CLEAN, "", None)
    kinds: dict[str, float] = defaultdict(float)
    for setting, chance in zip(settings, each, strict=True):
        kinds[setting.kind] += chance
    kind = max(kinds, key=lambda name: kinds[name])
    own = [(chance, setting) for setting, chance in zip(settings, each, strict=True) if setting.kind == kind]
    effect = max(own, key=lambda one: one[0])[1].effect
    weighed = [(chance, setting.snr_db) for chance, setting in own if setting.snr_db is not None]
    snr_db = sum(chance * snr for chance, snr in weighed) / kinds[kind] if weighed and kinds[kind] > 0 else None
    return Recognised(id, True, clean, kind, effect, snr_db)


class Ear(nn.Module):
    """Statistics of utterances to logits: clean, then every setting.

    Args:
        hidden: units.
        settings: how many.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, hidden: int, settings: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(WIDTH))
        self.register_buffer("deviation", torch.ones(WIDTH))
        self.layers = nn.Sequential(
            nn.Dropout(0.25), nn.Linear(WIDTH, hidden), nn.ReLU(), nn.Dropout(0.5), nn.Linear(hidden, 1 + settings)
        )

    def standardise(self, features: Tensor) -> None:
        """Take mean and deviation from what is learnt, shape (n, `WIDTH`)."""
        self.mean.copy_(features.mean(dim=0))
        self.deviation.copy_(features.std(dim=0, correction=0).clamp(min=1e-3))

    def forward(self, features: Tensor, _counts: Tensor | None = None) -> Tensor:
        """Compute logits of an utterance being clean, and of each manipulation that was learnt.

        Args:
            features: statistics, shape (b, 1, `WIDTH`).
            _counts: of no account: an utterance is one frame.

        Returns:
            Shape (b, 1 + settings).
        """
        standard = (features[:, 0] - self.mean) / self.deviation
        logits: Tensor = self.layers(standard.clamp(-_FARTHEST, _FARTHEST))
        return logits


def labelled(
    clean: Sequence[Utterance],
    altered: Sequence[tuple[Manipulation, Utterance]],
    learnt: Sequence[Manipulation],
    voices: Voices,
) -> Sequences:
    """Give clean and manipulated utterances their classes, clean ones first: what an `Ear` learns from.

    Args:
        clean: class 0.
        altered: copies of them, each with what was done to it.
        learnt: the manipulations, in the order of the classes after the first.
        voices: their speakers.
    """
    features = voices.learnt([*clean, *(said for _, said in altered)])
    labels = [0] * len(clean) + [1 + learnt.index(setting) for setting, _ in altered]
    return Sequences(list(features[:, None]), torch.tensor(labels, device=voices.device))
