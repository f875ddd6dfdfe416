"""Who is taken for whom, and what follows from it: precision and F1, weighted by class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.core.types import Label

Confusion = NDArray[np.int64]
Figures = NDArray[np.float64]


@dataclass(frozen=True)
class ConfusionTable:
    """Hold who was taken for whom.

    Args:
        true: the classes, the rows.
        predicted: the columns: the classes, and `(refused)` where the victim refused any.
        counts: as many rows and columns.
    """

    true: tuple[Label, ...]
    predicted: tuple[Label, ...]
    counts: tuple[tuple[int, ...], ...]

    def to_json(self) -> dict[str, object]:
        """Return `confusion` of docs/json.md."""
        counts = [list(row) for row in self.counts]
        return {"true": list(self.true), "predicted": list(self.predicted), "counts": counts}


def confusion_matrix(label_true: ArrayLike, label_predicted: ArrayLike, labels: Sequence[Label]) -> Confusion:
    """Count how often each class was taken for which.

    Args:
        label_true: shape (n,).
        label_predicted: shape (n,).
        labels: the l labels that may occur, in the order of rows and columns.

    Returns:
        Shape (l, l): true labels down, predicted ones across.

    Raises:
        ValueError: lengths differ, or a label is none of `labels`.

    >>> confusion_matrix(["a", "a", "b"], ["a", "b", "b"], ["a", "b"]).tolist()
    [[1, 1], [0, 1]]
    """
    truth, predicted = (label_numbers(found, labels) for found in (label_true, label_predicted))
    if truth.shape != predicted.shape:
        raise ValueError(f"{truth.shape} true and {predicted.shape} predicted labels: need as many of both")
    counts = np.bincount(truth * len(labels) + predicted, minlength=len(labels) ** 2)
    return counts.reshape(len(labels), len(labels)).astype(np.int64)


def label_numbers(found: ArrayLike, labels: Sequence[Label]) -> NDArray[np.int64]:
    """Give labels as numbers, from 0, by their place among those that may occur.

    Args:
        found: shape (n,).
        labels: those that may occur.

    Raises:
        ValueError: a label is none of these.
    """
    import pandas as pd

    numbers = pd.Index(labels).get_indexer(pd.Index(np.asarray(found, dtype=str)))
    if (numbers < 0).any():
        raise ValueError(f"a label that is none of {', '.join(labels)}")
    return numbers.astype(np.int64)


def weighted_precision(confusion: Confusion) -> Figures:
    """Average the precision of the classes with the classes' true frequencies as weights.

    Σ_class n_class/n · hits_class / predicted_class; a class that is never predicted has precision 0, as in
    scikit-learn with `zero_division=0`. Weighted recall needs no function of its own: it is WAR.

    Args:
        confusion: shape (..., l, l), true labels down.

    Returns:
        Shape (...), from 0 to 1; NaN where there is nothing to score.

    >>> float(weighted_precision(np.array([[3, 1], [0, 4]])))
    0.9
    """
    return _weighted(confusion, lambda hits, _, predicted: _share(hits, predicted))


def weighted_f1(confusion: Confusion) -> Figures:
    """Average the F1 of the classes with the classes' true frequencies as weights: P3's and MELD's figure.

    Σ_class n_class/n · 2·hits_class / (n_class + predicted_class).

    Args:
        confusion: shape (..., l, l), true labels down.

    Returns:
        Shape (...), from 0 to 1; NaN where there is nothing to score.

    >>> round(float(weighted_f1(np.array([[3, 1], [0, 4]]))), 4)
    0.873
    """
    return _weighted(confusion, lambda hits, true, predicted: _share(2 * hits, true + predicted))


def macro_f1(confusion: Confusion) -> Figures:
    """Average the F1 of the classes that occur, each with the same weight: what MSP-Podcast's challenges rank by.

    Args:
        confusion: shape (..., l, l), true labels down.

    Returns:
        Shape (...), from 0 to 1; NaN where there is nothing to score.

    >>> round(float(macro_f1(np.array([[3, 1], [0, 4]]))), 4)
    0.873
    """
    hits = np.diagonal(confusion, axis1=-2, axis2=-1).astype(float)
    true, predicted = confusion.sum(axis=-1).astype(float), confusion.sum(axis=-2).astype(float)
    occurs = (true > 0).sum(axis=-1)
    total = np.where(true > 0, _share(2 * hits, true + predicted), 0).sum(axis=-1)
    return np.where(occurs > 0, total / np.maximum(occurs, 1), np.nan)


def _weighted(confusion: Confusion, figure: Callable[[Figures, Figures, Figures], Figures]) -> Figures:
    hits = np.diagonal(confusion, axis1=-2, axis2=-1).astype(float)
    true, predicted = confusion.sum(axis=-1).astype(float), confusion.sum(axis=-2).astype(float)
    n = true.sum(axis=-1)
    return np.where(n > 0, (true * figure(hits, true, predicted)).sum(axis=-1) / np.maximum(n, 1), np.nan)


def _share(part: Figures, whole: Figures) -> Figures:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
