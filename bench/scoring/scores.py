"""Scores: pure functions of records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import pandas as pd


def uar(label_true: ArrayLike, label_predicted: ArrayLike) -> float:
    """Unweighted average recall: the mean over classes of the share of a class that is recognised.

    UAR = 1/c · Σ_class hits_class / n_class, over the classes that occur in `label_true` (Schuller et al. 2009).

    Args:
        label_true: shape (n,).
        label_predicted: shape (n,).

    Returns:
        From 0 to 1; 1/c is chance.

    Raises:
        ValueError: nothing to score, or lengths differ.

    >>> uar(["a", "a", "a", "b"], ["a", "a", "b", "b"])
    0.8333333333333333
    """
    truth, predicted = _checked(label_true, label_predicted)
    return float(np.mean([(predicted[truth == name] == name).mean() for name in np.unique(truth)]))


def war(label_true: ArrayLike, label_predicted: ArrayLike) -> float:
    """Weighted average recall, which is accuracy: the share of utterances that are recognised.

    >>> war(["a", "a", "a", "b"], ["a", "a", "b", "b"])
    0.75
    """
    truth, predicted = _checked(label_true, label_predicted)
    return float((truth == predicted).mean())


def _checked(label_true: ArrayLike, label_predicted: ArrayLike) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    truth, predicted = np.asarray(label_true, dtype=str), np.asarray(label_predicted, dtype=str)
    if truth.shape != predicted.shape or not truth.size:
        raise ValueError(f"{truth.shape} true and {predicted.shape} predicted labels: need as many of both, and some")
    return truth, predicted


def clean(rows: pd.DataFrame) -> pd.DataFrame:
    """The clean row of each utterance: query 0."""
    return rows[rows["query"] == 0]


def successes(rows: pd.DataFrame, k: int, imperceptible: bool) -> pd.DataFrame:
    """Which utterances were attacked successfully within k queries.

    Args:
        rows: records of one or more cells; an utterance is known by its cell and its id.
        k: queries allowed, at least 1.
        imperceptible: count only candidates that people were found to hear as the same emotion.

    Returns:
        One row an utterance, in the order of the records: cell, utterance, speaker, success.

    Raises:
        ValueError: k is below 1.
    """
    if k < 1:
        raise ValueError(f"k = {k}: at least one query")
    hit = rows["accepted"] & (rows["query"] <= k)
    if imperceptible:
        hit &= rows["imperceptible"].fillna(False).astype(bool)
    grouped = rows.assign(success=hit).groupby(["cell", "utterance"], sort=False)
    return grouped.agg(speaker=("speaker", "first"), success=("success", "any")).reset_index()


def robustness(rows: pd.DataFrame, k: int, imperceptible: bool) -> pd.DataFrame:
    """Which utterances are recognised when nobody attacks, and not attacked successfully within k queries.

    The mean of `robust` is robust accuracy. It cannot be bought by refusing: a refused clean utterance is not
    recognised, while a refused attack has not succeeded.

    Args:
        rows: as in `successes`.
        k: queries allowed, at least 1.
        imperceptible: likewise.

    Returns:
        One row an utterance, in the order of the records: cell, utterance, speaker, robust.
    """
    found = successes(rows, k, imperceptible)
    asked = clean(rows).set_index(["cell", "utterance"]).loc[list(zip(found["cell"], found["utterance"], strict=True))]
    right = (asked["label_true"] == asked["label_before"]).to_numpy()
    return found.assign(robust=right & ~found["success"].to_numpy(bool)).drop(columns="success")


def acc_att(rows: pd.DataFrame, k: int, imperceptible: bool) -> float:
    """Acc_att of P1 (section 6.4): the share of utterances attacked successfully within k label-only queries.

    Success: the victim's label changed, at an SNR above 10 dB (or by a perturbation for which it is undefined).
    Read off one run: the first query that succeeded decides, so Acc_att never falls as k grows.

    Returns:
        From 0 to 1; higher is worse for the victim.
    """
    return float(successes(rows, k, imperceptible)["success"].mean())


def queries_to_success(rows: pd.DataFrame, imperceptible: bool) -> Sequence[float]:
    """For each utterance the number of the first query that succeeded; infinite where none did."""
    hit = rows["accepted"] & (rows["imperceptible"].fillna(False).astype(bool) if imperceptible else True)
    number = rows["query"].where(hit, np.inf)
    found = rows.assign(number=number).groupby(["cell", "utterance"], sort=False)["number"].min()
    return [float(value) for value in found]
