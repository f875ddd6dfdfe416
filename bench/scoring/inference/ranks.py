"""Ranks of victims, or of attacks, with intervals: who is told apart from whom by the data."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bench.scoring.inference.clustering import Clusters, cluster_count, samples
from bench.scoring.inference.comparisons import SIGNIFICANT
from bench.scoring.inference.differences import paired_difference
from bench.scoring.inference.p_values import holm
from bench.scoring.inference.sign_flip import FEWEST


@dataclass(frozen=True)
class Rank:
    """Hold a rank and the ranks that the data leave open.

    Args:
        value: 1 is best; equal figures share a rank.
        low: the best rank that is left open: one more than there are that were told to be better.
        high: the worst: of all, less those that were told to be worse.
    """

    value: int
    low: int
    high: int

    def __str__(self) -> str:
        """Return the rank as boards print it.

        >>> str(Rank(2, 1, 3)), str(Rank(4, 4, 4))
        ('2 [1–3]', '4')
        """
        return str(self.value) if self.low == self.high else f"{self.value} [{self.low}–{self.high}]"


def rank_intervals(
    figures: ArrayLike,
    clusters: ArrayLike,
    weights: ArrayLike | None = None,
    units: ArrayLike | None = None,
    crossed: Sequence[ArrayLike] = (),
) -> list[Rank]:
    """Rank by mean figure, highest first, with intervals that together hold the true ranks in 95 of 100 corpora.

    All pairs are compared on the same utterances by t-tests on speaker sums, and p is adjusted by Holm's rule for all
    of them: sign-flips of few speakers are too coarse for so many. An entry's interval goes from one more than the
    number of those that are better at 0.05, to the number of all less those that are worse (Klein, Wright & Wieczorek
    2020, J. Royal Statistical Society A 183; Mogstad, Romano, Shaikh & Wilhelm 2024, Review of Economic Studies 91).
    With fewer than six speakers every rank is left open.

    Args:
        figures: shape (K, n), from 0 to 1, a row an entry: for each utterance whether it was, for example, robust.
        clusters: the speaker of each utterance.
        weights: shape (n,), as in [`difference_interval`][bench.scoring.inference.differences.difference_interval].
        units: the utterance of each column.
        crossed: further clusterings.

    Returns:
        K ranks, in the order of `figures`.

    Raises:
        ValueError: there is nothing to rank.

    >>> speakers = [f"s{i // 4}" for i in range(40)]
    >>> always, odd, even = np.ones(40), np.arange(40) % 2, 1 - np.arange(40) % 2
    >>> print(*rank_intervals((always, odd, even), speakers), sep=", ")
    1, 2 [2–3], 2 [2–3]
    """
    rows = np.asarray(figures, dtype=np.float64)
    if rows.ndim != 2 or not rows.size:
        raise ValueError(f"figures of shape {rows.shape}: need one row an entry and a column an utterance")
    share_of = np.full(rows.shape[1], 1 / rows.shape[1]) if weights is None else np.asarray(weights, dtype=np.float64)
    means = np.round(rows @ share_of, 12)
    pairs = list(itertools.combinations(range(len(rows)), 2))
    if cluster_count(clusters) < FEWEST:
        return ranks_of(means.tolist(), [], [])
    by = Clusters((np.asarray(clusters), *samples(crossed)), units)
    found = [paired_difference(rows[a], rows[b], by, weights=share_of).p_value() for a, b in pairs]
    return ranks_of(means.tolist(), pairs, found)


def ranks_of(figures: Sequence[float], pairs: Sequence[tuple[int, int]], p_values: Sequence[float]) -> list[Rank]:
    """Rank entries, highest figure first, by tests that were made.

    Args:
        figures: one an entry.
        pairs: which two entries each test compares; a pair without one is not told apart.
        p_values: as many, two-sided, not adjusted.

    >>> print(*ranks_of([0.2, 0.9, 0.8], [(0, 1), (1, 2), (0, 2)], [0.001, 0.4, 0.002]), sep=", ")
    3, 1 [1–2], 2 [1–2]
    """
    better, worse = [0] * len(figures), [0] * len(figures)
    for (first, second), p in zip(pairs, holm(p_values), strict=True):
        if p <= SIGNIFICANT:
            winner, loser = (first, second) if figures[first] > figures[second] else (second, first)
            better[loser] += 1
            worse[winner] += 1
    values = [1 + sum(other > figure for other in figures) for figure in figures]
    return [
        Rank(rank, 1 + above, len(figures) - below) for rank, above, below in zip(values, better, worse, strict=True)
    ]
