"""UAR and WAR of many cells as weighted means, with intervals: of clean utterances, and after a perturbation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from bench.scoring.estimates import Difference, Estimate
from bench.scoring.scores import CELL, cell_numbers, clean, in_order_of
from bench.scoring.statistics import difference_interval, proportion_interval

Recall = Literal["uar", "war"]
"""The mean recall of the classes, or the share of all utterances."""


@dataclass(frozen=True)
class CleanScores:
    """Hold how many clean utterances are recognised.

    Args:
        uar: unweighted average recall.
        war: accuracy.
    """

    uar: Estimate
    war: Estimate

    def to_json(self) -> dict[str, object]:
        """Return `clean` of docs/json.md."""
        return {**self.uar.named("uar"), **self.war.named("war")}


@dataclass(frozen=True)
class Perturbed:
    """Hold what a perturbation does to UAR or WAR.

    Args:
        after: over the utterances to which it applied.
        before: of the same utterances, clean.
        change: after less before, paired.
    """

    after: Estimate
    before: float
    change: Difference

    def named(self, name: str) -> dict[str, object]:
        """Return the figures under names of their own among other fields of a JSON object.

        Args:
            name: "uar" or "war".
        """
        change = {f"{name}_change_ci95": list(self.change.ci95)}
        return {**self.after.named(name), f"{name}_before": self.before, **change}


@dataclass(frozen=True)
class PerturbedScores:
    """Hold figures after a perturbation that asks once.

    Args:
        applied: utterances to which it applied.
        of: as many were there.
        uar: unweighted average recall.
        war: accuracy.
    """

    applied: int
    of: int
    uar: Perturbed
    war: Perturbed

    def to_json(self) -> dict[str, object]:
        """Return `perturbed` of docs/json.md."""
        return {"applied": self.applied, "of": self.of, **self.uar.named("uar"), **self.war.named("war")}


def share(rows: pd.DataFrame, hits: pd.Series[bool]) -> Estimate:
    """Estimate the share of hits among rows of utterances.

    Args:
        rows: one an utterance, with its speaker.
        hits: for each row.
    """
    return Estimate(float(hits.mean()), *proportion_interval(hits, rows["speaker"].tolist()), n=len(rows))


def clean_scores(rows: pd.DataFrame) -> CleanScores:
    """Estimate UAR and WAR on clean utterances, each the mean over the cells in `rows`.

    Args:
        rows: one an utterance and cell: fold, seed, repeat, speaker, label_true, label_before.
    """
    hit = rows["label_true"] == rows["label_before"]
    found = {}
    for name, stratum, weights in weighted_means(rows):
        interval = proportion_interval(hit, rows["speaker"].tolist(), strata=stratum, weights=weights)
        found[name] = Estimate(float((weights * hit).sum()), *interval, n=len(rows))
    return CleanScores(found["uar"], found["war"])


def weighted_means(rows: pd.DataFrame) -> Iterator[tuple[Recall, pd.Series[int], pd.Series[float]]]:
    """Express UAR and WAR as weighted means of hits.

    Args:
        rows: one an utterance and cell: fold, seed, repeat, label_true.

    Returns:
        First for UAR, then for WAR: the name, the number of the mean that each row belongs to, the row's weight.
    """
    cell = cell_numbers(rows)
    means: tuple[tuple[Recall, pd.Series[int]], ...] = (
        ("uar", rows.groupby([*CELL, "label_true"], sort=False).ngroup()),
        ("war", cell),
    )
    for name, stratum in means:
        share = 1 / stratum.groupby(cell).transform("nunique")  # each stratum's part in its cell's mean
        yield name, stratum, share / stratum.groupby(stratum).transform("size") / cell.nunique()


def perturbed_scores(rows: pd.DataFrame) -> PerturbedScores | None:
    """Estimate UAR and WAR after a perturbation that asks once, over the utterances to which it applied.

    Args:
        rows: records of one or more cells, with their fold, seed and repeat.

    Returns:
        None for a search, which asks more than once, and where nothing applied.
    """
    asked = rows[rows["query"] == 1]
    if rows["query"].max() != 1:
        return None
    before = in_order_of(clean(rows), asked)
    after = before.assign(label_before=asked["label_after"].to_numpy())
    then, now = clean_scores(before), clean_scores(after)
    right, was_right = (rows["label_true"] == rows["label_before"] for rows in (after, before))
    speakers = before["speaker"].tolist()
    changes = [
        difference_interval(right, was_right, speakers, strata=stratum, weights=weights)
        for _, stratum, weights in weighted_means(before)
    ]
    uar, war = (
        Perturbed(after, before.value, Difference(after.value - before.value, *change, n=len(asked)))
        for after, before, change in zip((now.uar, now.war), (then.uar, then.war), changes, strict=True)
    )
    return PerturbedScores(len(asked), int((rows["query"] == 0).sum()), uar, war)
