"""All pairs of many entries compared at once: the same tests as one by one, for boards of hundreds of entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from bench.scoring.cluster_variance import cluster_variance
from bench.scoring.clustering import ASSUMED_ALIKE, Codes, Numbers, codes
from bench.scoring.columns import Mask
from bench.scoring.comparisons import SIGNIFICANT

_LEAST = 1e-9
_ARRAYS = ("mean", "square", "deff", "size", "events", "assumed")


@dataclass(frozen=True)
class Differences:
    """Hold what the intervals of many paired differences are made of, as `PairedDifference` holds it for one.

    Args:
        mean: shape (m,).
        square: shape (m,), the mean of squared differences.
        deff: shape (m,).
        size: shape (m,).
        events: shape (m,).
        assumed: shape (m,).
        freedom: of all of them.
    """

    mean: Numbers
    square: Numbers
    deff: Numbers
    size: Numbers
    events: Numbers
    assumed: Numbers
    freedom: float

    def beyond(self, tail: Numbers | float) -> Numbers:
        """Return shape (m,), how far 0 lies outside each interval, which leaves out a tail; negative inside.

        Args:
            tail: shape (m,), or one for all: 1 less the level.
        """
        z, t = -special.ndtri(tail / 2), -special.stdtrit(self.freedom, tail / 2)
        unknown = 1 / (1 + self.events / np.maximum(self.deff, 1.0))
        drawn = np.maximum(np.maximum(self.deff, self.deff + unknown * (self.assumed - self.deff)), _LEAST)
        n = np.minimum(self.size, self.size / drawn * (z / t) ** 2)
        middle, square = self.mean * n / (n + 2), (self.square * n + 2) / (n + 2)
        half = z * np.sqrt(np.maximum(square - middle**2, 0.0) / (n + 2))
        return np.asarray(np.abs(middle) - half, dtype=np.float64)

    def some(self, chosen: Codes) -> Differences:
        """Return those at some places."""
        arrays = {name: vars(self)[name][chosen] for name in _ARRAYS}
        return Differences(**arrays, freedom=self.freedom)

    @classmethod
    def joined(cls, parts: Sequence[Differences]) -> Differences:
        """Put several together, in their order."""
        arrays = {name: np.concatenate([vars(one)[name] for one in parts]) for name in _ARRAYS}
        return cls(**arrays, freedom=parts[0].freedom)


def pair_differences(figures: ArrayLike, speakers: ArrayLike, units: ArrayLike) -> Differences:
    """Compare each entry with each later one, on the same utterances, as `paired_difference` does for one pair.

    Args:
        figures: shape (K, n), from 0 to 1, a row an entry, at least two of them.
        speakers: shape (n,), who speaks each; at least two.
        units: shape (n,), the utterance of each, where one has several columns.

    Returns:
        Of K (K − 1) / 2 pairs, in the order of `numpy.triu_indices`.

    >>> speakers = [f"s{i // 4}" for i in range(40)]
    >>> always, never, odd = np.ones(40), np.zeros(40), np.arange(40) % 2
    >>> (pair_differences((always, never, odd), speakers, np.arange(40)).beyond(0.05) > 0).tolist()
    [True, True, True]
    """
    rows = np.asarray(figures, dtype=np.float64)
    compare = _Compared.of(rows, speakers, units)
    return Differences.joined([compare.with_later(place) for place in range(len(rows) - 1)])


def told_apart(pairs: Differences | None, p_values: Numbers, family: int) -> tuple[Mask, Mask]:
    """Say which of many tests reject at 0.05 by Holm's rule.

    The least p is held against 0.05 / family, the next against 0.05 / (family − 1), and so on, until one lies above.
    That is the same as to count how many lie below the first bound, then below the one that goes with their number,
    until no more do: so no p is needed of a pair, but whether it lies below a bound.

    Args:
        pairs: compared at once; None where there are none.
        p_values: shape (m,), of other tests.
        family: so many tests in all; those that are neither among the pairs nor have a p reject nothing.

    Returns:
        Of the pairs, and of the others, shape (m,), whether it rejects.

    >>> told_apart(None, np.array([0.001, 0.04, 0.03, 0.012]), 4)[1].tolist()
    [True, False, False, True]
    """
    count = -1
    of_pairs, others = np.zeros(0, dtype=np.bool_), np.zeros(len(p_values), dtype=np.bool_)
    while count < (found := int(of_pairs.sum() + others.sum())) < family:
        count = found
        bound = SIGNIFICANT / (family - count)
        of_pairs = of_pairs if pairs is None else pairs.beyond(bound) >= 0
        others = p_values <= bound
    return of_pairs, others


@dataclass(frozen=True)
class _Compared:
    """Entries with the sums of their figures over speakers and utterances."""

    rows: Numbers
    by_speaker: Numbers
    by_unit: Numbers
    shares: Numbers
    unit_shares: Numbers
    freedom: float
    cluster_size: float

    @classmethod
    def of(cls, rows: Numbers, speakers: ArrayLike, units: ArrayLike) -> _Compared:
        n = rows.shape[1]
        whose, which = codes(speakers), codes(units)
        weights = np.full(n, 1 / n)
        example = cluster_variance(np.arange(n) % 2, weights, whose)

        def summed(numbers: Codes) -> tuple[Numbers, Numbers]:
            groups = int(numbers.max()) + 1
            sums = [np.bincount(numbers, weights=row / n, minlength=groups) for row in rows]
            counts = np.bincount(numbers, weights=weights, minlength=groups)
            return np.asarray(sums, dtype=np.float64), np.asarray(counts, dtype=np.float64)

        (by_speaker, shares), (by_unit, unit_shares) = summed(whose), summed(which)
        return cls(rows, by_speaker, by_unit, shares, unit_shares, example.freedom, example.sizes[0])

    def with_later(self, place: int) -> Differences:
        """One entry compared with all after it."""
        difference = self.rows[place] - self.rows[place + 1 :]
        mean, square = difference.mean(axis=1), np.square(difference).mean(axis=1)
        totals = self.by_speaker[place] - self.by_speaker[place + 1 :] - np.outer(mean, self.shares)
        value = (np.square(totals) / (1 - self.shares)).sum(axis=1)
        apart = self.by_unit[place] - self.by_unit[place + 1 :] - np.outer(mean, self.unit_shares)
        independent = np.square(apart).sum(axis=1)
        independent = np.where(independent > 1e-15, independent, 0.0)
        some = independent > 0
        safe = np.where(some, independent, 1.0)
        most = float(len(self.unit_shares))
        alone = 1 / float(np.square(self.unit_shares).sum())
        size = np.minimum(np.where(some, (square - mean**2) / safe, alone), most)
        won, lost = (difference > 0).mean(axis=1), (difference < 0).mean(axis=1)
        common = np.maximum(np.maximum(won, lost), 1 - won - lost)
        per_row = size / self.rows.shape[1]
        return Differences(
            mean=mean,
            square=square,
            deff=np.where(some, value / safe, 0.0),
            size=size,
            events=size * (1 - common),
            assumed=1 + ASSUMED_ALIKE * np.maximum(self.cluster_size * per_row - 1, 0.0),
            freedom=self.freedom,
        )
