"""Answers to be counted, one an utterance and cell, as arrays: what UAR and WAR are weighted means of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from bench.scoring.arrays import Floats, Mask, Places
from bench.scoring.inference.clustering import codes
from bench.scoring.inference.differences import difference_interval
from bench.scoring.inference.estimates import Estimate, Interval
from bench.scoring.inference.intervals import proportion_interval
from bench.scoring.record_files.columns import in_order
from bench.scoring.record_files.pooled import PooledRecords

if TYPE_CHECKING:
    import pandas as pd

Recall = Literal["uar", "war"]
"""The mean recall of the classes, or the share of all utterances."""
Crossed = Sequence[ArrayLike]


@dataclass(frozen=True, eq=False)
class ClassAnswers:
    """Hold answers, and which of them depend on each other; all numbers are from 0 in the order in which they appear.

    Args:
        hit: shape (n,), whether each is right.
        cell: shape (n,), the number of its cell.
        label: shape (n,), of the true class.
        speaker: shape (n,).
        unit: shape (n,), of the utterance, one measured by several seeds or repeats alike.
    """

    hit: Mask
    cell: Places
    label: Places
    speaker: Places
    unit: Places

    @classmethod
    def of(cls, records: PooledRecords, rows: Places, hit: Mask) -> ClassAnswers:
        """Take some rows of records.

        Args:
            records: of an attack.
            rows: shape (n,), their places.
            hit: shape (n,), whether each is right.
        """
        own, texts = records.attacked, records.columns.texts
        label, which = texts["label_true"].codes[rows], own.number[rows]
        numbers = (records.cell[rows], label, own.speaker[which], own.unit[which])
        return cls(hit, *(in_order(one)[0] for one in numbers))

    @classmethod
    def in_table(cls, rows: pd.DataFrame) -> ClassAnswers:
        """Take the clean answers of a table.

        Args:
            rows: n of them: fold, seed, repeat, utterance, speaker, label_true, label_before.
        """
        hit = (rows["label_true"] == rows["label_before"]).to_numpy(bool)
        cell, unit = (_grouped(rows, names) for names in (("fold", "seed", "repeat"), ("speaker", "utterance")))
        return cls(hit, cell, _numbers(rows["label_true"]), _numbers(rows["speaker"]), unit)

    def answered(self, hit: Mask) -> ClassAnswers:
        """Return others about the same utterances.

        Args:
            hit: shape (n,), whether each is right.
        """
        return replace(self, hit=hit)

    def means(self) -> Iterator[tuple[Recall, Places, Floats]]:
        """Express UAR and WAR as weighted means of hits, each the mean over the cells.

        For their variance an answer is held against the mean of its class over all cells. Held against its cell's, it
        would lose what a speaker is like wherever a fold tests one or two.

        Returns:
            First for UAR, then for WAR: the name, the number of the mean that each answer belongs to, its weight.
        """
        return weighted(self.cell, self.label)

    def estimates(self, crossed: Crossed = ()) -> dict[Recall, Estimate]:
        """Estimate UAR and WAR.

        Args:
            crossed: what answers have in common beside their speaker.
        """
        ways = tuple(codes(one).tobytes() for one in crossed)
        numbers = tuple(one.tobytes() for one in (self.cell, self.label, self.speaker, self.unit))
        return dict(_estimated(self.hit.tobytes(), numbers, ways))

    def changes(self, before: Mask, crossed: Crossed = ()) -> list[Interval]:
        """Compute the intervals of the change of UAR and of WAR, paired.

        Args:
            before: shape (n,), whether each was right before.
            crossed: what answers have in common beside their speaker.
        """
        return [
            difference_interval(self.hit, before, self.speaker, 0.95, stratum, weights, self.unit, crossed)
            for _, stratum, weights in self.means()
        ]


@lru_cache(maxsize=64)
def _estimated(
    hit: bytes, numbers: tuple[bytes, ...], crossed: tuple[bytes, ...]
) -> tuple[tuple[Recall, Estimate], ...]:
    """UAR and WAR of arrays with these bytes: all attacks on a victim have its clean answers in common."""
    hits = np.frombuffer(hit, dtype=np.bool_)
    cell, label, speaker, unit = (np.frombuffer(one, dtype=np.intp) for one in numbers)
    ways = [np.frombuffer(one, dtype=np.intp) for one in crossed]
    found: list[tuple[Recall, Estimate]] = []
    for name, stratum, weights in weighted(cell, label):
        interval = proportion_interval(hits, speaker, strata=stratum, weights=weights, crossed=ways, units=unit)
        found.append((name, Estimate(float((weights * hits).sum()), *interval, n=len(hits))))
    return tuple(found)


def weighted(cell: Places, label: Places) -> Iterator[tuple[Recall, Places, Floats]]:
    """Weigh answers as `ClassAnswers.means` does.

    Args:
        cell: shape (n,), numbers from 0 in the order in which they appear.
        label: shape (n,), likewise.
    """
    cells = int(cell.max(initial=-1)) + 1
    means: tuple[tuple[Recall, Places, Places], ...] = (
        ("uar", label, in_order(cell * (int(label.max(initial=-1)) + 1) + label)[0]),
        ("war", np.zeros_like(label), cell),
    )
    for name, stratum, part in means:
        parts = np.bincount(cell[in_order(part)[1]], minlength=cells)  # how many means a cell has
        share = 1 / parts[cell]  # each mean's part in its cell's
        yield name, stratum, share / np.bincount(part)[part] / cells


def _grouped(rows: pd.DataFrame, names: Sequence[str]) -> Places:
    return np.asarray(rows.groupby([*names], sort=False).ngroup(), dtype=np.intp)


def _numbers(labels: pd.Series[str]) -> Places:
    return codes(labels.to_numpy(object))
