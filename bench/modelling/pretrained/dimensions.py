"""Models that say numbers (activation, dominance, valence): read as numbers of a dimensional task, or as rated bins."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from bench.core.errors import ComponentError, UsageError
from bench.core.types import Task
from bench.modelling.pretrained.labels import LABEL_ALONE, Labels, shown

LOWEST, HIGHEST = 1.0, 5.0
"""The scale of ratings, of every corpus."""

SPELT = {
    "activation": ("activation", "arousal", "act", "aro", "energy"),
    "valence": ("valence", "val", "pleasure"),
    "dominance": ("dominance", "dom", "control", "power"),
}
"""What models call the attributes that tasks are about."""


def column_of(labels: Labels, own: Sequence[str]) -> int:
    """Find the output that says the attribute which the task is about.

    Args:
        labels: has the task.
        own: the outputs' labels.

    Raises:
        UsageError: the task is about emotions, or no output says it.
    """
    task = labels.task
    wanted = SPELT.get(task.attribute, ())
    found = [index for index, name in enumerate(own) if labels.renamed.get(name.lower(), name).lower() in wanted]
    if len(found) != 1:
        what = f"a model of numbers: {shown(own)}"
        raise UsageError(labels.where, what, f"labels of task {task.name!r}", _remedy(task.attribute))
    return found[0]


def numbers_of(labels: Labels, own: Sequence[str], values: Tensor, low: float, high: float) -> Tensor:
    """Read the output that says what a dimensional task is about, on the task's scale.

    Args:
        labels: has the task.
        own: the outputs' labels.
        values: shape (n, l).
        low: the number that stands for the scale's lower end.
        high: the number that stands for its upper end.

    Returns:
        Shape (n,), float32.

    Raises:
        UsageError: no output says what the task is about.
        ComponentError: a number is NaN or infinite.
    """
    said = finite(labels, values[:, column_of(labels, own)].double())
    first, last = labels.task.scale or (LOWEST, HIGHEST)
    return (first + (last - first) * (said - low) / (high - low)).float()


def shares_of(task: Task, values: Tensor) -> Tensor:
    """Turn numbers on a task's scale into shares of its width, shape (n, 1): what is compared with a tolerance.

    Args:
        task: dimensional.
        values: shape (n,).
    """
    low, high = task.scale or (LOWEST, HIGHEST)
    return ((values - low) / (high - low))[:, None]


def finite(labels: Labels, said: Tensor) -> Tensor:
    """Return numbers, none of which is NaN or infinite.

    Args:
        labels: whose they are.
        said: any shape.

    Raises:
        ComponentError: one is.
    """
    if not bool(said.isfinite().all()):
        raise ComponentError(labels.where, "NaN or infinite values", "numbers", "look at what the model answers")
    return said


def class_scores(labels: Labels, own: Sequence[str], values: Tensor, low: float, high: float) -> Tensor:
    """Turn numbers into class log-probabilities: those of a label alone, the class of the bin that a number is in.

    Args:
        labels: has the task, of a rated attribute with bins.
        own: the outputs' labels.
        values: shape (n, l).
        low: the number that stands for a rating of 1.
        high: the number that stands for a rating of 5.

    Returns:
        Shape (n, c), float32.

    Raises:
        UsageError: no output says what the task is about.
        ComponentError: a number is NaN or infinite.
    """
    said = finite(labels, values[:, column_of(labels, own)].double())
    ratings = LOWEST + (HIGHEST - LOWEST) * (said - low) / (high - low)
    task = labels.task
    edges = torch.tensor(task.bins, dtype=torch.float64, device=ratings.device)
    bins = (ratings[:, None] > edges).sum(dim=1)
    count = len(task.classes)
    rows = torch.full((len(ratings), count), math.log(LABEL_ALONE / (count - 1)), device=ratings.device)
    return rows.scatter(1, bins[:, None], math.log(1 - LABEL_ALONE))


def _remedy(attribute: str) -> str:
    if attribute == "emotion":
        return "choose a task of ratings: --task activation3 or valence3, in bins; or activation, valence, dominance"
    return f"say which output it is: labels=THEIRS:{attribute}"
