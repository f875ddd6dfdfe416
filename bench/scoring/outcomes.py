"""What became of each utterance, kept beside a score: what two victims are told apart by, and how far they are."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bench.core.keys import fingerprint
from bench.scoring.all_pairs import pair_p_values
from bench.scoring.clustering import Clusters, cluster_count, codes, samples
from bench.scoring.comparisons import SIGNIFICANT
from bench.scoring.dependence import Estimand, crossed_with_speakers
from bench.scoring.differences import PairedDifference, paired_difference
from bench.scoring.ranks import Rank, ranks_of
from bench.scoring.sign_flip import FEWEST

_SHARED = ("fold", "seed", "utterance")
"""What tells an utterance from others, however often each victim was measured on it."""
_MANY = 3
"""From so many entries on, all pairs at once take less time than one by one."""


@dataclass(frozen=True, eq=False)
class AttackedPlaces:
    """Hold which utterances were attacked, and which of them are alike: the same for many attacks and victims.

    Args:
        rows: by fold, seed and utterance: speaker; and what utterances have in common beside it, one column a
            clustering.
    """

    rows: pd.DataFrame

    @cached_property
    def digest(self) -> str:
        """Return what tells these places from others."""
        names = self.rows.index.to_frame(index=False)
        columns = [*names.columns, *self.rows.columns]
        texts = [json.dumps([*map(str, found[name].tolist())]) for found in (names, self.rows) for name in found]
        return fingerprint([json.dumps(columns), *texts])

    @cached_property
    def clusters(self) -> Clusters | None:
        """Return which utterances are alike, as numbers; None of fewer than six speakers, whom no test tells apart."""
        speakers = self.rows["speaker"].to_numpy(object)
        if cluster_count(speakers) < FEWEST:
            return None
        ways = _different([self.rows[name].to_numpy(object) for name in self.rows.columns if name.startswith("way ")])
        units = codes(self.rows.index.get_level_values("utterance").to_numpy())
        return Clusters(tuple(codes(one) for one in (speakers, *samples(ways))), units)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Hold for each utterance whether the victim withstood an attack.

    Args:
        places: which utterances they are.
        robust: shape (n,), the share of repeats in which it withstood.
    """

    places: AttackedPlaces
    robust: NDArray[np.float64]

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
        return cls(AttackedPlaces(found[["speaker", *ways]].first()), found["robust"].mean().to_numpy(float))

    @cached_property
    def digest(self) -> str:
        """Return what tells these outcomes from others."""
        return fingerprint([self.places.digest, self.robust.tobytes().hex()])

    def less(self, other: Outcomes) -> PairedDifference | None:
        """Compute the robust accuracy less that of another, on the utterances that both have.

        Args:
            other: of another victim, or under another defence.

        Returns:
            None where they have fewer than six speakers in common.
        """
        if self.places.digest == other.places.digest:
            by = self.places.clusters
            return None if by is None else paired_difference(self.robust, other.robust, by)
        named = (" of one", " of other")
        one, two = (found.places.rows.assign(robust=found.robust) for found in (self, other))
        both = one.merge(two, left_index=True, right_index=True, suffixes=named, validate="one_to_one")
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
        some = [one for one in (outcomes[place] for place in alike) if one is not None]
        rows = some[0].places.rows
        utterances = rows.index.get_level_values("utterance").to_numpy()
        p = pair_p_values(np.stack([one.robust for one in some]), rows["speaker"], utterances, len(pairs))
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
    known = [(place, one.places) for place, one in enumerate(outcomes) if one is not None]
    plain = [(place, own) for place, own in known if not any(name.startswith("way ") for name in own.rows.columns)]
    if not plain or plain[0][1].clusters is None:
        return []
    return [place for place, own in plain if own.digest == plain[0][1].digest]


def _p(ahead: float, one: Outcomes | None, other: Outcomes | None) -> float:
    """p of no difference; 1 where there is no test, or what both have in common says the opposite of the figures.

    Where the 95 % interval holds 0, p lies above 0.05, which no adjustment lowers: 1 stands for it.
    """
    found = None if one is None or other is None else one.less(other)
    if found is None or found.value * ahead <= 0:
        return 1.0
    low, high = found.interval(1 - SIGNIFICANT)
    return 1.0 if low < 0 < high else found.p_value()
