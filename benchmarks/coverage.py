"""How often intervals hold the truth, tests reject where nothing differs, and rank intervals hold the true rank.

    python benchmarks/coverage.py                    2,000 simulated corpora a point, about half an hour
    python benchmarks/coverage.py --corpora 200      fewer
    python benchmarks/coverage.py --markdown         as docs/coverage.md has it

Corpora are drawn from a latent normal model of which the benchmark's statistics know nothing: utterance i of speaker g
with sound c is a success if √r_s a_g + √r_c b_c + √(1 − r_s − r_c) e_i < Φ⁻¹(share), with a, b, e standard normal, and
r such that two utterances of one speaker (or sound) have the given intra-class correlation as 0/1 figures. Every
utterance draws its sound at random. Two conditions of a pair share half of the variance of a and e. What is called is
what scores call: `proportion_interval`, `compare`, `rank_intervals`.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from bench.scoring.ranks import rank_intervals
from bench.scoring.statistics import compare, proportion_interval

SPEAKERS = (8, 10, 20)
SOUNDS = (0, 12, 40)
ALIKE = (0.0, 0.05, 0.1, 0.2)
SHARES = (0.05, 0.5, 0.9)
EFFECTS = ((0.5, 0.3), (0.9, 0.7), (0.05, 0.2))
UTTERANCES = 24
LEAST, MOST, REJECTED = 0.93, 0.97, 0.065

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """A point: how many speakers, sounds (0: the attack has none in common), and how alike what they share makes."""

    speakers: int
    sounds: int
    alike: float
    utterances: int = UTTERANCES

    @property
    def names(self) -> NDArray[np.intp]:
        """The speaker of each utterance."""
        return np.repeat(np.arange(self.speakers), self.utterances)


@lru_cache(maxsize=64)
def latent_correlation(share: float, alike: float) -> float:
    """The correlation of two standard normals that, cut at Φ⁻¹(share), correlate by `alike`."""
    if alike == 0:
        return 0.0
    cut, wanted = stats.norm.ppf(share), share**2 + alike * share * (1 - share)

    def excess(correlation: float) -> float:
        both = stats.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]])
        return float(both.cdf([cut, cut])) - wanted

    return float(optimize.brentq(excess, 0.0, 0.999))


def corpora(rng: np.random.Generator, design: Design, shares: Sequence[float], count: int) -> tuple[Numbers, Numbers]:
    """0/1 figures, shape (count, conditions, utterances of all speakers), and each one's sound, (count, utterances)."""
    shape = (count, design.speakers, design.utterances)
    heard = rng.integers(0, max(design.sounds, 1), size=shape)
    common, each = rng.normal(size=(*shape[:2], 1)), rng.normal(size=shape)
    hits = []
    for share in shares:
        alike = latent_correlation(share, design.alike)
        own = (rng.normal(size=(*shape[:2], 1)), rng.normal(size=shape))
        speaker, utterance = ((one + other) / 2**0.5 for one, other in zip((common, each), own, strict=True))
        latent = alike**0.5 * speaker
        if design.sounds:
            sound = rng.normal(size=(count, design.sounds))
            latent = latent + alike**0.5 * np.take_along_axis(sound, heard.reshape(count, -1), 1).reshape(shape)
        left = 1 - alike * (2 if design.sounds else 1)
        hits.append(latent + left**0.5 * utterance < stats.norm.ppf(share))
    figures = np.stack(hits, axis=1).reshape(count, len(shares), -1).astype(np.float64)
    return figures, heard.reshape(count, -1)


def crossed(design: Design, heard: Numbers) -> list[Numbers]:
    """The sounds as a second clustering, where they are one."""
    return [heard] if design.sounds else []


@dataclass(frozen=True)
class Interval:
    """Coverage of a share's interval, and its mean width."""

    design: Design
    share: float
    covered: float
    above: float
    width: float


def share_coverage(rng: np.random.Generator, design: Design, share: float, count: int) -> Interval:
    """How often the interval of a share holds it; `above`: how often it lies wholly above."""
    figures, heard = corpora(rng, design, [share], count)
    bounds = np.array(
        [
            proportion_interval(one[0], design.names, crossed=crossed(design, sounds))
            for one, sounds in zip(figures, heard, strict=True)
        ]
    )
    low, high = bounds.T
    covered = (low <= share) & (share <= high)
    return Interval(design, share, float(covered.mean()), float((low > share).mean()), float((high - low).mean()))


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
    truth, told = shares[0] - shares[1], []
    for (first, second), sounds in zip(figures, heard, strict=True):
        found = compare(first, second, design.names, crossed=crossed(design, sounds))
        low, high = found.difference.ci95
        held = low <= truth + 1e-12 and truth - 1e-12 <= high
        told.append((held, found.p is not None and found.p <= 0.05, found.detectable))
    covered, rejected, detectable = np.mean(told, axis=0)
    p1 = float((paired_t(figures[:, 0] - figures[:, 1]) <= 0.05).mean())
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
    best = [1 + sum(other > share for other in shares) for share in shares]
    worst = [len(shares) - sum(other < share for other in shares) for share in shares]
    held, widths = [], []
    for one, sounds in zip(figures, heard, strict=True):
        found = rank_intervals(one, design.names, crossed=crossed(design, sounds))
        held.append([rank.low <= low and high <= rank.high for rank, low, high in zip(found, best, worst, strict=True)])
        widths.append(np.mean([rank.high - rank.low for rank in found]))
    lines = np.array(held)
    return Ranks(
        design, shares, float(lines.all(axis=1).mean()), float(lines.mean(axis=0).min()), float(np.mean(widths))
    )


BOARDS = ((0.5,) * 4, (0.9, 0.8, 0.5, 0.05))
RANKED = ((8, 20), (0, 12), (0.0, 0.2))
"""Speakers, sounds and correlations of boards: the corners, since a board takes as long as a dozen intervals."""


def designs(speakers: Iterable[int], sounds: Iterable[int], alike: Iterable[float]) -> Iterator[Design]:
    """All points."""
    for number, bank, one in itertools.product(speakers, sounds, alike):
        yield Design(number, bank, one)


def told(columns: Sequence[str], rows: Iterable[Sequence[object]], markdown: bool) -> Iterator[str]:
    """A table as lines."""
    yield from (f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)) if markdown else ("  ".join(columns),)
    for row in rows:
        cells = [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row]
        yield f"| {' | '.join(cells)} |" if markdown else "  ".join(cells)


def place(design: Design) -> tuple[object, ...]:
    """What a row begins with."""
    return design.speakers, design.sounds or "none", f"{design.alike:g}"


def section(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], markdown: bool) -> None:
    """Print one table, each line when it is known."""
    print(f"\n## {title}\n" if markdown else f"\n{title}", flush=True)
    for line in told(("speakers", "sounds", "ICC", *columns), rows, markdown):
        print(line, flush=True)


def beside(figure: float, least: float, most: float) -> str:
    """A figure, marked where it is below or above what is wanted."""
    return f"{figure:.3f}{' ↓' if figure < least else ' ↑' if figure > most else ''}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--corpora", type=int, default=2000, help="simulated corpora a point")
    parser.add_argument("--markdown", action="store_true", help="print tables as docs/coverage.md has them")
    parser.add_argument("--tables", default="1,2,3,4", help="which of the four tables, with commas between them")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation")
    given = parser.parse_args(arguments)
    points = list(designs(SPEAKERS, SOUNDS, ALIKE))

    def draws(name: int, number: int) -> np.random.Generator:
        return np.random.default_rng([given.seed, name, number])

    def shares() -> Iterator[tuple[object, ...]]:
        for number, design in enumerate(points):
            found = [share_coverage(draws(1, number), design, share, given.corpora) for share in SHARES]
            yield (*place(design), *(f"{beside(one.covered, LEAST, MOST)} ({one.width:.2f})" for one in found))

    def nulls() -> Iterator[tuple[object, ...]]:
        for number, design in enumerate(points):
            found = [comparison(draws(2, number), design, (share, share), given.corpora) for share in SHARES]
            cells = (
                f"{beside(one.rejected, 0.0, REJECTED)} · {one.p1_rejected:.2f} · {beside(one.covered, LEAST, MOST)}"
                for one in found
            )
            yield (*place(design), *cells)

    def effects() -> Iterator[tuple[object, ...]]:
        for number, design in enumerate(points):
            found = [comparison(draws(3, number), design, pair, given.corpora) for pair in EFFECTS]
            cells = (f"{one.rejected:.2f} · {one.detectable:.2f} · {beside(one.covered, LEAST, MOST)}" for one in found)
            yield (*place(design), *cells)

    def boards() -> Iterator[tuple[object, ...]]:
        for number, design in enumerate(designs(*RANKED)):
            found = [rank_coverage(draws(4, number), design, board, given.corpora) for board in BOARDS]
            yield (*place(design), *(f"{beside(one.all_covered, 0.95, 1.0)} ({one.width:.1f})" for one in found))

    tables: list[tuple[str, list[str], Callable[[], Iterator[tuple[object, ...]]]]] = [
        ("Intervals of a share: coverage (mean width)", [f"share {share:g}" for share in SHARES], shares),
        (
            "Tests where nothing differs: rejected · by P1's paired t · coverage",
            [f"both {share:g}" for share in SHARES],
            nulls,
        ),
        (
            "Tests where something does: power · smallest seen · coverage",
            [f"{a:g} and {b:g}" for a, b in EFFECTS],
            effects,
        ),
        (
            "Rank intervals: all hold (mean width in ranks)",
            [", ".join(f"{one:g}" for one in board) for board in BOARDS],
            boards,
        ),
    ]
    for title, columns, rows in (tables[int(number) - 1] for number in given.tables.split(",")):
        section(title, columns, rows(), given.markdown)


if __name__ == "__main__":
    main()
