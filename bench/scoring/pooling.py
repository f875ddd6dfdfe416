"""UAR, WAR and CCC of many cells as means, with intervals: of clean utterances, and after a perturbation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from numpy.typing import ArrayLike

from bench.core.types import REFUSED
from bench.scoring.agreements import Agreement, agreement, ccc_change, is_dimensional
from bench.scoring.dependence import Estimand, crossed_with_speakers, trainings, utterances_of
from bench.scoring.estimates import Difference, Estimate, Interval
from bench.scoring.scores import CELL, cell_numbers, clean, in_order_of
from bench.scoring.statistics import difference_interval, proportion_interval

_NO_UAR: dict[str, object] = {"uar": None, "uar_ci95": None}
Recall = Literal["uar", "war"]
"""The mean recall of the classes, or the share of all utterances."""


@dataclass(frozen=True)
class CleanScores:
    """Hold how many clean utterances are recognised, or how well numbers agree with ratings.

    Args:
        uar: unweighted average recall; None in a dimensional task.
        war: accuracy; in a dimensional task the share of answers that are right: no further from the rating than the
            shift, or in its bin.
        numbers: in a dimensional task, CCC and errors; None in a task of classes.
    """

    uar: Estimate | None
    war: Estimate
    numbers: Agreement | None = None

    @property
    def main(self) -> Estimate:
        """Return the figure that stands for the victim: UAR, or CCC."""
        if self.numbers is not None:
            return self.numbers.ccc
        return self.war if self.uar is None else self.uar

    @property
    def name(self) -> str:
        """Return what that figure is called."""
        return "UAR" if self.numbers is None else "CCC"

    def to_json(self) -> dict[str, object]:
        """Return `clean` of docs/json.md."""
        if self.uar is None:
            numbers = {} if self.numbers is None else self.numbers.to_json()
            return {**_NO_UAR, **self.war.named("war"), **numbers}
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
            name: "uar", "war" or "ccc".
        """
        change = {f"{name}_change_ci95": list(self.change.ci95)}
        return {**self.after.named(name), f"{name}_before": self.before, **change}


@dataclass(frozen=True)
class PerturbedScores:
    """Hold figures after a perturbation that asks once.

    Args:
        applied: utterances to which it applied.
        of: as many were there.
        uar: unweighted average recall; None in a dimensional task.
        war: accuracy; in a dimensional task the share of answers that were right and have become no other.
        ccc: in a dimensional task, the concordance correlation coefficient; None in a task of classes.
    """

    applied: int
    of: int
    uar: Perturbed | None
    war: Perturbed
    ccc: Perturbed | None = None

    @property
    def main(self) -> Perturbed:
        """Return the figure that stands for the victim: UAR, or CCC."""
        return self.ccc or self.uar or self.war

    @property
    def name(self) -> str:
        """Return what that figure is called."""
        return "UAR" if self.ccc is None else "CCC"

    def to_json(self) -> dict[str, object]:
        """Return `perturbed` of docs/json.md."""
        counts = {"applied": self.applied, "of": self.of}
        named = {"uar": self.uar, "war": self.war, "ccc": self.ccc}
        return counts | {key: told for name, one in named.items() if one for key, told in one.named(name).items()}


def clean_scores(rows: pd.DataFrame, crossed: Sequence[ArrayLike] = ()) -> CleanScores:
    """Estimate UAR and WAR on clean utterances, each the mean over the cells in `rows`; of numbers CCC and WAR.

    Args:
        rows: one an utterance and cell: fold, seed, repeat, utterance, speaker, label_true, label_before; in a
            dimensional task value_true and value_before too.
        crossed: what rows have in common beside their speaker, as
            [`crossed_with_speakers`][bench.scoring.dependence.crossed_with_speakers] gives it.
    """
    hit, speakers = rows["label_true"] == rows["label_before"], rows["speaker"].tolist()
    units = utterances_of(rows)
    found = {}
    for name, stratum, weights in weighted_means(rows):
        interval = proportion_interval(hit, speakers, strata=stratum, weights=weights, crossed=crossed, units=units)
        found[name] = Estimate(float((weights * hit).sum()), *interval, n=len(rows))
    if is_dimensional(rows):
        return CleanScores(None, found["war"], agreement(rows, "value_before", crossed))
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
    """Estimate UAR (or CCC) and WAR after a perturbation that asks once, over the utterances to which it applied.

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
    crossed = crossed_with_speakers(before, rows, estimand)
    after = before.assign(label_before=asked["label_after"].to_numpy())
    if is_dimensional(before):
        return _of_numbers(rows, before, asked, crossed)
    then, now = clean_scores(before, trainings(before, estimand)), clean_scores(after, crossed)
    right, was_right = (rows["label_true"] == rows["label_before"] for rows in (after, before))
    changes = _changes(before, right, was_right, crossed)
    uar, war = (
        Perturbed(after, before.value, Difference(after.value - before.value, *change, n=len(asked)))
        for after, before, change in zip((now.main, now.war), (then.main, then.war), changes, strict=True)
    )
    return PerturbedScores(len(asked), int((rows["query"] == 0).sum()), uar, war)


def _of_numbers(
    rows: pd.DataFrame, before: pd.DataFrame, asked: pd.DataFrame, crossed: Sequence[ArrayLike]
) -> PerturbedScores:
    """CCC after a perturbation, and the share of answers that were right and have become no other."""
    answered = before.assign(value_after=asked["value_after"].to_numpy(float))
    then, now = (agreement(answered, name, crossed).ccc for name in ("value_before", "value_after"))
    change = ccc_change(answered, "value_after", "value_before", crossed)
    was_right = before["label_true"] == before["label_before"]
    held = pd.Series(asked["label_after"].to_numpy(object) == before["label_before"].to_numpy(object))
    kept = clean_scores(before.assign(label_before=before["label_before"].where(held, REFUSED)), crossed).war
    interval = _changes(before, was_right & held, was_right, crossed)[1]
    lost = Difference(kept.value - float(was_right.mean()), *interval, n=len(asked))
    war = Perturbed(kept, kept.value - lost.value, lost)
    return PerturbedScores(len(asked), int((rows["query"] == 0).sum()), None, war, Perturbed(now, then.value, change))


def _changes(
    before: pd.DataFrame, right: pd.Series[bool], was_right: pd.Series[bool], crossed: Sequence[ArrayLike]
) -> list[Interval]:
    """Intervals of the change of UAR and of WAR, paired."""
    speakers, units = before["speaker"].tolist(), utterances_of(before)
    return [
        difference_interval(right, was_right, speakers, 0.95, stratum, weights, units, crossed)
        for _, stratum, weights in weighted_means(before)
    ]
