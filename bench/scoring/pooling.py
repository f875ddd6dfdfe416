"""UAR and WAR of many cells as weighted means, with intervals: of clean utterances, and after a perturbation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from bench.scoring.scores import clean
from bench.scoring.statistics import difference_interval, proportion_interval


def clean_scores(rows: pd.DataFrame) -> dict[str, Any]:
    """UAR and WAR on clean utterances, each the mean over the cells in `rows`, with intervals clustered by speaker."""
    hit = rows["label_true"] == rows["label_before"]
    found: dict[str, Any] = {}
    for name, stratum, weights in weighted_means(rows):
        found[name] = float((weights * hit).sum())
        interval = proportion_interval(hit, rows["speaker"].tolist(), strata=stratum.tolist(), weights=weights)
        found[f"{name}_ci95"] = list(interval)
    return found


def weighted_means(rows: pd.DataFrame) -> Iterator[tuple[str, pd.Series[str], pd.Series[float]]]:
    """UAR and WAR as weighted means of hits: the name, the mean that each utterance belongs to, its weight."""
    cell = rows["cell"]
    for name, stratum in (("uar", cell + "/" + rows["label_true"]), ("war", cell)):
        means = 1 / stratum.groupby(cell).transform("nunique")  # each stratum's part in its cell's mean
        yield name, stratum, means / stratum.groupby(stratum).transform("size") / cell.nunique()


def perturbed_scores(rows: pd.DataFrame) -> dict[str, Any] | None:
    """UAR and WAR after a perturbation that asks once, over the utterances to which it applied.

    Args:
        rows: records of one or more cells, with a column `cell`.

    Returns:
        `applied` utterances of `of`; for each of uar and war the figure after, its interval, what it was before on the
        same utterances, and the interval of the change. None for a search, which asks more than once, and where nothing
        applied.
    """
    asked = rows[rows["query"] == 1]
    if rows["query"].max() != 1:
        return None
    before = (
        clean(rows).set_index(["cell", "utterance"]).loc[asked.set_index(["cell", "utterance"]).index].reset_index()
    )
    after = before.assign(label_before=asked["label_after"].to_numpy())
    found: dict[str, Any] = {"applied": len(asked), "of": int((rows["query"] == 0).sum())}
    then, now = clean_scores(before), clean_scores(after)
    right, was_right = (rows["label_true"] == rows["label_before"] for rows in (after, before))
    speakers = before["speaker"].tolist()
    for name, stratum, weights in weighted_means(before):
        found |= {name: now[name], f"{name}_ci95": now[f"{name}_ci95"], f"{name}_before": then[name]}
        change = difference_interval(right, was_right, speakers, strata=stratum.tolist(), weights=weights)
        found[f"{name}_change_ci95"] = list(change)
    return found
