"""How often intervals hold the truth, tests reject where nothing differs, and rank intervals hold the true rank.

    python -m benchmarks.coverage                    2,000 simulated corpora a point, some minutes on one core
    python -m benchmarks.coverage --corpora 200      fewer
    python -m benchmarks.coverage --tables 7 --corpora 1000    relative changes: asked one by one, a quarter of an hour
    python -m benchmarks.coverage --markdown         as docs/coverage.md has it
    python -m benchmarks.coverage --json FILE        all figures, as docs/coverage.json has them

Corpora are drawn from models of which the statistics know nothing (`benchmarks.simulation.corpora`, `.searches`). All
of a point are scored at once (`.batched`); some of each are asked of the functions that scores call, and a difference
ends the benchmark.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.simulation.changes import RIGHT, change_coverage, difference_coverage
from benchmarks.simulation.corpora import Design, designs
from benchmarks.simulation.families import CLAIMS, family_errors
from benchmarks.simulation.figures import comparison, rank_coverage, share_coverage
from benchmarks.simulation.search_coverage import KS, search_coverage

SPEAKERS = (8, 10, 20)
SOUNDS = (0, 12, 40)
ALIKE = (0.0, 0.05, 0.1, 0.2)
SHARES = (0.05, 0.5, 0.9)
EFFECTS = ((0.5, 0.3), (0.9, 0.7), (0.05, 0.2))
FAMILIES = ((0.0, False), (0.5, False), (0.9, False), (0.0, True), (0.5, True))
"""What claims share, and whether speakers are uneven."""
LOST = (0.01, 0.05, 0.3)
"""What share of right answers an attack turns, where relative changes are asked for."""
BOARDS = ((0.5,) * 4, (0.9, 0.8, 0.5, 0.05))
LEAST, MOST, REJECTED, RANKED = 0.93, 0.97, 0.065, 0.95

Cells = tuple[object, ...]


@dataclass(frozen=True)
class Simulation:
    """What is simulated.

    Args:
        corpora: at each point.
        seed: of all draws.
        told: every figure found, for JSON.
    """

    corpora: int
    seed: int
    told: list[dict[str, Any]] = field(default_factory=list)

    def draws(self, table: int, number: int) -> np.random.Generator:
        """The draws of one point of one table."""
        return np.random.default_rng([self.seed, table, number])

    def note(self, table: str, found: Any) -> Any:
        """Keep what was found for JSON."""
        self.told.append({"table": table, **asdict(found)})
        return found

    def covering(self, table: int, name: str, asked: Callable[..., Any], cases: Sequence[float]) -> Iterator[Cells]:
        """Intervals of one kind of figure."""
        for number, design in enumerate(designs(SPEAKERS, SOUNDS, ALIKE)):
            rng = self.draws(table, number)
            found = [self.note(name, asked(rng, design, case, self.corpora)) for case in cases]
            yield (*place(design), *(f"{beside(one.covered)} ({one.width:.2f})" for one in found))

    def shares(self) -> Iterator[Cells]:
        """Intervals of one share."""
        return self.covering(1, "shares", share_coverage, SHARES)

    def nulls(self) -> Iterator[Cells]:
        """Tests where nothing differs."""
        for number, design in enumerate(designs(SPEAKERS, SOUNDS, ALIKE)):
            rng = self.draws(2, number)
            found = [self.note("nulls", comparison(rng, design, (one, one), self.corpora)) for one in SHARES]
            figures = (f"{beside(one.rejected, 0.0, REJECTED)} · {one.p1_rejected:.2f} · " for one in found)
            covered = (beside(one.covered) for one in found)
            yield (*place(design), *(a + b for a, b in zip(figures, covered, strict=True)))

    def effects(self) -> Iterator[Cells]:
        """Tests where something differs."""
        for number, design in enumerate(designs(SPEAKERS, SOUNDS, ALIKE)):
            rng = self.draws(3, number)
            found = [self.note("effects", comparison(rng, design, pair, self.corpora)) for pair in EFFECTS]
            cells = (f"{one.rejected:.2f} · {one.detectable:.2f} · {beside(one.covered)}" for one in found)
            yield (*place(design), *cells)

    def boards(self) -> Iterator[Cells]:
        """Rank intervals."""
        for number, design in enumerate(designs(SPEAKERS, SOUNDS, ALIKE)):
            rng = self.draws(4, number)
            found = [self.note("ranks", rank_coverage(rng, design, board, self.corpora)) for board in BOARDS]
            yield (*place(design), *(f"{beside(one.all_covered, RANKED, 1.0)} ({one.width:.1f})" for one in found))

    def searches(self) -> Iterator[Cells]:
        """Intervals of what searches find; one simulation serves all numbers of speakers."""
        found: dict[Design, list[Any]] = {}
        points = [(sounds, alike, share) for sounds in SOUNDS if sounds for alike in ALIKE for share in SHARES]
        for number, (sounds, alike, share) in enumerate(points):
            for one in search_coverage(self.draws(5, number), SPEAKERS, sounds, alike, share, self.corpora):
                found.setdefault(one.design, []).append(self.note("searches", one))
        for design in sorted(found, key=lambda design: (design.speakers, design.sounds, design.alike)):
            told = (" · ".join(f"{beside(one.covered[k])} ({one.width[k]:.2f})" for k in KS) for one in found[design])
            yield (*place(design), " ".join(f"{one.alike:.2f}" for one in found[design]), *told)

    def families(self) -> Iterator[Cells]:
        """Families of claims, adjusted together."""
        for number, design in enumerate(designs(SPEAKERS, SOUNDS, ALIKE[1::2])):
            rng = self.draws(6, number)
            found = [self.note("families", family_errors(rng, design, *one, self.corpora)) for one in FAMILIES]
            cells = (
                f"{beside(max(one.wrong['together'], one.half_wrong['together']), 0.0, REJECTED)} · "
                f"{one.wrong['flips alone']:.2f} · {one.power['together']:.2f} · {one.power['holm']:.2f}"
                for one in found
            )
            yield (*place(design), *cells)

    def changes(self) -> Iterator[Cells]:
        """Relative changes, as claims are judged by them."""
        return self.covering(7, "changes", change_coverage, LOST)

    def one_way(self) -> Iterator[Cells]:
        """Differences that go one way."""
        return self.covering(8, "one way", difference_coverage, LOST)


def tables(simulation: Simulation) -> list[tuple[str, list[str], Callable[[], Iterator[Cells]]]]:
    """Titles, columns beside the point, and what makes the rows."""
    shares = [f"{share:g}" for share in SHARES]
    nulls, effects = [f"both {share}" for share in shares], [f"{a:g} and {b:g}" for a, b in EFFECTS]
    boards = [", ".join(f"{one:g}" for one in board) for board in BOARDS]
    ks = " and ".join(f"k = {k}" for k in KS)
    return [
        ("Intervals of a share: coverage (mean width)", [f"share {share}" for share in shares], simulation.shares),
        ("Tests where nothing differs: rejected · by P1's paired t · coverage", nulls, simulation.nulls),
        ("Tests where something does: power · smallest seen · coverage", effects, simulation.effects),
        ("Rank intervals: all hold (mean width in ranks)", boards, simulation.boards),
        (
            f"Intervals of what searches find: coverage (mean width) at {ks}",
            ["ICC of success", *(f"Acc_att {share}" for share in shares)],
            simulation.searches,
        ),
        (
            f"Families of {CLAIMS} claims: a false one called true · by flips without t · power · Holm's power",
            [f"shared {together:g}{', uneven speakers' * uneven}" for together, uneven in FAMILIES],
            simulation.families,
        ),
        (
            "Intervals of a relative change: coverage (mean width)",
            [f"change {-lost:g}" for lost in LOST],
            simulation.changes,
        ),
        (
            "Intervals of a difference that goes one way: coverage (mean width)",
            [f"difference {-RIGHT * lost:.3g}" for lost in LOST],
            simulation.one_way,
        ),
    ]


def told(columns: Sequence[str], rows: Iterable[Sequence[object]], markdown: bool) -> Iterator[str]:
    """A table as lines."""
    yield from (f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)) if markdown else ("  ".join(columns),)
    for row in rows:
        cells = [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row]
        yield f"| {' | '.join(cells)} |" if markdown else "  ".join(cells)


def place(design: Design) -> Cells:
    """What a row begins with."""
    return design.speakers, design.sounds or "none", f"{design.alike:g}"


def section(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], markdown: bool) -> None:
    """Print one table, each line when it is known."""
    print(f"\n## {title}\n" if markdown else f"\n{title}", flush=True)
    for line in told(("speakers", "sounds", "ICC", *columns), rows, markdown):
        print(line, flush=True)


def beside(figure: float, least: float = LEAST, most: float = MOST) -> str:
    """A figure, marked where it is below or above what is wanted."""
    return f"{figure:.3f}{' ↓' if figure < least else ' ↑' if figure > most else ''}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--corpora", type=int, default=2000, help="simulated corpora a point")
    parser.add_argument("--markdown", action="store_true", help="print tables as docs/coverage.md has them")
    parser.add_argument("--tables", default="1,2,3,4,5,6,8", help="which of the eight tables, with commas between them")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    given = parser.parse_args(arguments)
    simulation = Simulation(given.corpora, given.seed)
    known = tables(simulation)
    for title, columns, rows in (known[int(number) - 1] for number in given.tables.split(",")):
        section(title, columns, rows(), given.markdown)
    if given.json:
        found = {"corpora": given.corpora, "seed": given.seed, "points": simulation.told}
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
