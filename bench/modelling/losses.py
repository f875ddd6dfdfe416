"""What a network's training makes small: the cross-entropy of classes, or 1 − CCC of numbers."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bench.core.types import Task
from bench.modelling.sequences import class_weights
from bench.scoring.inference.concordance import ccc
from bench.scoring.scores import uar

LossOf = Callable[[Tensor, Tensor], Tensor]
"""From outputs, shape (b, o), and targets, shape (b,), to a scalar."""

_STEADY = 1e-8
"""Keeps the loss of a batch without any variance finite; it stands for a spread of 1e-4 of the scale."""


def ccc_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Compute 1 − CCC, Lin's concordance correlation coefficient (1989), of a batch: from 0 to 2.

    CCC = 2 s_xy / (s_x² + s_y² + (mean_x − mean_y)²), with variances over n.

    Args:
        outputs: shape (b, 1).
        targets: shape (b,).

    >>> round(float(ccc_loss(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([0.0, 1.0, 2.0]))), 6)
    0.0
    """
    said, truth = outputs[:, 0], targets
    off, apart = said - said.mean(), truth - truth.mean()
    shared = (off * apart).mean()
    spread = off.square().mean() + apart.square().mean() + (said.mean() - truth.mean()).square()
    return 1 - 2 * shared / (spread + _STEADY)


def loss_for(task: Task, targets: Tensor) -> LossOf:
    """Choose the loss of a task: cross-entropy in which every class weighs the same, or 1 − CCC.

    Args:
        task: what is told.
        targets: of all that is learnt from, shape (n,).
    """
    if task.dimensional:
        return ccc_loss
    weights = class_weights(targets, len(task.classes)).to(targets.device)
    return torch.nn.CrossEntropyLoss(weights)


def agreement_for(task: Task) -> Callable[[Tensor, Tensor], float]:
    """Choose what outputs are measured by after an epoch: UAR, or CCC.

    Args:
        task: what is told.
    """
    if task.dimensional:
        return lambda outputs, targets: ccc(targets.tolist(), outputs[:, 0].tolist())
    return lambda outputs, targets: uar(targets.tolist(), outputs.argmax(dim=1).tolist())
