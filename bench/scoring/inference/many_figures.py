"""Variances and effective sizes of many figures of the same utterances at once, as they are computed for one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from bench.scoring.arrays import Floats
from bench.scoring.inference.cluster_variance import VarianceDesign
from bench.scoring.inference.clustering import ASSUMED_ALIKE, summed
from bench.scoring.inference.designs import Design

_LEAST = 1e-9


def cluster_sums_of(rows: Floats, by: VarianceDesign) -> tuple[Floats, ...]:
    """Sum rows over the clusters of each clustering, then of each combination of them.

    Args:
        rows: shape (m, n).
        by: the clusterings, of one mean.
    """
    return tuple(summed(rows, way.place) for way in (*by.single, *(way for _, way in by.combined)))


def variances(sums: Sequence[Floats], by: VarianceDesign) -> tuple[Floats, Floats]:
    """Estimate the variances of m means, as `VarianceDesign.variance` does that of one.

    Args:
        sums: as `cluster_sums_of` gives them, of weighted residuals.
        by: the clusterings, of one mean.

    Returns:
        Shape (m,), and degrees of freedom: shape (m,), or (1,) where all have the same.
    """
    every = (*by.single, *(way for _, way in by.combined))
    found = [way.variances(totals) for way, totals in zip(every, sums, strict=True)]
    each, freedoms = found[: len(by.single)], [way.freedom for way in by.single]
    if not by.combined:
        return each[0], np.array(freedoms)
    total = np.sum(each, axis=0)
    for (sign, _), value in zip(by.combined, found[len(each) :], strict=True):
        total += sign * value
    total, least = np.maximum(total, 0.0), min(freedoms)
    varied = np.sum([value**2 / freedom for value, freedom in zip(each, freedoms, strict=True)], axis=0)
    own = np.where(varied > 0, total**2 / np.where(varied > 0, varied, 1.0), least)
    return total, np.clip(own, least, sum(freedoms))


def assumed(design: Design, size: Floats) -> Floats:
    """Compute by how much clusters multiply variances at the correlation that is assumed, as `Layers.assumed` does.

    Args:
        design: of one mean.
        size: shape (m,), how many independent utterances each of m figures is worth.
    """
    per_row = size * float(np.square(design.layers.weights).sum())
    more = [np.maximum(way.size * per_row - 1, 0.0) for way in design.variance.single]
    return np.asarray(1 + ASSUMED_ALIKE * np.sum(more, axis=0), dtype=np.float64)


def effective_sizes(
    size: Floats, deff: Floats, assumed: Floats, events: Floats, freedom: Floats, tail: float
) -> Floats:
    """Compute how many independent utterances each of m figures is worth, as `effective_size` does.

    Args:
        size: shape (m,), how many it would be worth, were its utterances independent; here and below.
        deff: by how much clusters multiply its variance, as estimated.
        assumed: the same, as assumed where the data do not tell.
        events: how many of them differ from the rest.
        freedom: degrees of freedom; shape (1,) where all have the same.
        tail: 1 less the level of the interval.
    """
    z, t = -special.ndtri(tail / 2), -special.stdtrit(freedom, tail / 2)
    unknown = 1 / (1 + events / np.maximum(deff, 1.0))
    drawn = np.maximum(np.maximum(deff, deff + unknown * (assumed - deff)), _LEAST)
    return np.asarray(np.minimum(size, size / drawn * (z / t) ** 2), dtype=np.float64)
