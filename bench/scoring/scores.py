"""Scores of rows: UAR, WAR, Acc_att, robustness. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.contracts.threat_models import COUNTED, Counted

if TYPE_CHECKING:  # victims are trained and asked, in sandboxes too, without its import
    import pandas as pd


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


def utterance_numbers(rows: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give each row the number of its utterance, from 0, in the order in which they appear, and find the first of each.

    Args:
        rows: n records of m attacked utterances.

    Returns:
        Numbers, shape (n,), and places of first rows, shape (m,).
    """
    number = np.asarray(rows.groupby([*UTTERANCE], sort=False).ngroup(), dtype=np.intp)
    return number, np.unique(number, return_index=True)[1]


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
    import pandas as pd

    wanted = pd.MultiIndex.from_frame(others[[*UTTERANCE]])
    return rows.set_index([*UTTERANCE]).loc[wanted].reset_index()


def within(rows: pd.DataFrame, counted: Counted) -> pd.Series[bool]:
    """Say of each query whether its candidate is of a kind that is counted, whatever became of it.

    The kinds lie within each other. Imperceptible is what people were found to hear as the same emotion. Additive is
    that, and whatever the record's column `additive` says; where a record says nothing of it, as those of the first
    version do not, it is what has an SNR, and so kept its length.

    Args:
        rows: records of one or more cells.
        counted: "imperceptible", "additive" or "all".

    Raises:
        ValueError: `counted` is none of these.
    """
    if counted not in COUNTED:
        raise ValueError(f"noises {counted!r}: one of {', '.join(COUNTED)}")
    if counted == "all":
        import pandas as pd

        return pd.Series(True, index=rows.index)
    fair = rows["imperceptible"].eq(True)
    if counted == "imperceptible":
        return fair
    return fair | rows["additive"].eq(True) | (rows["additive"].isna() & rows["snr_db"].notna())


def first_successes(rows: pd.DataFrame, counted: Counted) -> pd.DataFrame:
    """Find of each utterance the first query that was a success.

    Args:
        rows: records of one or more cells; an utterance is known by its cell and its id.
        counted: which candidates count, see `within`.

    Returns:
        One row an utterance, in the order of the records: fold, seed, repeat, utterance, speaker, and the number of the
        query as `first`; infinite where none was.
    """
    query = rows["query"].where(rows["accepted"] & within(rows, counted), np.inf).to_numpy(float)
    number, starts = utterance_numbers(rows)
    first = np.full(len(starts), np.inf)
    np.minimum.at(first, number, query)
    return rows.iloc[starts][[*UTTERANCE, "speaker"]].reset_index(drop=True).assign(first=first)


def successes(rows: pd.DataFrame, k: int, counted: Counted) -> pd.DataFrame:
    """Say which utterances were attacked successfully within k queries.

    Args:
        rows: records of one or more cells; an utterance is known by its cell and its id.
        k: queries allowed, at least 1.
        counted: which candidates count, see `within`.

    Returns:
        One row an utterance, in the order of the records: fold, seed, repeat, utterance, speaker, success.

    Raises:
        ValueError: k is below 1.
    """
    return reached(first_successes(rows, counted), k)


def reached(first: pd.DataFrame, k: int) -> pd.DataFrame:
    """Say which utterances were attacked successfully within k queries, as `successes` does.

    Args:
        first: as `first_successes` gives it.
        k: queries allowed, at least 1.

    Raises:
        ValueError: k is below 1.
    """
    if k < 1:
        raise ValueError(f"k = {k}: at least one query")
    return first[[*UTTERANCE, "speaker"]].assign(success=first["first"] <= k)


def in_common(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Select the utterances that two attacks attacked, and say of each what became of it.

    Args:
        one: as `successes` gives it.
        other: of another attack.

    Returns:
        As `one`, with `success` of the other as `other`.
    """
    if one[[*UTTERANCE]].equals(other[[*UTTERANCE]]):
        return one.assign(other=other["success"])
    beside = other[[*UTTERANCE, "success"]].rename(columns={"success": "other"})
    return one.merge(beside, on=[*UTTERANCE], how="inner", validate="one_to_one")


def survives(rows: pd.DataFrame) -> pd.Series[bool] | None:
    """Say of each query whether its candidate is a success that 16-bit PCM does not undo.

    Args:
        rows: records of one or more cells.

    Returns:
        None where no success of an utterance says, as those of the first version do not, and where there is none.
        Successes after an utterance's first do not say.
    """
    accepted = rows.loc[rows["accepted"]]
    says = accepted["survives_pcm"].notna().groupby([accepted[name] for name in UTTERANCE], sort=False).any()
    if not len(says) or not says.all():
        return None
    return rows["accepted"] & rows["survives_pcm"].eq(True)


def robustness(rows: pd.DataFrame, k: int, counted: Counted) -> pd.DataFrame:
    """Say which utterances are recognised when nobody attacks, and not attacked successfully within k queries.

    The mean of `robust` is robust accuracy: the share of all utterances whose clean answer is the corpus's label, and
    of whose first k candidates the referee accepted none of those that count. It cannot be bought by refusing: a
    refused clean utterance is not recognised, while a refused attack has not succeeded.

    Args:
        rows: records of one or more cells; an utterance is known by its cell and its id.
        k: queries allowed, at least 1.
        counted: which candidates count, see `within`.

    Returns:
        One row an utterance, in the order of the records: fold, seed, repeat, utterance, speaker, robust.
    """
    found = successes(rows, k, counted)
    return resisted(found, recognised(rows, found))


def recognised(rows: pd.DataFrame, others: pd.DataFrame) -> NDArray[np.bool_]:
    """Say of some utterances whether the victim recognises them when nobody attacks, and not by chance.

    What a randomised victim most often answers otherwise is by chance: no other label of it is a success.

    Args:
        rows: records.
        others: one row an utterance.

    Returns:
        In the order of `others`, shape (n,).
    """
    asked = in_order_of(clean(rows), others)
    right = (asked["label_true"] == asked["label_before"]).to_numpy(bool)
    return right & ~(asked["flip_share"].to_numpy(float) >= 0.5) if "flip_share" in asked else right


def resisted(found: pd.DataFrame, right: NDArray[np.bool_]) -> pd.DataFrame:
    """Say which utterances are recognised and were not attacked successfully, as `robustness` does.

    Args:
        found: as `successes` gives it.
        right: shape (n,), whether each is recognised when nobody attacks.
    """
    return found[[*UTTERANCE, "speaker"]].assign(robust=right & ~found["success"].to_numpy(bool))


def acc_att(rows: pd.DataFrame, k: int, counted: Counted) -> float:
    """Compute P1's Acc_att (section 6.4): the share of utterances attacked successfully within k label-only queries.

    Success: the victim's label changed, at an SNR above 10 dB (or by a perturbation for which it is undefined).
    Read off one run: the first query that succeeded decides, so Acc_att never falls as k grows.

    Args:
        rows: records of one or more cells; an utterance is known by its cell and its id.
        k: queries allowed, at least 1.
        counted: which candidates count, see `within`.

    Returns:
        From 0 to 1; higher is worse for the victim.
    """
    return float(successes(rows, k, counted)["success"].mean())
