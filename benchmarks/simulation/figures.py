"""Coverage, level and power at one point of the design, over thousands of corpora; some are held against real scores.

Every point asks `CHECKED` of its corpora of the functions that scores call: `proportion_interval`, `compare`,
`rank_intervals`. What they say has to be what was said of all corpora at once, to 1e-9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from bench.scoring.inference.ranks import rank_intervals
from bench.scoring.statistics import compare, proportion_interval
from benchmarks.simulation import batched
from benchmarks.simulation.corpora import Design, Numbers, corpora, crossed

CHECKED = 4
"""Corpora of each point that are asked of the functions that scores call."""
CHUNK = 500
"""Corpora at a time: tables of speakers by sounds fit into the processor's memory."""


@dataclass(frozen=True)
class Interval:
    """Coverage of a share's interval, and its mean width; `above`: how often it lies wholly above."""

    design: Design
    share: float
    covered: float
    above: float
    width: float


def share_coverage(rng: np.random.Generator, design: Design, share: float, count: int) -> Interval:
    """How often the interval of a share holds it."""
    figures, heard = corpora(rng, design, [share], count)
    low, high = np.concatenate([bounds_of(figures[some, 0], heard[some], design) for some in _chunks(count)], axis=1)
    covered = (low <= share) & (share <= high)
    return Interval(design, share, float(covered.mean()), float((low > share).mean()), float((high - low).mean()))


def bounds_of(hits: Numbers, heard: Numbers, design: Design) -> Numbers:
    found = np.stack(batched.share_intervals(hits, design.speakers, heard if design.sounds else None))
    for place in range(min(CHECKED, len(hits))):
        real = proportion_interval(hits[place], design.names, crossed=crossed(design, heard[place]))
        _same(found[:, place], real, design)
    return found


@dataclass(frozen=True)
class Test:
    """Two true shares compared: coverage of the interval, how often p ≤ 0.05, how often P1's t-test says so."""

    design: Design
    shares: tuple[float, float]
    covered: float
    rejected: float
    p1_rejected: float
    detectable: float


def comparison(rng: np.random.Generator, design: Design, shares: tuple[float, float], count: int) -> Test:
    """How often two conditions are told apart, and their difference's interval holds the true one."""
    figures, heard = corpora(rng, design, shares, count)
    differences, truth, told = figures[:, 0] - figures[:, 1], shares[0] - shares[1], []
    for some in _chunks(count):
        found = batched.compared(differences[some], design.speakers, heard[some] if design.sounds else None)
        for place in range(min(CHECKED, len(differences[some]))):
            pair = figures[some][place]
            real = compare(pair[0], pair[1], design.names, crossed=crossed(design, heard[some][place]))
            low, high = real.difference.ci95
            drawn = found.flipped[place] > batched.SIGNIFICANT
            bounds = (
                (min(found.low[place], 0.0), max(found.high[place], 0.0))
                if drawn
                else (found.low[place], found.high[place])
            )
            _same((*bounds, found.detectable[place]), (low, high, real.detectable), design)
            if (real.p is not None and real.p <= batched.SIGNIFICANT) != found.rejected[place]:
                raise AssertionError(f"{design}: p = {real.p}, told apart all the same")
        told.append((found.covers(truth), found.rejected, found.detectable))
    covered, rejected, detectable = (np.concatenate(one).mean() for one in zip(*told, strict=True))
    p1 = float((paired_t(differences) <= batched.SIGNIFICANT).mean())
    return Test(design, shares, float(covered), float(rejected), p1, float(detectable))


def paired_t(differences: Numbers) -> Numbers:
    """`paired_t_test` of many corpora at once: p of each row."""
    count = differences.shape[1]
    mean, spread = differences.mean(axis=1), differences.std(axis=1, ddof=1)
    t = np.divide(mean * count**0.5, spread, out=np.where(mean == 0, 0.0, np.inf), where=spread > 0)
    return np.asarray(2 * stats.t.sf(np.abs(t), count - 1))


@dataclass(frozen=True)
class Ranks:
    """How often all rank intervals of a board hold the true ranks, the worst line's, and how wide they are."""

    design: Design
    shares: tuple[float, ...]
    all_covered: float
    least_covered: float
    width: float


def rank_coverage(rng: np.random.Generator, design: Design, shares: tuple[float, ...], count: int) -> Ranks:
    """How often rank intervals of victims with these true shares (higher is better) hold all of their true ranks."""
    figures, heard = corpora(rng, design, shares, count)
    best = np.array([1 + sum(other > share for other in shares) for share in shares])
    worst = np.array([len(shares) - sum(other < share for other in shares) for share in shares])
    held, widths = [], []
    for some in _chunks(count):
        low, high = batched.open_ranks(figures[some], design.speakers, heard[some] if design.sounds else None)
        for place in range(min(CHECKED, len(low))):
            real = rank_intervals(figures[some][place], design.names, crossed=crossed(design, heard[some][place]))
            _same((*low[place], *high[place]), (*(one.low for one in real), *(one.high for one in real)), design)
        held.append((low <= best) & (worst <= high))
        widths.append((high - low).mean(axis=1))
    lines = np.concatenate(held)
    width = float(np.concatenate(widths).mean())
    return Ranks(design, shares, float(lines.all(axis=1).mean()), float(lines.mean(axis=0).min()), width)


def _chunks(count: int) -> list[slice]:
    return [slice(start, start + CHUNK) for start in range(0, count, CHUNK)]


def _same(found: Sequence[float], real: Sequence[float], design: Design) -> None:
    if not np.allclose(found, real, rtol=0, atol=1e-9):
        raise AssertionError(
            f"{design}: {list(found)} of all corpora at once, {list(real)} of this one as scores have it"
        )
