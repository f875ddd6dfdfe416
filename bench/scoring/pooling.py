"""UAR and WAR of many cells as weighted means, with intervals: of clean utterances, and after a perturbation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from numpy.typing import ArrayLike

from bench.scoring.dependence import Estimand, crossed_with_speakers, trainings, utterances_of
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


def clean_scores(rows: pd.DataFrame, crossed: Sequence[ArrayLike] = ()) -> CleanScores:
    """Estimate UAR and WAR on clean utterances, each the mean over the cells in `rows`.

    Args:
        rows: one an utterance and cell: fold, seed, repeat, utterance, speaker, label_true, label_before.
        crossed: what rows have in common beside their speaker, as
            [`crossed_with_speakers`][bench.scoring.dependence.crossed_with_speakers] gives it.
    """
    hit, speakers = rows["label_true"] == rows["label_before"], rows["speaker"].tolist()
    units = utterances_of(rows)
    found = {}
    for name, stratum, weights in weighted_means(rows):
        interval = proportion_interval(hit, speakers, strata=stratum, weights=weights, crossed=crossed, units=units)
        found[name] = Estimate(float((weights * hit).sum()), *interval, n=len(rows))
    return CleanScores(found["uar"], found["war"])


def weighted_means(rows: pd.DataFrame) -> Iterator[tuple[Recall, pd.Series[int], pd.Series[float]]]:
    """Express UAR and WAR as weighted means of hits, each the mean over the cells.

    For their variance an answer is held against the mean of its class over all cells. Held against its cell's, it would
    lose what a speaker is like wherever a fold tests one or two.

    Args:
        rows: one an utterance and cell: fold, seed, repeat, label_true.

    Returns:
        First for UAR, then for WAR: the name, the number of the mean that each row belongs to, the row's weight.
    """
    cell = cell_numbers(rows)
    label = rows.groupby("label_true", sort=False).ngroup()
    means: tuple[tuple[Recall, pd.Series[int], list[str]], ...] = (
        ("uar", label, [*CELL, "label_true"]),
        ("war", label * 0, [*CELL]),
    )
    for name, stratum, within in means:
        part = rows.groupby(within, sort=False).ngroup()
        share = 1 / part.groupby(cell).transform("nunique")  # each mean's part in its cell's
        yield name, stratum, share / part.groupby(part).transform("size") / cell.nunique()


def perturbed_scores(rows: pd.DataFrame, estimand: Estimand = "fitted") -> PerturbedScores | None:
    """Estimate UAR and WAR after a perturbation that asks once, over the utterances to which it applied.

    Args:
        rows: records of one or more cells, with their fold, seed and repeat.
        estimand: what the intervals are about.

    Returns:
        None for a search, which asks more than once, and where nothing applied.
    """
    asked = rows[rows["query"] == 1]
    if rows["query"].max() != 1:
        return None
    before = in_order_of(clean(rows), asked)
    after = before.assign(label_before=asked["label_after"].to_numpy())
    crossed = crossed_with_speakers(before, rows, estimand)
    then, now = clean_scores(before, trainings(before, estimand)), clean_scores(after, crossed)
    right, was_right = (rows["label_true"] == rows["label_before"] for rows in (after, before))
    speakers, units = before["speaker"].tolist(), utterances_of(before)
    changes = [
        difference_interval(right, was_right, speakers, 0.95, stratum, weights, units, crossed)
        for _, stratum, weights in weighted_means(before)
    ]
    uar, war = (
        Perturbed(after, before.value, Difference(after.value - before.value, *change, n=len(asked)))
        for after, before, change in zip((now.uar, now.war), (then.uar, then.war), changes, strict=True)
    )
    return PerturbedScores(len(asked), int((rows["query"] == 0).sum()), uar, war)
