"""How well a victim tells numbers when nobody attacks: pure functions of answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.scoring.figures.agreements import Agreement
from bench.scoring.inference.estimates import Estimate
from bench.scoring.pooling import clean_scores

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class NumbersReport:
    """Hold everything that is told of a victim of a dimensional task on clean speech.

    Args:
        n: different utterances.
        speakers: of so many speakers.
        numbers: CCC and errors.
        right: share of answers that are right: no further from the rating than the shift, or in its bin.
    """

    n: int
    speakers: int
    numbers: Agreement
    right: Estimate

    def to_json(self) -> dict[str, object]:
        """Return the figures among `evaluate cells[]` in docs/json.md."""
        counts = {"n": self.n, "speakers": self.speakers}
        return {**counts, **self.numbers.to_json(), **self.right.named("right")}


def numbers_report(rows: pd.DataFrame) -> NumbersReport:
    """Estimate everything that is told of a victim of a dimensional task on clean speech.

    Args:
        rows: one an utterance and cell: fold, seed, repeat, utterance, speaker, label_true, label_before, value_true,
            value_before. With several cells (folds, seeds), every figure is the mean over cells.
    """
    found = clean_scores(rows)
    if found.numbers is None:
        raise ValueError("answers that are no numbers")
    return NumbersReport(int(rows["utterance"].nunique()), int(rows["speaker"].nunique()), found.numbers, found.war)
