"""Which observations depend on each other, as numbers: clusterings, strata, and the weights summed over them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from bench.scoring.arrays import Floats, Places

ASSUMED_ALIKE = 0.2
"""The intra-class correlation that is assumed as far as the data cannot tell one."""


def codes(labels: ArrayLike) -> Places:
    """Give numbers to labels from 0, equal ones alike; what is missing is each a label of its own.

    >>> codes(["b", "a", "b"]).tolist()
    [0, 1, 0]
    >>> codes(["b", None, None]).tolist()
    [0, 1, 2]
    """
    given = np.asarray(labels)
    if given.dtype == np.intp and given.size and given.min() >= 0 and np.bincount(given).all():
        return given  # they are numbers of this kind already
    listed = given.tolist() if given.dtype.kind in "UO" else []
    if {*map(type, listed)} in ({str}, {int}):  # none is missing
        numbers: dict[object, int] = {}
        return np.array([numbers.setdefault(one, len(numbers)) for one in listed], dtype=np.intp)
    import pandas as pd  # boards are made without it

    found, known = pd.factorize(given)
    missing = found < 0
    if missing.any():
        found[missing] = len(known) + np.arange(int(missing.sum()))
    return found.astype(np.intp)


def cluster_count(labels: ArrayLike) -> int:
    """Count the different labels.

    >>> cluster_count(["b", "a", "b"])
    2
    """
    return int(codes(labels).max(initial=-1)) + 1


def crossing(clusterings: Sequence[Places]) -> Places:
    """Give numbers to the combinations of several clusterings.

    Args:
        clusterings: each of shape (n,), numbers from 0.

    >>> crossing([np.array([0, 0, 1]), np.array([0, 1, 1])]).tolist()
    [0, 1, 2]
    """
    found = clusterings[0]
    for other in clusterings[1:]:
        found = codes(found * (int(other.max()) + 1) + other)
    return found


def combined(clusterings: Sequence[Places]) -> Iterator[tuple[int, Places]]:
    """Give all combinations of two and more clusterings, each with the sign that its variance is counted with.

    What clusterings have in common is counted with each of them: inclusion and exclusion (Cameron, Gelbach & Miller
    2011), −1 for two, +1 for three.

    Args:
        clusterings: each of shape (n,), numbers from 0.

    >>> [(sign, found.tolist()) for sign, found in combined([np.array([0, 0, 1]), np.array([0, 1, 1])])]
    [(-1, [0, 1, 2])]
    """
    for count in range(2, len(clusterings) + 1):
        for some in itertools.combinations(clusterings, count):
            yield (-1) ** (count - 1), crossing(some)


def summed(rows: Floats, group: Places, groups: int | None = None) -> Floats:
    """Sum each row over groups.

    Args:
        rows: shape (m, n).
        group: shape (n,), numbers from 0.
        groups: how many there are; by default one more than the greatest number.

    Returns:
        Shape (m, groups).

    >>> summed(np.array([[1.0, 2.0, 4.0]]), np.array([0, 1, 0])).tolist()
    [[5.0, 2.0]]
    """
    count, groups = len(rows), int(group.max()) + 1 if groups is None else groups
    places = np.arange(count)[:, None] * groups + group
    found = np.bincount(places.ravel(), weights=rows.ravel(), minlength=count * groups)
    return np.asarray(found.reshape(count, groups), dtype=np.float64)


def samples(clusterings: Sequence[ArrayLike]) -> tuple[ArrayLike, ...]:
    """Select the clusterings that have more than one cluster: a single one says nothing about others."""
    return tuple(one for one in clusterings if int(codes(one).max(initial=0)) > 0)


@dataclass(frozen=True)
class Clusters:
    """Say which observations depend on each other.

    Args:
        ways: clusterings, each of shape (n,): the speaker of each observation, and where they are a sample too, its
            sound or its training.
        units: shape (n,), the utterance of each, where one has several observations; by default each is another.
    """

    ways: Sequence[ArrayLike]
    units: ArrayLike | None = None


@dataclass(frozen=True)
class Layers:
    """Hold weights summed over strata and over the utterances in them.

    Args:
        ways: clusterings, as numbers from 0.
        stratum: shape (n,), likewise.
        unit: shape (n,), likewise, the utterance of each row.
        weights: shape (n,), summing to 1.
        parts: shape (S,), the strata's weights.
        squares: shape (S,), in each the sum of its utterances' squared weights.
    """

    ways: tuple[Places, ...]
    stratum: Places
    unit: Places
    weights: Floats
    parts: Floats
    squares: Floats

    @cached_property
    def units(self) -> float:
        """Return how many utterances there are."""
        return float(int(self.unit.max()) + 1)

    @cached_property
    def counts(self) -> Floats:
        """Return shape (S,), how many utterances of average weight a stratum has."""
        return np.square(self.parts) / np.where(self.squares > 0, self.squares, 1.0)

    @cached_property
    def _divisors(self) -> Floats:
        return np.where(self.parts > 0, self.parts, 1.0)

    @cached_property
    def _square(self) -> float:
        return float(np.square(self.weights).sum())

    def means(self, values: Floats) -> Floats:
        """Return shape (m, S), the weighted means of rows of values, shape (m, n), in each stratum."""
        return summed(self.weights * values, self.stratum, len(self.parts)) / self._divisors

    def independent(self, values: Floats, means: Floats) -> Floats:
        """Compute the variance of Σ w·y, were utterances independent: Σ_u (Σ_{i in u} w_i (y_i − ȳ_stratum))².

        Args:
            values: shape (m, n), y of m figures.
            means: shape (m, S), ȳ.

        Returns:
            Shape (m,).
        """
        sums = summed(self.weights * (values - means[:, self.stratum]), self.unit)
        found = np.square(sums).sum(axis=1)
        return np.where(found > 1e-15, found, 0.0)

    def assumed(self, sizes: Sequence[float], utterances: float) -> float:
        """Compute by how much clusters multiply a variance at the correlation that is assumed.

        Args:
            sizes: of the clusters of each clustering, in rows of average weight.
            utterances: how many independent ones all are worth.
        """
        per_row = utterances * self._square
        return 1 + ASSUMED_ALIKE * sum(max(one * per_row - 1, 0.0) for one in sizes)


def layered(weights: Floats, clusters: Clusters, strata: ArrayLike | None) -> Layers:
    """Sum weights over strata and over the utterances in them.

    Args:
        weights: shape (n,), summing to 1.
        clusters: clusterings and utterances.
        strata: shape (n,), which mean each belongs to; None for one.
    """
    ways = tuple(codes(one) for one in clusters.ways)
    stratum = np.zeros(len(weights), dtype=np.intp) if strata is None else codes(strata)
    units = np.arange(len(weights), dtype=np.intp) if clusters.units is None else codes(clusters.units)
    count, layers = int(units.max()) + 1, int(stratum.max()) + 1
    each = np.bincount(units * layers + stratum, weights=weights, minlength=count * layers).reshape(count, layers)
    return Layers(ways, stratum, units, weights, each.sum(axis=0), np.square(each).sum(axis=0))
