"""What became of each utterance, kept beside a score: what two victims are told apart by, and how far they are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bench.scoring.all_pairs import pair_p_values
from bench.scoring.clustering import Clusters, cluster_count, samples
from bench.scoring.dependence import Estimand, crossed_with_speakers
from bench.scoring.differences import PairedDifference, paired_difference
from bench.scoring.ranks import Rank, ranks_of
from bench.scoring.sign_flip import FEWEST

_SHARED = ("fold", "seed", "utterance")
"""What tells an utterance from others, however often each victim was measured on it."""
_MANY = 3
"""From so many entries on, all pairs at once take less time than one by one."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Hold for each utterance whether the victim withstood an attack.

    Args:
        rows: by fold, seed and utterance: speaker; `robust`, the share of repeats in which it withstood; and what
            utterances have in common beside their speaker, one column a clustering.
    """

    rows: pd.DataFrame

    @classmethod
    def of(cls, robust: pd.DataFrame, records: pd.DataFrame, estimand: Estimand) -> Outcomes:
        """Gather them.

        Args:
            robust: as [`robustness`][bench.scoring.scores.robustness] gives it.
            records: that it was made of.
            estimand: what comparisons are about.
        """
        crossed = crossed_with_speakers(robust, records, estimand)
        ways = {f"way {number}": np.asarray(way, dtype=object) for number, way in enumerate(crossed)}
        found = robust.assign(**ways).groupby([*_SHARED], sort=False)
        first = found[["speaker", *ways]].first()
        return cls(first.assign(robust=found["robust"].mean()))

    def less(self, other: Outcomes) -> PairedDifference | None:
        """Compute the robust accuracy less that of another, on the utterances that both have.

        Args:
            other: of another victim, or under another defence.

        Returns:
            None where they have fewer than six speakers in common.
        """
        named = (" of one", " of other")
        both = self.rows.merge(other.rows, left_index=True, right_index=True, suffixes=named, validate="one_to_one")
        speakers = both["speaker of one"].to_numpy(object)
        if cluster_count(speakers) < FEWEST:
            return None
        ways = _different([both[name].to_numpy(object) for name in both.columns if name.startswith("way ")])
        by = Clusters((speakers, *samples(ways)), both.index.get_level_values("utterance").to_numpy())
        return paired_difference(both["robust of one"], both["robust of other"], by)


def _different(ways: Sequence[NDArray[np.object_]]) -> list[ArrayLike]:
    """Clusterings, those that are the same once."""
    found: list[NDArray[np.object_]] = []
    for way in ways:
        if not any(pd.Series(way).equals(pd.Series(other)) for other in found):
            found.append(way)
    return [*found]


def rank_outcomes(figures: Sequence[float], outcomes: Sequence[Outcomes | None], groups: Sequence[int]) -> list[Rank]:
    """Rank entries by a figure, with the ranks that the data leave open.

    As [`rank_intervals`][bench.scoring.ranks.rank_intervals], for entries that need not have the same utterances: each
    pair is compared on those that both have, and p is adjusted by Holm's rule for all pairs.

    Args:
        figures: robust accuracy of each entry, at least 0.
        outcomes: of each entry; one without is told apart from nobody.
        groups: of each entry; those of a lower group stand above all of a higher one, and are not compared with them.

    >>> [str(one) for one in rank_outcomes([0.5, 0.9, 0.7], [None] * 3, [0, 0, 1])]
    ['2 [1–2]', '1 [1–2]', '3']
    """
    pairs = [
        (one, other) for one, other in itertools.combinations(range(len(figures)), 2) if groups[one] == groups[other]
    ]
    found = _p_values(figures, outcomes, pairs)
    apart = 1 + max(figures, default=0.0)
    ranks = ranks_of([figure - apart * group for figure, group in zip(figures, groups, strict=True)], pairs, found)
    return [
        Rank(
            rank.value,
            rank.low + sum(other < group for other in groups),
            rank.high - sum(other > group for other in groups),
        )
        for rank, group in zip(ranks, groups, strict=True)
    ]


def _p_values(
    figures: Sequence[float], outcomes: Sequence[Outcomes | None], pairs: Sequence[tuple[int, int]]
) -> list[float]:
    """p of each pair: of entries that have the same utterances at once, of others one by one."""
    alike = _alike(outcomes)
    row = {place: number for number, place in enumerate(alike)}
    p = None
    if len(alike) >= _MANY:
        rows = [one.rows for one in (outcomes[place] for place in alike) if one is not None]
        utterances = rows[0].index.get_level_values("utterance").to_numpy()
        robust = np.stack([one["robust"].to_numpy(float) for one in rows])
        p = pair_p_values(robust, rows[0]["speaker"], utterances, len(pairs))
    found = []
    for one, other in pairs:
        ahead = figures[one] - figures[other]
        if p is not None and one in row and other in row:
            found.append(float(p[row[one], row[other]]) if ahead else 1.0)
        else:
            found.append(_p(ahead, outcomes[one], outcomes[other]))
    return found


def _alike(outcomes: Sequence[Outcomes | None]) -> list[int]:
    """The places of those that have the same utterances of enough speakers, and nothing in common beside these."""
    found: list[int] = []
    first: pd.DataFrame | None = None
    for place, one in enumerate(outcomes):
        if one is None or any(name.startswith("way ") for name in one.rows.columns):
            continue
        if first is None:
            first = one.rows
        if one.rows.index.equals(first.index) and one.rows["speaker"].equals(first["speaker"]):
            found.append(place)
    return [] if first is None or cluster_count(first["speaker"].to_numpy(object)) < FEWEST else found


def _p(ahead: float, one: Outcomes | None, other: Outcomes | None) -> float:
    """p of no difference; 1 where there is no test, or what both have in common says the opposite of the figures."""
    found = None if one is None or other is None else one.less(other)
    return 1.0 if found is None or found.value * ahead <= 0 else found.p_value()
