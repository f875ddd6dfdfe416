"""UAR, WAR and CCC of many cells as means, with intervals: of clean utterances, and after a perturbation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bench.scoring.arrays import Floats, Places
from bench.scoring.figures.agreements import Agreement, agreement, ccc_change, is_dimensional
from bench.scoring.figures.answers import ClassAnswers, weighted
from bench.scoring.figures.answers import Recall as Recall
from bench.scoring.figures.dependence import Estimand, crossed_at, crossed_with_speakers, trainings, trainings_at
from bench.scoring.inference.clustering import codes
from bench.scoring.inference.estimates import Difference, Estimate, Interval
from bench.scoring.record_files.pooled import PooledRecords
from bench.scoring.scores import cell_numbers

if TYPE_CHECKING:
    import pandas as pd

_NO_UAR: dict[str, object] = {"uar": None, "uar_ci95": None}


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
            [`crossed_with_speakers`][bench.scoring.figures.dependence.crossed_with_speakers] gives it.
    """
    found = ClassAnswers.in_table(rows).estimates(crossed)
    if is_dimensional(rows):
        return CleanScores(None, found["war"], agreement(rows, "value_before", crossed))
    return CleanScores(found["uar"], found["war"])


def clean_of(records: PooledRecords, estimand: Estimand) -> CleanScores:
    """Estimate as `clean_scores` does what is answered about the clean utterances of some records.

    Args:
        records: of an attack.
        estimand: what the intervals are about.
    """
    rows = np.flatnonzero(records.columns.query == 0)
    if records.is_dimensional:
        table = records.frame.take(rows).reset_index(drop=True)
        return clean_scores(table, trainings(table, estimand))
    found = ClassAnswers.of(records, rows, records.hits("label_before", rows)).estimates(
        trainings_at(records, rows, estimand)
    )
    return CleanScores(found["uar"], found["war"])


def weighted_means(rows: pd.DataFrame) -> Iterator[tuple[Recall, Places, Floats]]:
    """Express UAR and WAR as weighted means of hits, as `bench.scoring.figures.answers.ClassAnswers.means` does.

    Args:
        rows: one an utterance and cell: fold, seed, repeat, label_true.

    Returns:
        First for UAR, then for WAR: the name, the number of the mean that each row belongs to, the row's weight.
    """
    return weighted(np.asarray(cell_numbers(rows), dtype=np.intp), codes(rows["label_true"].to_numpy(object)))


def perturbed_scores(rows: pd.DataFrame, estimand: Estimand = "fitted") -> PerturbedScores | None:
    """Estimate UAR (or CCC) and WAR after a perturbation that asks once, over the utterances to which it applied.

    Args:
        rows: records of one or more cells, with their fold, seed and repeat.
        estimand: what the intervals are about.

    Returns:
        None for a search, which asks more than once, and where nothing applied.
    """
    return perturbed_of(PooledRecords.of(rows), estimand)


def perturbed_of(records: PooledRecords, estimand: Estimand = "fitted") -> PerturbedScores | None:
    """Estimate as `perturbed_scores` does.

    Args:
        records: of an attack.
        estimand: what the intervals are about.
    """
    if records.searches or not records.most_asked:
        return None
    asked = np.flatnonzero(records.columns.query == 1)
    before, of = records.clean_of(asked), int((records.columns.query == 0).sum())
    if records.is_dimensional:
        return PerturbedScores(len(asked), of, None, *_of_numbers(records, before, asked, estimand))
    crossed = crossed_at(records, asked, estimand)
    was_right = records.hits("label_before", before)
    then = ClassAnswers.of(records, before, was_right)
    now = then.answered(records.hits("label_after", asked))
    first, later = then.estimates(trainings_at(records, before, estimand)), now.estimates(crossed)
    changes = zip(later, now.changes(was_right, crossed), strict=True)
    uar, war = (_perturbed(later[name], first[name].value, change) for name, change in changes)
    return PerturbedScores(len(asked), of, uar, war)


def _perturbed(after: Estimate, before: float, change: Interval) -> Perturbed:
    return Perturbed(after, before, Difference(after.value - before, *change, n=after.n))


def _of_numbers(
    records: PooledRecords, before: Places, asked: Places, estimand: Estimand
) -> tuple[Perturbed, Perturbed]:
    """The share of answers that were right and have become no other, and CCC after a perturbation."""
    columns, table = records.columns, records.frame
    answered = table.take(before).reset_index(drop=True).assign(value_after=columns.number("value_after")[asked])
    crossed = crossed_with_speakers(answered, table, estimand)
    then, now = (agreement(answered, name, crossed).ccc for name in ("value_before", "value_after"))
    change = ccc_change(answered, "value_after", "value_before", crossed)
    was_right = records.hits("label_before", before)
    held = columns.alike("label_after", "label_before")[asked]
    own = ClassAnswers.of(records, before, was_right & held)
    kept, interval = own.estimates(crossed)["war"], own.changes(was_right, crossed)[1]
    lost = Difference(kept.value - float(was_right.mean()), *interval, n=len(asked))
    return Perturbed(kept, kept.value - lost.value, lost), Perturbed(now, then.value, change)
