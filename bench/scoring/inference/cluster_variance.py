"""The variance of weighted means where observations come in clusters: one-way, and multi-way where clusters cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bench.scoring.arrays import Floats, Places
from bench.scoring.inference.clustering import codes, combined, summed

Correction = Literal["CR1", "CR2"]
"""For few clusters: by their number alone, or by each one's own leverage (Bell & McCaffrey 2002)."""


@dataclass(frozen=True)
class ClusterVariance:
    """Hold a variance estimated from few clusters.

    Args:
        value: the variance, at least 0.
        freedom: its degrees of freedom, at least 1: those of a χ² that varies as the estimate does.
        sizes: for each clustering, how many observations of average weight a cluster has.
    """

    value: float
    freedom: float
    sizes: tuple[float, ...]


def cluster_variance(
    values: ArrayLike,
    weights: ArrayLike,
    clusters: ArrayLike,
    strata: ArrayLike | None = None,
    correction: Correction = "CR2",
) -> ClusterVariance:
    """Estimate the variance of Σ w·y by linearisation over clusters, robust to any dependence within them.

    V = Σ_g T_g², with T_g = Σ_s a_gs Σ_{i in g, s} w_i (y_i − ȳ_s) over clusters g and strata s. CR2 sets
    a_gs = 1 / √(1 − w_gs / w_s): a cluster pulls its stratum's mean towards itself, and looks closer to it than it is.
    The degrees of freedom are Satterthwaite's, (tr P)² / tr P², where P is the covariance of the T_g if observations
    were independent and alike: G − 1 for G clusters of one size. CR1 sets a_gs = √(G / (G − 1)), with G − 1 degrees.
    (Bell & McCaffrey 2002, Survey Methodology 28; Pustejovsky & Tipton 2018, J. Business & Economic Statistics 36.)

    Args:
        values: shape (n,), y.
        weights: shape (n,), w, at least 0.
        clusters: shape (n,), the cluster of each, for example its speaker.
        strata: shape (n,), which mean each belongs to; one mean by default.
        correction: "CR1" or "CR2"; both are the same for one mean of clusters of one weight.

    Raises:
        ValueError: fewer than two clusters.

    >>> found = cluster_variance([0, 0, 1, 1, 1, 1], [1 / 6] * 6, ["a", "a", "b", "b", "c", "c"])
    >>> round(found.value, 4), round(found.freedom, 6)
    (0.1111, 2.0)
    """
    y, w = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    stratum = np.zeros(len(y), dtype=np.intp) if strata is None else codes(strata)
    way = _Way.of(w, codes(clusters), stratum, correction)
    value = way.of_residuals((w * residuals(y, w, stratum))[None])[0]
    return ClusterVariance(float(value), way.freedom, (way.size,))


def multiway_variance(
    values: ArrayLike,
    weights: ArrayLike,
    clusterings: Sequence[ArrayLike],
    strata: ArrayLike | None = None,
    correction: Correction = "CR2",
) -> ClusterVariance:
    """Estimate the variance of Σ w·y where observations are alike in several ways, for example by speaker and by sound.

    V = Σ_A (−1)^(|A|+1) V_A over all sets A of clusterings, where V_A is clustered by the combinations of A (Cameron,
    Gelbach & Miller 2011, J. Business & Economic Statistics 29): for speaker and sound, V_speaker + V_sound − V_both.
    The degrees of freedom are Satterthwaite's for a sum, V² / Σ_d V_d² / f_d over the single clusterings d; never fewer
    than the least f_d, nor more than Σ f_d. A sum below 0, which can come about by chance, is 0.

    Args:
        values: shape (n,), y.
        weights: shape (n,), w, at least 0.
        clusterings: at least one, each of shape (n,).
        strata: shape (n,), which mean each belongs to; one mean by default.
        correction: as in [`cluster_variance`][bench.scoring.inference.cluster_variance.cluster_variance].

    Raises:
        ValueError: a clustering has fewer than two clusters.

    >>> speakers, sounds = ["a", "a", "b", "b", "c", "c"], ["x", "y", "x", "y", "x", "y"]
    >>> found = multiway_variance([0, 0, 1, 1, 1, 0], [1 / 6] * 6, [speakers, sounds])
    >>> round(found.value, 4), round(found.freedom, 2)
    (0.0611, 1.0)
    """
    y, w = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    stratum = np.zeros(len(y), dtype=np.intp) if strata is None else codes(strata)
    return VarianceDesign.of(w, clusterings, stratum, correction).variance(y)


@dataclass(frozen=True, eq=False)
class VarianceDesign:
    """Hold all that a variance hangs on beside the values: made once for the many figures of the same utterances.

    Args:
        weights: shape (n,).
        stratum: shape (n,), numbers from 0.
        shares: the strata's weights, 1 for those without.
        single: of each clustering.
        combined: of their combinations, each with the sign that it is counted with.
    """

    weights: Floats
    stratum: Places
    shares: Floats
    single: tuple[_Way, ...]
    combined: tuple[tuple[int, _Way], ...]

    @classmethod
    def of(
        cls, weights: Floats, clusterings: Sequence[ArrayLike], stratum: Places, correction: Correction = "CR2"
    ) -> VarianceDesign:
        """Prepare `multiway_variance`.

        Args:
            weights: shape (n,), at least 0.
            clusterings: at least one, each of shape (n,).
            stratum: shape (n,), numbers from 0.
            correction: "CR1" or "CR2".

        Raises:
            ValueError: a clustering has fewer than two clusters.
        """
        numbered = [codes(one) for one in clusterings]
        single = tuple(_Way.of(weights, one, stratum, correction) for one in numbered)
        several = tuple(
            (sign, _Way.of(weights, some, stratum, correction, spread=False)) for sign, some in combined(numbered)
        )
        shares = np.bincount(stratum, weights=weights)
        return cls(weights, stratum, np.where(shares > 0, shares, 1.0), single, several)

    def variance(self, values: Floats) -> ClusterVariance:
        """Estimate the variance of Σ w·y as `multiway_variance` does.

        Args:
            values: shape (n,), y.
        """
        return self.variances(values[None])[0]

    def variances(self, values: Floats) -> list[ClusterVariance]:
        """Estimate those of several figures of the same observations.

        Args:
            values: shape (m, n), y of each.
        """
        sums = summed(self.weights * values, self.stratum, len(self.shares))
        left = self.weights * (values - (sums / self.shares)[:, self.stratum])
        each = [one.of_residuals(left) for one in self.single]
        total = sum(each, np.zeros(len(values)))
        for sign, way in self.combined:
            total = total + sign * way.of_residuals(left)
        sizes, freedoms = tuple(one.size for one in self.single), [one.freedom for one in self.single]
        told = zip(np.maximum(total, 0.0).tolist(), zip(*(one.tolist() for one in each), strict=True), strict=True)
        return [ClusterVariance(value, satterthwaite(value, parts, freedoms), sizes) for value, parts in told]


def satterthwaite(total: float, each: Sequence[float], freedoms: Sequence[float]) -> float:
    """Compute the degrees of freedom of a sum of variances, V² / Σ_d V_d² / f_d, from the least f_d to their sum.

    Args:
        total: V.
        each: V_d, of each clustering alone.
        freedoms: f_d.

    >>> satterthwaite(2.0, [1.0, 1.0], [4.0, 4.0]), satterthwaite(0.0, [0.0], [9.0])
    (8.0, 9.0)
    """
    varied = sum(value**2 / freedom for value, freedom in zip(each, freedoms, strict=True))
    freedom = total**2 / varied if varied > 0 else min(freedoms)
    return min(max(freedom, min(freedoms)), sum(freedoms))


def residuals(values: Floats, weights: Floats, strata: Places) -> Floats:
    """Subtract from each value the weighted mean of its stratum.

    Args:
        values: shape (n,).
        weights: shape (n,).
        strata: shape (n,), numbers from 0.
    """
    sums, shares = np.bincount(strata, weights=weights * values), np.bincount(strata, weights=weights)
    return values - (sums / np.where(shares > 0, shares, 1.0))[strata]


@dataclass(frozen=True, eq=False)
class _Way:
    """One clustering: where each observation stands in a table of clusters and strata, and how the table is summed.

    Args:
        place: shape (n,), in the table row by row.
        shape: of the table.
        scale: by which its cells count, of the table's shape; None for CR1.
        factor: by which the sum counts.
        freedom: degrees of freedom.
        size: observations of average weight in a cluster.
    """

    place: Places
    shape: tuple[int, int]
    scale: Floats | None
    factor: float
    freedom: float
    size: float

    @classmethod
    def of(cls, weights: Floats, cluster: Places, stratum: Places, correction: Correction, spread: bool = True) -> _Way:
        groups, layers = int(cluster.max(initial=-1)) + 1, int(stratum.max(initial=-1)) + 1
        if groups < 2:
            raise ValueError(f"{groups} clusters: two at least say how they differ")
        place, squares = cluster * layers + stratum, np.square(weights)

        def table(of: Floats) -> Floats:
            sums = np.bincount(place, weights=of, minlength=groups * layers)
            return sums.astype(np.float64).reshape(groups, layers)

        shares = table(weights)
        size = float(np.square(shares.sum(axis=1)).sum() / squares.sum())
        if correction == "CR1":
            return cls(place, (groups, layers), None, groups / (groups - 1), groups - 1.0, size)
        whole = shares.sum(axis=0)
        free = 1 - shares / np.where(whole > 0, whole, 1.0)
        scale = np.where(free > 1e-12, 1 / np.sqrt(np.maximum(free, 1e-12)), 0.0)  # who alone makes a mean says nothing
        freedom = _freedom(scale, shares, table(squares)) if spread else 1.0
        return cls(place, (groups, layers), scale, 1.0, freedom, size)

    def of_residuals(self, left: Floats) -> Floats:
        """The variances of m figures from their weighted residuals, shape (m, n)."""
        groups, layers = self.shape
        totals = summed(left, self.place, groups * layers).reshape(-1, groups, layers)
        counted = totals if self.scale is None else self.scale * totals
        return np.asarray(self.factor * np.square(counted.sum(axis=2)).sum(axis=1), dtype=np.float64)

    def variances(self, totals: Floats) -> Floats:
        """The same of m figures at once: from their residuals' sums over clusters, shape (m, groups), of one mean."""
        counted = totals if self.scale is None else self.scale[:, 0] * totals
        return np.asarray(self.factor * np.square(counted).sum(axis=1), dtype=np.float64)


def _freedom(scale: Floats, shares: Floats, squares: Floats) -> float:
    """Satterthwaite's degrees of freedom from (cluster, stratum) sums of a, w and w²."""
    whole = shares.sum(axis=0)
    part = scale * shares / np.where(whole > 0, whole, 1.0)
    cross = part @ (scale * squares).T
    covariance = (part * squares.sum(axis=0)) @ part.T - cross - cross.T
    covariance.flat[:: len(covariance) + 1] += (scale**2 * squares).sum(axis=1)
    total = float(np.square(covariance).sum())
    return max(1.0, float(np.trace(covariance)) ** 2 / total) if total > 0 else 1.0
