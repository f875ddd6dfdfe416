"""Which utterances were attacked, which of them are alike, and which of them two attacks or victims share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bench.core.code.keys import fingerprint
from bench.scoring.arrays import Places
from bench.scoring.inference.clustering import Clusters, cluster_count, codes, samples
from bench.scoring.inference.designs import Design
from bench.scoring.inference.sign_flip import FEWEST
from bench.scoring.record_files.columns import Texts, as_objects, in_order
from bench.scoring.record_files.pooled import PooledRecords

Label = str | int | None
"""What tells a cluster from others."""


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

    def in_common(self, other: AttackedPlaces) -> CommonPlaces | None:
        """Find the utterances that others have too.

        Args:
            other: where another was attacked.

        Returns:
            None of fewer than six speakers, whom no test tells apart.
        """
        if other.digest not in self._common:
            self._common[other.digest] = CommonPlaces.of(self, other)
        return self._common[other.digest]

    @cached_property
    def _common(self) -> dict[str, CommonPlaces | None]:
        """What `in_common` has found: hundreds of pairs ask for it."""
        return {}


@dataclass(frozen=True, eq=False)
class CommonPlaces:
    """Hold the utterances that two have in common, and what comparisons on them hang on beside the figures.

    Args:
        mine: shape (n,), their places among those of the one.
        its: shape (n,), among those of the other.
        clusters: which of them are alike, as numbers.
    """

    mine: Places
    its: Places
    clusters: Clusters

    @classmethod
    def of(cls, one: AttackedPlaces, other: AttackedPlaces) -> CommonPlaces | None:
        """Find them; None of fewer than six speakers.

        Args:
            one: where one was attacked.
            other: where another was.
        """
        there = {name: number for number, name in enumerate(other.names)}
        both = [(number, there[name]) for number, name in enumerate(one.names) if name in there]
        mine, its = (np.array([pair[side] for pair in both], dtype=np.intp) for side in (0, 1))
        speakers = as_objects([one.speakers[number] for number in mine.tolist()])
        if cluster_count(speakers) < FEWEST:
            return None
        told = ((one.ways, mine.tolist()), (other.ways, its.tolist()))
        ways = dict.fromkeys(tuple(way[number] for number in chosen) for those, chosen in told for way in those)
        numbers = tuple(codes(way) for way in (speakers, *samples([as_objects(way) for way in ways])))
        return cls(mine, its, Clusters(numbers, codes(one.utterances[mine])))

    @cached_property
    def design(self) -> Design:
        """Return the design of comparisons on them."""
        return Design.paired(len(self.mine), self.clusters)


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
