"""What a network learns to tell: classes, or numbers on the scale of a dimensional task."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench.core.errors import ComponentError
from bench.core.types import RATED, Task, Utterance


def outputs_of(task: Task) -> int:
    """Count the outputs that a network needs: one for each class, or one for a number.

    Args:
        task: what is told.
    """
    return 1 if task.dimensional else len(task.classes)


def targets_of(task: Task, utterances: Sequence[Utterance], device: torch.device) -> Tensor:
    """Gather what a network has to say of labelled utterances.

    Args:
        task: labels them.
        utterances: n of them.
        device: where the result goes.

    Returns:
        Shape (n,): class indices, int64; or of a dimensional task, float32, from -1, the scale's lower end, to 1, its
        upper end.

    Raises:
        ValueError: one has no label in the task.
    """
    if not task.dimensional:
        return torch.tensor([task.index_of(one) for one in utterances], device=device)
    middle, half = _middle_and_half(task)
    ratings = [task.rating_of(one) for one in utterances]
    for one, rating in zip(utterances, ratings, strict=True):
        if rating is None:
            raise ValueError(f"{one.id!r} has no rating of {task.attribute}")
    return torch.tensor([(rating - middle) / half for rating in ratings if rating is not None], device=device)


def values_from(task: Task | None, outputs: Tensor) -> Tensor:
    """Turn a network's outputs into numbers on a dimensional task's scale; they may lie beyond its ends.

    Args:
        task: has the scale.
        outputs: shape (b, 1), as `targets_of` has them.

    Returns:
        Shape (b,).

    Raises:
        ComponentError: the victim was not trained for a dimensional task.

    >>> task = Task("arousal", ("lower", "same", "higher"), "activation", scale=(1.0, 7.0), shift=0.5)
    >>> values_from(task, torch.tensor([[-1.0], [0.5]]))
    tensor([1.0000, 5.5000])
    """
    if task is None or not task.dimensional:
        raise ComponentError("victim", "a task of classes", "one with a scale", "ask it for log_probs")
    middle, half = _middle_and_half(task)
    return middle + half * outputs[:, 0]


def _middle_and_half(task: Task) -> tuple[float, float]:
    low, high = task.scale or RATED
    return (low + high) / 2, (high - low) / 2
