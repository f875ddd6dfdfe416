"""Scores of rows: UAR, WAR, Acc_att, robustness. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


def uar(label_true: ArrayLike, label_predicted: ArrayLike) -> float:
    """Compute unweighted average recall: the mean over classes of the share of a class that is recognised.

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
    """Compute weighted average recall, which is accuracy: the share of utterances that are recognised.

    Args:
        label_true: shape (n,).
        label_predicted: shape (n,).

    Returns:
        From 0 to 1.

    Raises:
        ValueError: nothing to score, or lengths differ.

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


CELL = ("fold", "seed", "repeat")
"""The columns that tell the rows of one cell from those of others that are pooled with it."""
UTTERANCE = (*CELL, "utterance")
"""The columns that tell one attacked utterance from others."""


def cell_numbers(rows: pd.DataFrame) -> pd.Series[int]:
    """Give each row the number of its cell, from 0, in the order in which they appear."""
    return rows.groupby([*CELL], sort=False).ngroup()


def clean(rows: pd.DataFrame) -> pd.DataFrame:
    """Select the clean row of each utterance: query 0."""
    return rows[rows["query"] == 0]


def in_order_of(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Select the rows of the same utterances as others, in their order.

    Args:
        rows: at most one of an utterance.
        others: of utterances that all have one in `rows`.

    Returns:
        As many rows as `others` has.
    """
    wanted = pd.MultiIndex.from_frame(others[[*UTTERANCE]])
    return rows.set_index([*UTTERANCE]).loc[wanted].reset_index()


def successes(rows: pd.DataFrame, k: int, imperceptible: bool) -> pd.DataFrame:
    """Say which utterances were attacked successfully within k queries.

    Args:
        rows: records of one or more cells; an utterance is known by its cell and its id.
        k: queries allowed, at least 1.
        imperceptible: count only candidates that people were found to hear as the same emotion.

    Returns:
        One row an utterance, in the order of the records: fold, seed, repeat, utterance, speaker, success.

    Raises:
        ValueError: k is below 1.
    """
    if k < 1:
        raise ValueError(f"k = {k}: at least one query")
    hit = rows["accepted"] & (rows["query"] <= k)
    if imperceptible:
        hit &= rows["imperceptible"].fillna(False).astype(bool)
    grouped = rows.assign(success=hit).groupby([*UTTERANCE], sort=False)
    return grouped.agg(speaker=("speaker", "first"), success=("success", "any")).reset_index()


def robustness(rows: pd.DataFrame, k: int, imperceptible: bool) -> pd.DataFrame:
    """Say which utterances are recognised when nobody attacks, and not attacked successfully within k queries.

    The mean of `robust` is robust accuracy. It cannot be bought by refusing: a refused clean utterance is not
    recognised, while a refused attack has not succeeded.

    Args:
        rows: records of one or more cells; an utterance is known by its cell and its id.
        k: queries allowed, at least 1.
        imperceptible: count only candidates that people were found to hear as the same emotion.

    Returns:
        One row an utterance, in the order of the records: fold, seed, repeat, utterance, speaker, robust.
    """
    found = successes(rows, k, imperceptible)
    asked = in_order_of(clean(rows), found)
    right = (asked["label_true"] == asked["label_before"]).to_numpy()
    return found.assign(robust=right & ~found["success"].to_numpy(bool)).drop(columns="success")


def acc_att(rows: pd.DataFrame, k: int, imperceptible: bool) -> float:
    """Compute P1's Acc_att (section 6.4): the share of utterances attacked successfully within k label-only queries.

    Success: the victim's label changed, at an SNR above 10 dB (or by a perturbation for which it is undefined).
    Read off one run: the first query that succeeded decides, so Acc_att never falls as k grows.

    Args:
        rows: records of one or more cells; an utterance is known by its cell and its id.
        k: queries allowed, at least 1.
        imperceptible: count only candidates that people were found to hear as the same emotion.

    Returns:
        From 0 to 1; higher is worse for the victim.
    """
    return float(successes(rows, k, imperceptible)["success"].mean())


def queries_to_success(rows: pd.DataFrame, imperceptible: bool) -> Sequence[float]:
    """Count for each utterance the queries to the first that succeeded; infinite where none did.

    Args:
        rows: records of one or more cells; an utterance is known by its cell and its id.
        imperceptible: count only candidates that people were found to hear as the same emotion.
    """
    hit = rows["accepted"] & (rows["imperceptible"].fillna(False).astype(bool) if imperceptible else True)
    number = rows["query"].where(hit, np.inf)
    found = rows.assign(number=number).groupby([*UTTERANCE], sort=False)["number"].min()
    return [float(value) for value in found]
