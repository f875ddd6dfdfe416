"""What became of each utterance, kept beside a score: what two victims are told apart by, and how far they are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench.core.code.keys import fingerprint
from bench.scoring.arrays import Floats, Mask, Places
from bench.scoring.figures.attacked_places import AttackedPlaces, CommonPlaces
from bench.scoring.inference.all_pairs import Differences, pair_differences, told_apart
from bench.scoring.inference.differences import PairedDifference, paired_difference
from bench.scoring.inference.pair_sums import PairSums
from bench.scoring.inference.ranks import Rank
from bench.scoring.record_files.columns import MISSING


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Hold for each utterance whether the victim withstood an attack.

    Args:
        places: which utterances they are.
        robust: shape (n,), the share of repeats in which it withstood.
    """

    places: AttackedPlaces
    robust: NDArray[np.float64]

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
        common = self.places.in_common(other.places)
        if common is None:
            return None
        return paired_difference(
            self.robust[common.mine], other.robust[common.its], common.clusters, design=common.design
        )


def rank_outcomes(figures: Sequence[float], outcomes: Sequence[Outcomes | None], groups: Sequence[int]) -> list[Rank]:
    """Rank entries by a figure, with the ranks that the data leave open.

    As [`rank_intervals`][bench.scoring.inference.ranks.rank_intervals], for entries that need not have the same
    utterances: each pair is compared on those that both have, and p is adjusted by Holm's rule for all pairs.

    Args:
        figures: robust accuracy of each entry, at least 0.
        outcomes: of each entry; one without is told apart from nobody.
        groups: of each entry; those of a lower group stand above all of a higher one, and are not compared with them.

    >>> [str(one) for one in rank_outcomes([0.5, 0.9, 0.7], [None] * 3, [0, 0, 1])]
    ['2 [1–2]', '1 [1–2]', '3']
    """
    values, group = np.asarray(figures, dtype=np.float64), np.asarray(groups, dtype=np.intp)
    wins = _wins(values, outcomes, group)
    below = (group[:, None] < group[None, :]).sum(axis=0)
    above = (group[:, None] > group[None, :]).sum(axis=0)
    shifted = values - (1 + max(figures, default=0.0)) * group
    ranks = 1 + (shifted[:, None] > shifted[None, :]).sum(axis=0)
    low, high = 1 + wins.sum(axis=0) + below, len(values) - wins.sum(axis=1) - above
    return [Rank(*one) for one in zip(ranks.tolist(), low.tolist(), high.tolist(), strict=True)]


def _wins(values: Floats, outcomes: Sequence[Outcomes | None], group: Places) -> Mask:
    """Shape (K, K), whether the data tell an entry to be better than another of its group."""
    first, second = np.triu_indices(len(values), 1)
    same_group = group[first] == group[second]
    first, second, family = first[same_group], second[same_group], int(same_group.sum())
    better = values[first] > values[second]
    found = [*_compared(values, outcomes, np.where(better, first, second), np.where(better, second, first))]
    wins = np.zeros((len(values), len(values)), dtype=np.bool_)
    for one, told in zip(found, told_apart([one.differences for one in found], family), strict=True):
        wins[one.ahead[told], one.behind[told]] = True
    return wins


@dataclass(frozen=True)
class _Compared:
    """Pairs of entries on the same utterances: whose figure is the greater, also on these."""

    ahead: Places
    behind: Places
    differences: Differences

    @classmethod
    def of(cls, outcomes: Sequence[Outcomes | None], ahead: Places, behind: Places, common: CommonPlaces) -> _Compared:
        one, first = _sums(outcomes, ahead, common.mine, common)
        other, second = _sums(outcomes, behind, common.its, common)
        found = pair_differences(one, other, first, second)
        agree = np.flatnonzero(found.mean > 0)  # what both have in common may say the opposite of the figures
        return cls(ahead[agree], behind[agree], found.some(agree))


def _compared(
    values: Floats, outcomes: Sequence[Outcomes | None], ahead: Places, behind: Places
) -> Iterator[_Compared]:
    """Compare pairs of unlike figures, those on the same two sets of places at once."""
    kinds = {one.places.digest: one.places for one in outcomes if one is not None}
    number = {digest: place for place, digest in enumerate(kinds)}
    kind = np.array([MISSING if one is None else number[one.places.digest] for one in outcomes], dtype=np.intp)
    unlike = values[ahead] != values[behind]
    for (mine, own), (its, other) in itertools.product(enumerate(kinds.values()), repeat=2):
        chosen = np.flatnonzero(unlike & (kind[ahead] == mine) & (kind[behind] == its))
        common = own.in_common(other) if len(chosen) else None
        if common is not None:
            yield _Compared.of(outcomes, ahead[chosen], behind[chosen], common)


def _sums(
    outcomes: Sequence[Outcomes | None], which: Places, places: Places, common: CommonPlaces
) -> tuple[PairSums, Places]:
    """Sums of those entries that take part in pairs, and the number among them of each pair's."""
    used, number = np.unique(which, return_inverse=True)
    robust = [one.robust[places] for one in map(outcomes.__getitem__, used.tolist()) if one is not None]
    return PairSums.of(np.stack(robust), common.design), number
