"""Robust accuracy and Acc_att of groups of people, or of utterances: by sex, age, language, emotion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.contracts.threat_models import Counted
from bench.scoring.entries.units import FinishedCell, pooled_unit_cells
from bench.scoring.figures.agreements import is_dimensional
from bench.scoring.figures.conditions import Condition
from bench.scoring.figures.dependence import Estimand, crossed_at, estimated_share, trainings_at
from bench.scoring.figures.measured import EntryRecords
from bench.scoring.inference.estimates import Estimate
from bench.scoring.record_files.condensed import CondensedCell
from bench.scoring.record_files.people import SpeakerGroups
from bench.scoring.scores import clean, in_order_of

if TYPE_CHECKING:
    import pandas as pd

PEOPLE = ("sex", "age", "language")
"""What groups people, where a corpus tells."""
BY = (*PEOPLE, "emotion")
"""What utterances can be grouped by."""
NOT_TOLD = "(not told)"
"""Stands for the group of those of whom the corpus does not tell."""


@dataclass(frozen=True)
class GroupScore:
    """Hold the figures of one group under one condition.

    Args:
        by: "sex", "age", "language" or "emotion".
        group: "female", "20-39", "anger"; `NOT_TOLD` for speakers of whom nothing is told.
        corr: whether the attacker was informed.
        noises: which successes are counted.
        k: queries allowed.
        speakers: how many people it is made of.
        recognised: share of its utterances that are recognised when nobody attacks.
        robust_accuracy: share that is recognised, and not attacked successfully within k.
        acc_att: share attacked successfully within k.
    """

    by: str
    group: str
    corr: bool
    noises: Counted
    k: int
    speakers: int
    recognised: Estimate
    robust_accuracy: Estimate
    acc_att: Estimate

    def to_json(self) -> dict[str, object]:
        """Return one of `groups[].scores[]` in docs/json.md."""
        what = {"by": self.by, "group": self.group, "corr": self.corr, "noises": self.noises, "k": self.k}
        shares = {**self.recognised.named("recognised"), **self.robust_accuracy.named("robust_accuracy")}
        rests = {"n": self.acc_att.n, "speakers": self.speakers}
        return {**what, **rests, **shares, **self.acc_att.named("acc_att")}


@dataclass(frozen=True)
class ToldEntry:
    """Hold the records of one victim, defence and attack, and what is told of the people who speak.

    Args:
        own: records, pooled over folds and seeds.
        people: by attribute the value of each speaker of whom it is told.
    """

    own: EntryRecords
    people: Mapping[str, Mapping[str, str]]

    def tells(self, by: str) -> bool:
        """Tell whether utterances can be grouped by something.

        Args:
            by: one of `BY`.
        """
        return by == "emotion" or bool(self.people.get(by))

    def to_json(self, scores: Sequence[GroupScore]) -> dict[str, object]:
        """Return one of `groups[]` in docs/json.md.

        Args:
            scores: of the entry's groups.
        """
        names = self.own.about.names
        who = {"victim": names.victim, "defense": names.defense, "attack": self.own.about.attack_base}
        return {**who, **names.setting.to_json(), "scores": [one.to_json() for one in scores]}


def told_entries(sources: Sequence[FinishedCell], ks: Sequence[int]) -> Iterator[ToldEntry]:
    """Put the records of finished cells together as pooled results are, with what they tell of the speakers.

    Args:
        sources: cells.
        ks: numbers of queries, in any order; those beyond a cell's budget are left out.
    """
    for group in pooled_unit_cells(sources):
        yield ToldEntry(EntryRecords.of(group, ks), _people(group))


def group_scores(entry: ToldEntry, by: str, estimand: Estimand = "fitted") -> list[GroupScore]:
    """Estimate the figures of each group under each condition at each k.

    Args:
        entry: records.
        by: one of `BY`.
        estimand: what the intervals are about.
    """
    found: list[GroupScore] = []
    for condition in entry.own.conditions:
        for k in (k for k in entry.own.ks if condition.has(k)):
            found += scores_at(entry, condition, k, by, estimand)
    return found


def scores_at(
    entry: ToldEntry, condition: Condition, k: int, by: str, estimand: Estimand = "fitted"
) -> list[GroupScore]:
    """Estimate the figures of each group under one condition, in the order of their names.

    Args:
        entry: records.
        condition: one of its conditions.
        k: queries allowed.
        by: one of `BY`.
        estimand: what the intervals are about.
    """
    rows = outcomes_at(condition, k)
    group = _groups(entry, rows, by)
    found = []
    for name in sorted(set(group), key=lambda one: (one == NOT_TOLD, one)):
        chosen = group == name
        right, robust, fell = (
            share_at(condition, k, rows, chosen, what, estimand) for what in ("right", "robust", "fell")
        )
        speakers = int(rows["speaker"][chosen].nunique())
        found.append(GroupScore(by, name, condition.corr, condition.noises, k, speakers, right, robust, fell))
    return found


def outcomes_at(condition: Condition, k: int) -> pd.DataFrame:
    """Say what became of each attacked utterance within k queries.

    Args:
        condition: records.
        k: queries allowed.

    Returns:
        One row an utterance and cell: fold, seed, repeat, utterance, speaker; `label`, the corpus's, and `rating`, NaN
        in a task of classes; `right`, whether it is recognised when nobody attacks; `fell`, whether it was attacked
        successfully; `robust`, the first, not by chance, and not the second.
    """
    found = condition.robust(k)
    asked = in_order_of(clean(condition.at(k).rows), found)
    right = (asked["label_true"] == asked["label_before"]).to_numpy(bool)
    fell = condition.successes(k)["success"].to_numpy(bool)
    label = asked["label_true"].to_numpy(object)
    rating = asked["value_true"].to_numpy(float) if is_dimensional(asked) else np.nan
    return found.assign(label=label, rating=rating, right=right, fell=fell)


def share_at(
    condition: Condition,
    k: int,
    rows: pd.DataFrame,
    chosen: NDArray[np.bool_],
    what: str,
    estimand: Estimand = "fitted",
) -> Estimate:
    """Estimate a share among some of the utterances.

    Args:
        condition: records.
        k: queries allowed.
        rows: what became of its utterances, as `outcomes_at` says, shape (n,).
        chosen: which utterances, at least one, shape (n,).
        what: a column of truth values.
        estimand: what the interval is about.
    """
    records = condition.at(k).records
    starts = records.attacked.starts
    crossed: list[ArrayLike] = [*crossed_at(records, starts[chosen], "fitted")]
    crossed += [way[chosen] for way in trainings_at(records, starts, estimand)]
    return estimated_share(rows[chosen].reset_index(drop=True), what, crossed)


def _groups(entry: ToldEntry, rows: pd.DataFrame, by: str) -> NDArray[np.object_]:
    """The group of each utterance."""
    if by == "emotion":
        dimension, label = entry.own.about.dimension, rows["label"].to_numpy(object)
        return label if dimension is None else dimension.bands(rows["rating"].to_numpy(float))
    people = entry.people.get(by, {})
    return np.array([people.get(speaker, NOT_TOLD) for speaker in rows["speaker"]], dtype=object)


def _people(cells: Sequence[CondensedCell]) -> dict[str, dict[str, str]]:
    """What any of the cells tells of each speaker."""
    found: dict[str, dict[str, str]] = {}
    for cell in cells:
        told: SpeakerGroups = cell.description.people
        for attribute, groups in told.items():
            for value, speakers in groups.items():
                found.setdefault(attribute, {}).update(dict.fromkeys(speakers, value))
    return found
