"""What `proportion_interval`, `compare` and `rank_intervals` say of thousands of corpora at once.

Formulas and order of steps are those of `bench.scoring`, for corpora whose utterances weigh the same and whose speakers
have as many each. `benchmarks.coverage` holds some corpora of every point against the functions that scores call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.scoring.inference.clustering import ASSUMED_ALIKE
from bench.scoring.inference.comparisons import POWER, SIGNIFICANT
from bench.scoring.inference.sign_flip import EXACT, FLIPS, signs
from benchmarks.simulation.corpora import Numbers


@dataclass(frozen=True)
class Variances:
    """Multi-way cluster-robust variances of many corpora, each of shape (C,), and the mean sizes of their clusters."""

    value: Numbers
    freedom: Numbers
    sizes: tuple[Numbers, ...]


def variances(left: Numbers, speakers: int, heard: Numbers | None) -> Variances:
    """As `multiway_variance` has them, CR2, for equal weights.

    Args:
        left: shape (C, n), figures less their corpus's mean, speakers one after the other.
        speakers: G, of n / G utterances each.
        heard: shape (C, n), the sound of each, from 0; None where sounds are no clustering.
    """
    count, n = left.shape
    totals = left.reshape(count, speakers, -1).sum(axis=2) / n
    by_speaker = np.square(totals).sum(axis=1) / (1 - 1 / speakers)
    freedom, sizes = np.full(count, speakers - 1.0), (np.full(count, n / speakers),)
    if heard is None:
        return Variances(by_speaker, freedom, sizes)
    by_sound, sound_freedom, sound_size = _by_sound(left, heard, spread=True)
    number = np.repeat(np.arange(speakers), n // speakers)[None]
    both, _, _ = _by_sound(left, number * (int(heard.max()) + 1) + heard, spread=False)
    total = np.maximum(by_speaker + by_sound - both, 0.0)
    least, most = np.minimum(freedom, sound_freedom), freedom + sound_freedom
    varied = by_speaker**2 / freedom + by_sound**2 / sound_freedom
    whole = np.divide(total**2, varied, out=least.copy(), where=varied > 0)
    return Variances(total, np.clip(whole, least, most), (*sizes, sound_size))


def _by_sound(left: Numbers, codes: Numbers, spread: bool) -> tuple[Numbers, Numbers, Numbers]:
    """V, its degrees of freedom and the clusters' mean size, for clusterings that differ from corpus to corpus."""
    count, n = left.shape
    groups = int(codes.max()) + 1
    place = (np.arange(count)[:, None] * groups + codes).ravel()
    totals = np.bincount(place, weights=left.ravel() / n, minlength=count * groups).reshape(count, groups)
    shares = np.bincount(place, minlength=count * groups).reshape(count, groups) / n
    size = np.square(shares).sum(axis=1) * n
    free = 1 - shares
    scale = np.where(free > 1e-12, 1 / np.sqrt(np.maximum(free, 1e-12)), 0.0)
    value = np.square(scale * totals).sum(axis=1)
    if not spread:
        return value, np.ones(count), size
    part, squares = scale * shares, shares / n
    cross = part[:, :, None] * (scale * squares)[:, None, :]
    covariance = part[:, :, None] * part[:, None, :] / n - cross - cross.transpose(0, 2, 1)
    diagonal = np.arange(groups)
    covariance[:, diagonal, diagonal] += scale**2 * squares
    trace, total = np.trace(covariance, axis1=1, axis2=2), np.square(covariance).sum(axis=(1, 2))
    return value, np.maximum(1.0, np.divide(trace**2, total, out=np.ones(count), where=total > 0)), size


def effective(size: Numbers, deff: Numbers, events: Numbers, found: Variances, n: int, level: float) -> Numbers:
    """As `effective_size` has it, with the assumed design effect of `Layers.assumed`."""
    assumed = 1 + ASSUMED_ALIKE * sum(np.maximum(one * size / n - 1, 0.0) for one in found.sizes)
    unknown = 1 / (1 + events / np.maximum(deff, 1.0))
    drawn = np.maximum(np.maximum(deff, deff + unknown * (assumed - deff)), 1e-9)
    upper = 0.5 + level / 2
    z, t = special.ndtri(upper), special.stdtrit(found.freedom, upper)
    return np.minimum(size, size / drawn * (z / t) ** 2)


def share_intervals(hits: Numbers, speakers: int, heard: Numbers | None) -> tuple[Numbers, Numbers]:
    """Lower and upper bounds, each of shape (C,), as `proportion_interval` has them.

    Args:
        hits: shape (C, n), 0 or 1.
        speakers: as in `variances`.
        heard: likewise.
    """
    n = hits.shape[1]
    share = hits.mean(axis=1)
    found = variances(hits - share[:, None], speakers, heard)
    independent = share * (1 - share) / n
    some = independent > 1e-15
    size = np.full(len(hits), float(n))
    deff = np.divide(found.value, independent, out=np.zeros(len(hits)), where=some)
    worth = effective(size, deff, size * np.minimum(share, 1 - share), found, n, 0.95)
    many, tail = share * worth, 0.025
    with np.errstate(invalid="ignore"):
        low = np.where(many <= 0, 0.0, special.betaincinv(many, worth - many + 1, tail))
        high = np.where(many >= worth, 1.0, special.betaincinv(many + 1, worth - many, 1 - tail))
    return low, high


@dataclass(frozen=True)
class Compared:
    """What `compare` says of many pairs of conditions, each of shape (C,).

    Args:
        low: lower bounds at 95 %, before they are drawn to 0.
        high: upper bounds.
        flipped: p of the sign-flip test.
        freedom: degrees of freedom.
        holm: how small p is: the greatest j up to 28 with p ≤ 0.05 / j; 0 where p is above 0.05.
    """

    low: Numbers
    high: Numbers
    flipped: Numbers
    freedom: Numbers
    holm: NDArray[np.intp]

    @property
    def rejected(self) -> NDArray[np.bool_]:
        """Whether both tests reject at 0.05."""
        return (self.holm > 0) & (self.flipped <= SIGNIFICANT)

    @property
    def detectable(self) -> Numbers:
        """The difference found four times in five."""
        t = special.stdtrit(self.freedom, 1 - SIGNIFICANT / 2)
        return np.minimum(1.0, (self.high - self.low) / 2 * (1 + special.stdtrit(self.freedom, POWER) / t))

    def covers(self, truth: float) -> NDArray[np.bool_]:
        """Whether the intervals hold a difference, drawn to 0 where the flips do not reject."""
        drawn = self.flipped > SIGNIFICANT
        low = np.where(drawn, np.minimum(self.low, 0.0), self.low)
        high = np.where(drawn, np.maximum(self.high, 0.0), self.high)
        return (low <= truth + 1e-12) & (truth - 1e-12 <= high)


def compared(differences: Numbers, speakers: int, heard: Numbers | None, tests: int = 1, flip: bool = True) -> Compared:
    """Compare two conditions in many corpora.

    Args:
        differences: shape (C, n), of 0/1 figures.
        speakers: as in `variances`.
        heard: likewise.
        tests: p is held against 0.05 / j for every j up to it.
        flip: whether signs are flipped; ranks do without.
    """
    count, n = differences.shape
    mean, square = differences.mean(axis=1), np.square(differences).mean(axis=1)
    found = variances(differences - mean[:, None], speakers, heard)
    independent = (square - mean**2) / n
    some = independent > 1e-15
    kept = np.stack([(differences > 0).mean(axis=1), (differences < 0).mean(axis=1)])
    common = np.maximum(kept.max(axis=0), 1 - kept.sum(axis=0))
    size = np.full(count, float(n))
    deff = np.divide(found.value, independent, out=np.zeros(count), where=some)

    def bounds(level: float) -> tuple[Numbers, Numbers]:
        worth = effective(size, deff, size * (1 - common), found, n, level)
        middle, squares = mean * worth / (worth + 2), (square * worth + 2) / (worth + 2)
        half = special.ndtri(0.5 + level / 2) * np.sqrt(np.maximum(squares - middle**2, 0.0) / (worth + 2))
        return middle, half

    holm = np.zeros(count, dtype=np.intp)
    for j in range(1, tests + 1):
        middle, half = bounds(1 - SIGNIFICANT / j)
        holm = np.where((np.abs(middle) >= half) & (holm == j - 1), j, holm)
    middle, half = bounds(0.95)
    low, high = np.maximum(-1.0, middle - half), np.minimum(1.0, middle + half)
    flipped = flipped_p(differences.reshape(count, speakers, -1).sum(axis=2) / n) if flip else np.zeros(count)
    return Compared(low, high, flipped, found.freedom, holm)


def flipped_p(sums: Numbers, chunk: int = 250) -> Numbers:
    """p of `sign_flip_test` for each row of sums, shape (C, G)."""
    flips, found = signs(sums.shape[1]), []
    for start in range(0, len(sums), chunk):
        some = sums[start : start + chunk]
        own = np.abs(some.sum(axis=1)) - 1e-12 * np.maximum(1.0, np.abs(some).sum(axis=1))
        reached = np.abs(np.sort(np.abs(some), axis=1) @ flips.T) >= own[:, None]
        exact = sums.shape[1] <= EXACT
        found.append(reached.mean(axis=1) if exact else (1 + reached.sum(axis=1)) / (1 + FLIPS))
    return np.concatenate(found)


def open_ranks(figures: Numbers, speakers: int, heard: Numbers | None) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The best and worst rank left open of every entry, each of shape (C, K), as `rank_intervals` has them.

    Args:
        figures: shape (C, K, n), 0 or 1.
        speakers: as in `variances`.
        heard: likewise.
    """
    count, entries, _ = figures.shape
    pairs = [(a, b) for a in range(entries) for b in range(a + 1, entries)]
    means = np.round(figures.mean(axis=2), 12)
    small = np.stack(
        [compared(figures[:, a] - figures[:, b], speakers, heard, len(pairs), flip=False).holm for a, b in pairs],
        axis=1,
    )
    order = np.argsort(-small, axis=1, kind="stable")
    sorted_ = np.take_along_axis(small, order, axis=1)
    passes = np.cumprod(sorted_ >= len(pairs) - np.arange(len(pairs)), axis=1).astype(bool)
    told = np.zeros_like(passes)
    np.put_along_axis(told, order, passes, axis=1)
    better, worse = np.zeros((count, entries), dtype=np.intp), np.zeros((count, entries), dtype=np.intp)
    for place, (a, b) in enumerate(pairs):
        first = told[:, place] & (means[:, a] > means[:, b])
        second = told[:, place] & ~(means[:, a] > means[:, b])
        better[:, b] += first
        worse[:, a] += first
        better[:, a] += second
        worse[:, b] += second
    return 1 + better, entries - worse
