"""What became of each utterance, kept beside a score: what two victims are told apart by, and how far they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench.core.keys import fingerprint
from bench.scoring.all_pairs import Differences, pair_differences, told_apart
from bench.scoring.clustering import Clusters, Numbers, cluster_count, codes, samples
from bench.scoring.columns import Mask, Places, Texts, in_order
from bench.scoring.comparisons import SIGNIFICANT
from bench.scoring.designs import Design
from bench.scoring.differences import PairedDifference, paired_difference
from bench.scoring.pooled import PooledRecords
from bench.scoring.ranks import Rank
from bench.scoring.sign_flip import FEWEST

Label = str | int | None
"""What tells a cluster from others."""
_MANY = 3
"""From so many entries on, all pairs at once take less time than one by one."""


@dataclass(frozen=True, eq=False)
class AttackedPlaces:
    """Hold which utterances were attacked, and which of them are alike: the same for many attacks and victims.

    Args:
        names: of each its fold, seed and utterance.
        speakers: of each.
        ways: what utterances have in common beside their speaker, one label of each for each clustering; None where
            there is none.
    """

    names: tuple[tuple[int, int, str], ...]
    speakers: tuple[str, ...]
    ways: tuple[tuple[Label, ...], ...] = ()

    @classmethod
    def attacked_in(cls, records: PooledRecords, crossed: Sequence[Places]) -> tuple[AttackedPlaces, Places]:
        """Gather those of some records, one measured by several repeats once.

        Args:
            records: of an attack.
            crossed: what its m utterances have in common, as `crossing_ways` says.

        Returns:
            Places, and for each of the m utterances which of them it is, shape (m,).
        """
        own, texts = records.attacked, records.columns.texts
        numbers: dict[tuple[int, int], int] = {}
        shared = [numbers.setdefault((fold, seed), len(numbers)) for fold, seed, _ in records.cells]
        cell = np.array(shared, dtype=np.intp)[own.cell]
        place, starts = in_order(cell * (int(own.utterance.max(initial=0)) + 1) + own.utterance)
        utterances, speakers = (texts[name].take(own.starts[starts]).spelt() for name in ("utterance", "speaker"))
        folds = [[*numbers][one] for one in cell[starts].tolist()]
        names = tuple((*of, one) for of, one in zip(folds, utterances.tolist(), strict=True))
        ways = tuple(_first_known(way, place, len(starts)) for way in _labels(records, crossed))
        return cls(names, tuple(speakers.tolist()), ways), place

    @cached_property
    def digest(self) -> str:
        """Return what tells these places from others."""
        return fingerprint([self.text])

    @cached_property
    def text(self) -> str:
        """Return them as JSON."""
        return json.dumps([self.names, self.speakers, self.ways])

    @cached_property
    def utterances(self) -> Places:
        """Return shape (n,), the number of each one's utterance."""
        return codes(np.array([name for _, _, name in self.names], dtype=object))

    @cached_property
    def clusters(self) -> Clusters | None:
        """Return which utterances are alike, as numbers; None of fewer than six speakers, whom no test tells apart."""
        if len(set(self.speakers)) < FEWEST:
            return None
        ways = [_objects(way) for way in dict.fromkeys(self.ways)]
        return Clusters(tuple(codes(one) for one in (_objects(self.speakers), *samples(ways))), self.utterances)

    @cached_property
    def design(self) -> Design | None:
        """Return what comparisons on these utterances hang on beside the figures; None likewise."""
        return None if self.clusters is None else Design.paired(len(self.names), self.clusters)


def _labels(records: PooledRecords, crossed: Sequence[Places]) -> list[list[Label]]:
    """The clusterings of a condition by the names of sounds, which others have too."""
    found: list[list[Label]] = [way.tolist() for way in crossed]
    if records.sounds is not None:
        found[0] = Texts(records.columns.texts["source"].names, records.sounds).spelt().tolist()
    return found


def _first_known(labels: Sequence[Label], place: Places, count: int) -> tuple[Label, ...]:
    found: list[Label] = [None] * count
    for label, one in zip(reversed(labels), reversed(place.tolist()), strict=True):
        found[one] = found[one] if label is None else label
    return tuple(found)


def _objects(values: Sequence[Label]) -> NDArray[np.object_]:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


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
        if self.places.digest == other.places.digest:
            by = self.places.clusters
            return None if by is None else paired_difference(self.robust, other.robust, by, design=self.places.design)
        there = {name: number for number, name in enumerate(other.places.names)}
        both = [(number, there[name]) for number, name in enumerate(self.places.names) if name in there]
        mine, its = ([pair[side] for pair in both] for side in (0, 1))
        speakers = _objects([self.places.speakers[one] for one in mine])
        if cluster_count(speakers) < FEWEST:
            return None
        told = ((self.places.ways, mine), (other.places.ways, its))
        ways = dict.fromkeys(tuple(way[one] for one in chosen) for those, chosen in told for way in those)
        by = Clusters((speakers, *samples([_objects(way) for way in ways])), self.places.utterances[mine])
        return paired_difference(self.robust[mine], other.robust[its], by)


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
    values, group = np.asarray(figures, dtype=np.float64), np.asarray(groups, dtype=np.intp)
    wins = _wins(values, outcomes, group)
    below = (group[:, None] < group[None, :]).sum(axis=0)
    above = (group[:, None] > group[None, :]).sum(axis=0)
    shifted = values - (1 + max(figures, default=0.0)) * group
    ranks = 1 + (shifted[:, None] > shifted[None, :]).sum(axis=0)
    low, high = 1 + wins.sum(axis=0) + below, len(values) - wins.sum(axis=1) - above
    return [Rank(*one) for one in zip(ranks.tolist(), low.tolist(), high.tolist(), strict=True)]


def _wins(values: Numbers, outcomes: Sequence[Outcomes | None], group: Places) -> Mask:
    """Shape (K, K), whether the data tell an entry to be better than another of its group."""
    alike = _alike(outcomes)
    together = np.zeros(len(values), dtype=np.bool_)
    together[alike if len(alike) >= _MANY else []] = True
    first, second = np.triu_indices(len(values), 1)
    same_group = group[first] == group[second]
    first, second, family = first[same_group], second[same_group], int(same_group.sum())
    at_once = together[first] & together[second]
    differing = values[first] != values[second]
    pairs = _compared([one for one in map(outcomes.__getitem__, alike) if one is not None]) if at_once.any() else None
    if pairs is not None:
        row = np.zeros(len(values), dtype=np.intp)
        row[alike] = np.arange(len(alike))
        pairs = pairs.some(_in_triangle(row[first], row[second], len(alike))[at_once & differing])
    apart = np.flatnonzero(~at_once)
    p = [_p(values[a] - values[b], outcomes[a], outcomes[b]) for a, b in zip(first[apart], second[apart], strict=True)]
    told = np.zeros(len(first), dtype=np.bool_)
    told_at_once, told[apart] = told_apart(pairs, np.array(p, dtype=np.float64), family)
    told[at_once & differing] = told_at_once
    wins = np.zeros((len(values), len(values)), dtype=np.bool_)
    better = values[first] > values[second]
    winner, loser = np.where(better, first, second)[told], np.where(better, second, first)[told]
    wins[winner, loser] = True
    return wins


def _compared(alike: Sequence[Outcomes]) -> Differences:
    shared = alike[0].places
    return pair_differences(np.stack([one.robust for one in alike]), _objects(shared.speakers), shared.utterances)


def _in_triangle(first: Places, second: Places, count: int) -> Places:
    """The places of pairs among all pairs of so many, as `numpy.triu_indices` has them."""
    return first * (2 * count - first - 1) // 2 + second - first - 1


def _alike(outcomes: Sequence[Outcomes | None]) -> list[int]:
    """The places of those that have the same utterances of enough speakers, and nothing in common beside these."""
    known = [(place, one.places) for place, one in enumerate(outcomes) if one is not None]
    plain = [(place, own) for place, own in known if not own.ways]
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
