"""From which level on the interval of a share that grows with the level reaches 1/2, and lies above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from bench.scoring.arrays import Floats, Mask
from bench.scoring.inference.clustering import summed
from bench.scoring.inference.designs import Design
from bench.scoring.inference.many_figures import assumed, cluster_sums_of, effective_sizes, variances

_TAIL = 0.05
_AT_ONCE = 2**18
"""So many numbers are looked at together: they stay in the processor's cache."""
Bounds = tuple[float | None, float | None]


@dataclass(frozen=True, eq=False)
class Growing:
    """Hold a share: of n utterances those whose value is at most a level.

    Args:
        values: shape (n,).
        levels: ascending, those that are asked for.
    """

    values: Floats
    levels: Floats

    def half(self) -> int:
        """Return the place of the first level at which the share is 1/2 or more."""
        counts = np.searchsorted(np.sort(self.values), self.levels, side="right")
        return int(np.searchsorted(2 * counts, len(self.values)))


def where_half_is_open(shares: Sequence[Growing], design: Design | None) -> list[Bounds]:
    """Find the first levels at which the interval of a share reaches 1/2, and at which all of it is 1/2 or more.

    The interval is that of [`proportion_interval`][bench.scoring.inference.intervals.proportion_interval]; but no bound
    is computed, only on which side of 1/2 it lies, and of many levels at once.

    Args:
        shares: of the same utterances.
        design: their weights, and which of them depend on each other; None for one speaker, who says nothing of others.

    Returns:
        Of each share both levels; None beyond those asked for.
    """
    if design is None:  # the interval is from 0 to 1
        return [(float(one.levels[0]) if len(one.levels) else None, None) for one in shares]
    first: list[float | None] = [None] * len(shares)
    above: list[float | None] = [None] * len(shares)
    place = [0] * len(shares)
    while left := [at for at, one in enumerate(shares) if above[at] is None and place[at] < len(one.levels)]:
        step = max(1, _AT_ONCE // (len(left) * len(design.layers.weights)))
        some = [shares[number].levels[place[number] : place[number] + step] for number in left]
        hits = [shares[number].values <= levels[:, None] for number, levels in zip(left, some, strict=True)]
        reaches, lies_above = sides_of_half(np.concatenate(hits).astype(np.float64), design)
        start = 0
        for number, levels in zip(left, some, strict=True):
            own = slice(start, start := start + len(levels))
            place[number] += len(levels)
            if first[number] is None and (at := _first(levels, reaches[own])) is not None:
                first[number] = at
                place[number] = max(place[number], shares[number].half())  # before, the lower bound lies below 1/2
            above[number] = _first(levels, lies_above[own])
    return [*zip(first, above, strict=True)]


def _first(levels: Floats, chosen: Mask) -> float | None:
    return float(levels[int(chosen.argmax())]) if chosen.any() else None


def sides_of_half(hits: Floats, design: Design) -> tuple[Mask, Mask]:
    """Say of the 95 % intervals of shares whether the upper bound is 1/2 or more, and whether the lower one is.

    Args:
        hits: shape (m, n), 0 or 1, a row a share.
        design: of one mean of n utterances.

    Returns:
        Shape (m,) each.
    """
    layers, n = design.layers, hits.shape[1]
    value = hits @ layers.weights
    left = (hits - value[:, None]) * layers.weights
    apart = left if layers.units == n else summed(left, layers.unit)
    independent = np.square(apart).sum(axis=1)
    varies = independent > 1e-15
    safe = np.where(varies, independent, 1.0)
    alone = 1 / float(layers.squares[0])  # of what does not vary: its share is drawn towards 1/2, and falls out
    size = np.minimum(np.where(varies, value * (1 - value) / safe, alone), layers.units)
    variance, freedom = variances(cluster_sums_of(left, design.variance), design.variance)
    deff, events = np.where(varies, variance / safe, 0.0), size * np.minimum(value, 1 - value)
    worth = effective_sizes(size, deff, assumed(design, size), events, freedom, _TAIL)
    won, lost = value * worth, (1 - value) * worth
    below = special.betainc(np.maximum(won, 1e-300), lost + 1, 0.5)
    over = special.betainc(won + 1, np.maximum(lost, 1e-300), 0.5)
    return (lost <= 0) | (over <= 1 - _TAIL / 2), (won > 0) & (below <= _TAIL / 2)
