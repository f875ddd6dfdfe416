"""A victim asked for labels: in batches that fit into memory, and what it answers is checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.contracts.capabilities import Refusing
from bench.contracts.protocols import Victim
from bench.core.batch import Batch
from bench.core.errors import ComponentError
from bench.core.halving import Halving

_SUM_TOLERANCE = 0.01


@dataclass(frozen=True)
class Predictor:
    """How a victim is asked.

    Args:
        victim: fitted, and enrolled with the speakers that it is asked about.
        classes: how many it tells apart.
        halving: how many utterances at a time: fewer once a batch did not fit into memory.
    """

    victim: Victim
    classes: int
    halving: Halving

    def labels(self, batch: Batch) -> Tensor:
        """Ask the victim for class indices, and leave them on the device; `label_of` makes each a number once it is
        not.

        Returns:
            Shape (b,), float64; the number of classes where the victim refuses, NaN where its answer is no
            distribution.

        Raises:
            ComponentError: the answers have another shape.
            UsageError: one utterance alone does not fit into memory.
        """
        places = range(len(batch))
        return torch.stack(self.halving.over(lambda some: self._asked(_some(batch, some)), places))

    def _asked(self, batch: Batch) -> Tensor:
        log_probs, refused = predictions_of(self.victim, batch)
        expected = (len(batch), self.classes)
        if tuple(log_probs.shape) != expected:
            raise _not_log_probabilities(f"a tensor of shape {tuple(log_probs.shape)}", f"shape {expected}")
        distribution = log_probs.logsumexp(dim=1).abs() < _SUM_TOLERANCE
        labels = log_probs.argmax(dim=1).double().where(distribution, math.nan)
        if refused is None:
            return labels
        if refused.dtype != torch.bool or refused.shape != labels.shape:
            found = f"refusals that are {refused.dtype} of shape {tuple(refused.shape)}"
            raise ComponentError(
                "victim", found, f"bool of shape {tuple(labels.shape)}", "correct its answer_or_refuse"
            )
        return labels.masked_fill(refused, self.classes)


def _some(batch: Batch, places: Sequence[int]) -> Batch:
    return batch if len(places) == len(batch) else batch.part(places)


def predictions_of(victim: Victim, batch: Batch) -> tuple[Tensor, Tensor | None]:
    """Ask a victim for log-probabilities, and which utterances it refuses.

    Args:
        victim: fitted, and enrolled with the speakers of the batch.
        batch: b utterances.

    Returns:
        Log-probabilities, shape (b, c), and refusals, shape (b,), bool; None in their place where it is not one that
        refuses.
    """
    return victim.answer_or_refuse(batch) if isinstance(victim, Refusing) else (victim.log_probs(batch), None)


def label_of(answer: float) -> int:
    """Read a class index from the number that `Predictor.labels` gives.

    Raises:
        ComponentError: it is NaN: the victim's answer was no distribution.
    """
    if math.isnan(answer):
        raise _not_log_probabilities("a row with NaN, or that does not sum to probability 1", "log-probabilities")
    return int(answer)


def _not_log_probabilities(found: str, expected: str) -> ComponentError:
    return ComponentError("victim", found, expected, "correct its log_probs; logits want torch.log_softmax")
