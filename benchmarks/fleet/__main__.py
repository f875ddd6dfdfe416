"""Simulate the four papers' grid on IEMOCAP's size, and a larger one, on fleets of every kind.

    python -m benchmarks.fleet

Prints the tables of docs/at_scale.md. The same every time: what is drawn is drawn from a seed.
"""

from __future__ import annotations

import sys

from benchmarks.fleet.model import BEFORE, NOW, Costs, Fleet, Grid
from benchmarks.fleet.simulation import simulate
from benchmarks.fleet.store import LOCAL, MOUNTED, NFS, OBJECTS

PAPERS = Grid("four papers", 195, 4, 20_000)
"""195 fitted victims, 835 cells as the plans have them on five folds (four each, one seed); a fold of IEMOCAP's 10,039
utterances has about 2,000, of which a search asks ten times on average."""
SEEDS = Grid("four papers, five seeds, halves, three defences more", 1_250, 16, 20_000)
CORE = Costs(start_s=6.0, fit_s=480.0, query_s=0.0025, cell_s=20.0)
"""A core, from 7.5 s for 6,000 queries and 36 s for a training on 960 utterances of half the length."""
GPU = Costs(start_s=10.0, fit_s=60.0, query_s=0.0003, cell_s=3.0)
"""By reading, not measured: 51,200 queries in about 15 s."""

FLEETS = (
    (PAPERS, Fleet("two cores", 2, CORE, LOCAL)),
    (PAPERS, Fleet("one GPU", 1, GPU, LOCAL)),
    (PAPERS, Fleet("eight GPUs", 8, GPU, NFS)),
    (PAPERS, Fleet("64 Slurm tasks, pre-empted each hour", 64, CORE, NFS, life_s=3600.0, stagger_s=300.0)),
    (PAPERS, Fleet("the same, lost without a word", 64, CORE, NFS, life_s=3600.0, told=False, stagger_s=300.0)),
    (PAPERS, Fleet("1,000 workers", 1000, CORE, OBJECTS, stagger_s=60.0)),
    (SEEDS, Fleet("eight GPUs", 8, GPU, NFS)),
    (SEEDS, Fleet("64 Slurm tasks, pre-empted each hour", 64, CORE, NFS, life_s=3600.0, stagger_s=300.0)),
    (SEEDS, Fleet("1,000 workers", 1000, CORE, OBJECTS, stagger_s=60.0)),
    (SEEDS, Fleet("1,000 workers, mounted store", 1000, CORE, MOUNTED, stagger_s=60.0)),
)


def lines() -> list[str]:
    """Return the table, a line for each grid, fleet and set of rules."""
    found = ["| grid | fleet | store | rules | hours | used | operations | store busy | twice | scoring s |"]
    found.append("|---|---|---|---|---|---|---|---|---|---|")
    for grid, fleet in FLEETS:
        for name, rules in (("before", BEFORE), ("now", NOW)):
            one = simulate(grid, fleet, rules)
            figures = f"{one.makespan_s / 3600:.2f} | {one.used:.0%} | {one.operations:,} | {one.store_busy:.1%}"
            about = f"{grid.total:,} cells | {fleet.name} | {fleet.store.name} | {name}"
            found.append(f"| {about} | {figures} | {one.twice} | {one.scored_s:.0f} |")
    return found


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
