"""How well a victim tells emotions when nobody attacks: every figure with its interval, pure functions of answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bench.core.types import REFUSED, Label
from bench.scoring.arrays import Places
from bench.scoring.figures.confusion import (
    Confusion,
    ConfusionTable,
    Figures,
    confusion_matrix,
    label_numbers,
    macro_f1,
    weighted_f1,
    weighted_precision,
)
from bench.scoring.inference.clustering import codes, combined, samples
from bench.scoring.inference.estimates import Estimate
from bench.scoring.pooling import clean_scores
from bench.scoring.scores import cell_numbers
from bench.scoring.statistics import jackknife_interval, proportion_interval

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ClassRecall:
    """Hold how many utterances of one class are recognised.

    Args:
        label: the class.
        n: different utterances.
        recall: the mean over the cells in which the class occurs; None where it is not tested.
    """

    label: Label
    n: int
    recall: Estimate | None

    def to_json(self) -> dict[str, object]:
        """Return one of `classes[]` in docs/json.md."""
        told: dict[str, object] = {"label": self.label, "n": self.n}
        if self.recall is None:
            return {**told, "recall": None, "ci95": None}
        return {**told, "recall": self.recall.value, "ci95": list(self.recall.ci95)}


@dataclass(frozen=True)
class CleanReport:
    """Hold everything that is told of a victim on clean speech.

    Args:
        n: different utterances.
        speakers: of so many speakers.
        uar: unweighted average recall.
        war: accuracy, which is weighted recall.
        weighted_precision: mean over classes, weighted with their true frequencies.
        weighted_f1: likewise.
        macro_f1: mean over the classes that occur.
        classes: the task's, in order.
        confusion: who was taken for whom.
    """

    n: int
    speakers: int
    uar: Estimate
    war: Estimate
    weighted_precision: Estimate
    weighted_f1: Estimate
    macro_f1: Estimate
    classes: tuple[ClassRecall, ...]
    confusion: ConfusionTable

    def to_json(self) -> dict[str, object]:
        """Return the figures among `evaluate cells[]` in docs/json.md."""
        return {
            "n": self.n,
            "speakers": self.speakers,
            **self.uar.named("uar"),
            **self.war.named("war"),
            **self.weighted_precision.named("weighted_precision"),
            **self.weighted_f1.named("weighted_f1"),
            **self.macro_f1.named("macro_f1"),
            **self.war.named("weighted_recall"),
            "classes": [one.to_json() for one in self.classes],
            "confusion": self.confusion.to_json(),
        }


def clean_report(rows: pd.DataFrame, classes: Sequence[Label], crossed: Sequence[ArrayLike] = ()) -> CleanReport:
    """Estimate everything that is told of a victim on clean speech; all intervals are clustered by speaker.

    Args:
        rows: one an utterance and cell: fold, seed, repeat, utterance, speaker, label_true, label_before (the victim's
            answer). With several cells (folds, seeds), every figure is the mean over cells, and the confusion matrix
            their sum.
        classes: the task's, in order.
        crossed: what rows have in common beside their speaker, which all intervals heed but those of single classes.
    """
    answers = (*classes, REFUSED) if (rows["label_before"] == REFUSED).any() else tuple(classes)
    means = clean_scores(rows, crossed)
    counts = confusion_matrix(rows["label_true"], rows["label_before"], answers)[: len(classes)]
    return CleanReport(
        n=int(rows["utterance"].nunique()),
        speakers=int(rows["speaker"].nunique()),
        uar=means.main,
        war=means.war,
        weighted_precision=_per_cluster(rows, answers, weighted_precision, crossed),
        weighted_f1=_per_cluster(rows, answers, weighted_f1, crossed),
        macro_f1=_per_cluster(rows, answers, macro_f1, crossed),
        classes=tuple(_recall(rows, label) for label in classes),
        confusion=ConfusionTable(tuple(classes), answers, tuple(map(tuple, counts.tolist()))),
    )


def _per_cluster(
    rows: pd.DataFrame, labels: Sequence[Label], score: Callable[[Confusion], Figures], crossed: Sequence[ArrayLike]
) -> Estimate:
    """A score of confusion matrices as the mean over cells, with its interval."""
    cell = cell_numbers(rows).to_numpy(np.intp)
    truth, said = label_numbers(rows["label_true"], labels), label_numbers(rows["label_before"], labels)
    matrix = (int(cell.max()) + 1, len(labels), len(labels))
    whole = np.zeros(matrix, dtype=np.int64)
    np.add.at(whole, (cell, truth, said), 1)

    def without(way: Places) -> Figures:
        """The figure with each cluster left out; a cell of which nothing is left is none."""
        counts = np.zeros((matrix[0], int(way.max()) + 1, *matrix[1:]), dtype=np.int64)
        np.add.at(counts, (cell, way, truth, said), 1)
        return np.nanmean(score(whole[:, None] - counts), axis=0) if counts.shape[1] > 1 else np.zeros(1)

    ways = [codes(one) for one in (rows["speaker"].to_numpy(object), *samples(crossed))]
    both = [(sign, without(some)) for sign, some in combined(ways)]
    first, *others = map(without, ways)
    figure, n = float(score(whole).mean()), rows["utterance"].nunique()
    return Estimate(figure, *jackknife_interval(figure, first, n, crossed=others, both=both), n=len(rows))


def _recall(rows: pd.DataFrame, label: Label) -> ClassRecall:
    """Recall of one class, the mean over the cells in which it occurs."""
    own = rows[rows["label_true"] == label]
    n = int(own["utterance"].nunique())
    if own.empty:
        return ClassRecall(label, n, None)
    hit, cell = own["label_before"] == label, cell_numbers(own)
    weights = 1 / cell.groupby(cell).transform("size") / cell.nunique()
    interval = proportion_interval(hit, own["speaker"].tolist(), weights=weights, units=own["utterance"].to_numpy())
    return ClassRecall(label, n, Estimate(float((weights * hit).sum()), *interval, n=len(own)))
