"""How well a victim tells emotions when nobody attacks: every figure with its interval, pure functions of answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bench.core.types import REFUSED, Label
from bench.scoring.pooling import clean_scores
from bench.scoring.statistics import Interval, clopper_pearson, proportion_interval, quantiles

Confusion = NDArray[np.int64]
Figures = NDArray[np.float64]
LEVEL = 0.95


def confusion_matrix(label_true: ArrayLike, label_predicted: ArrayLike, labels: Sequence[Label]) -> Confusion:
    """How often each class was taken for which.

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
    truth, predicted = (_numbers(found, labels) for found in (label_true, label_predicted))
    if truth.shape != predicted.shape:
        raise ValueError(f"{truth.shape} true and {predicted.shape} predicted labels: need as many of both")
    counts = np.bincount(truth * len(labels) + predicted, minlength=len(labels) ** 2)
    return counts.reshape(len(labels), len(labels)).astype(np.int64)


def _numbers(found: ArrayLike, labels: Sequence[Label]) -> NDArray[np.int64]:
    numbers = pd.Index(labels).get_indexer(pd.Index(np.asarray(found, dtype=str)))
    if (numbers < 0).any():
        raise ValueError(f"a label that is none of {', '.join(labels)}")
    return numbers.astype(np.int64)


def weighted_precision(confusion: Confusion) -> Figures:
    """Precision of each class, averaged with the classes' true frequencies as weights.

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
    """F1 of each class, averaged with the classes' true frequencies as weights: P3's and MELD's figure.

    Σ_class n_class/n · 2·hits_class / (n_class + predicted_class).

    Args:
        confusion: shape (..., l, l), true labels down.

    Returns:
        Shape (...), from 0 to 1; NaN where there is nothing to score.

    >>> round(float(weighted_f1(np.array([[3, 1], [0, 4]]))), 4)
    0.873
    """
    return _weighted(confusion, lambda hits, true, predicted: _share(2 * hits, true + predicted))


def _weighted(confusion: Confusion, figure: Callable[[Figures, Figures, Figures], Figures]) -> Figures:
    hits = np.diagonal(confusion, axis1=-2, axis2=-1).astype(float)
    true, predicted = confusion.sum(axis=-1).astype(float), confusion.sum(axis=-2).astype(float)
    n = true.sum(axis=-1)
    return np.where(n > 0, (true * figure(hits, true, predicted)).sum(axis=-1) / np.maximum(n, 1), np.nan)


def _share(part: Figures, whole: Figures) -> Figures:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def jackknife_interval(figure: float, without: ArrayLike, n: int, level: float = LEVEL) -> Interval:
    """Confidence interval of any figure between 0 and 1, clustered by speaker.

    The variance is that of the delete-one-cluster jackknife (Wolter 2007, section 4.2),
    v = (G−1)/G · Σ_g (figure without speaker g − their mean)². The figure then counts as a share of as many utterances
    as would give it that variance, at most n, and the interval is made as in
    [`proportion_interval`][bench.scoring.statistics.proportion_interval], with which it agrees for a plain share of
    speakers with as many utterances each.

    Args:
        figure: over all speakers, from 0 to 1.
        without: shape (G,), the figure with each of the G speakers left out.
        n: utterances.
        level: coverage.

    Returns:
        Lower and upper bound; (0, 1) for a single speaker, who says nothing about others.

    >>> low, high = jackknife_interval(0.5, [0.45, 0.5, 0.55], n=60)
    >>> round(low, 2), round(high, 2)
    (0.22, 0.78)
    """
    left = np.asarray(without, dtype=float)
    groups = len(left)
    if groups < 2:
        return 0.0, 1.0
    variance = (groups - 1) / groups * float(np.square(left - left.mean()).sum())
    simple = figure * (1 - figure)
    effective = min(float(n), simple / max(variance, 1e-300)) if simple > 0 else float(n)
    z, t = quantiles(level, groups - 1)
    effective *= (z / t) ** 2
    return clopper_pearson(figure * effective, effective, level)


def clean_report(rows: pd.DataFrame, classes: Sequence[Label]) -> dict[str, Any]:
    """Everything that is told of a victim on clean speech.

    Args:
        rows: one an utterance and cell: cell, utterance, speaker, label_true, label_before (the victim's answer). With
            several cells (folds, seeds), every figure is the mean over cells, and the confusion matrix their sum.
        classes: the task's, in order.

    Returns:
        n, speakers, each of uar, war, weighted_precision, weighted_recall and weighted_f1 with its `_ci95`, classes (a
        list of label, recall, ci95, n), and the confusion matrix. All intervals are clustered by speaker.
    """
    answers = [*classes, REFUSED] if (rows["label_before"] == REFUSED).any() else list(classes)
    found: dict[str, Any] = {"n": int(rows["utterance"].nunique()), "speakers": int(rows["speaker"].nunique())}
    found |= clean_scores(rows)
    for name, score in (("weighted_precision", weighted_precision), ("weighted_f1", weighted_f1)):
        found[name], interval = _per_speaker(rows, answers, score)
        found[f"{name}_ci95"] = list(interval)
    found |= {"weighted_recall": found["war"], "weighted_recall_ci95": found["war_ci95"]}
    counts = confusion_matrix(rows["label_true"], rows["label_before"], answers)[: len(classes)]
    found["classes"] = [_recall(rows, label) for label in classes]
    found["confusion"] = {"true": list(classes), "predicted": answers, "counts": counts.tolist()}
    return found


def _per_speaker(
    rows: pd.DataFrame, labels: Sequence[Label], score: Callable[[Confusion], Figures]
) -> tuple[float, Interval]:
    """A score of confusion matrices as the mean over cells, with its interval."""
    speakers, cells = rows["speaker"].unique(), rows["cell"].unique()
    counts = np.zeros((len(cells), len(speakers), len(labels), len(labels)), dtype=np.int64)
    cell, speaker = pd.Index(cells).get_indexer(rows["cell"]), pd.Index(speakers).get_indexer(rows["speaker"])
    truth, said = _numbers(rows["label_true"], labels), _numbers(rows["label_before"], labels)
    np.add.at(counts, (cell, speaker, truth, said), 1)
    figure = float(score(counts.sum(axis=1)).mean())
    left = score(counts.sum(axis=1, keepdims=True) - counts) if len(speakers) > 1 else np.zeros((1, 1))
    without = np.nanmean(left, axis=0)  # a cell whose one speaker is left out is none
    return figure, jackknife_interval(figure, without, len(rows))


def _recall(rows: pd.DataFrame, label: Label) -> dict[str, Any]:
    """Recall of one class, the mean over the cells in which it occurs."""
    own = rows[rows["label_true"] == label]
    told: dict[str, Any] = {"label": label, "n": int(own["utterance"].nunique())}
    if own.empty:
        return told | {"recall": None, "ci95": None}
    hit = own["label_before"] == label
    weights = 1 / own.groupby("cell")["cell"].transform("size") / own["cell"].nunique()
    interval = proportion_interval(hit, own["speaker"].tolist(), strata=own["cell"].tolist(), weights=weights)
    return told | {"recall": float((weights * hit).sum()), "ci95": list(interval)}
