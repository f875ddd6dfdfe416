"""How long `bench show` takes for each cell of a large run, and how much memory: the first time, and the next.

    python -m benchmarks.showing --cells 1200

Runs of made-up records (240 utterances of ten speakers, up to 25 queries each) lie in a temporary folder: each
victim in P1's four conditions, five folds and three seeds. Each is shown by a process of its own with an empty cache,
and once more with what that has kept; processor time and peak memory of a run of no more than one victim are taken
away, so that what is left is for each cell.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.scoring.record_files.believing import determined_key
from bench.scoring.record_files.rows import Row, as_table, write_table

QUERIES, UTTERANCES, SPEAKERS, FOLDS, SEEDS = 25, 240, 10, 5, 3
A_VICTIM = 4 * FOLDS * SEEDS


@dataclass(frozen=True)
class Shown:
    """Hold what showing a run took.

    Args:
        cpu_s: processor seconds.
        peak_mb: the most memory.
    """

    cpu_s: float
    peak_mb: float


def searched(seed: int) -> list[Row]:
    """Make up the records of a search: of each utterance as many queries as it takes, up to 25."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    rows = []
    for number in range(UTTERANCES):
        who, truth = (f"u{number:04d}", f"s{number % SPEAKERS}"), "anger" if number % 2 else "sadness"
        rows.append(Row(*who, 0, truth, truth, truth))
        needed = int(rng.geometric(0.1))
        for query in range(1, min(needed, QUERIES) + 1):
            hit, snr_db = query == needed, float(10 + 5 * rng.integers(1, 5))
            said = "neutral" if hit else truth
            about: dict[str, Any] = {"snr_db": snr_db, "perturbation": "noise", "category": "natural", "additive": True}
            about |= {"source": f"clip{rng.integers(50)}", "imperceptible": bool(number % 3), "accepted": hit}
            about |= {"recipe": '{"overlay":{"clip":"c","offset":4800,"snr_db":15}}'}
            about |= {"burst_snr_db": snr_db - 3, "peak_ratio": 0.1, "survives_pcm": True} if hit else {}
            rows.append(Row(*who, query, truth, truth, said, **about))
    return rows


def described(victim: int, fold: int, seed: int, corr: bool, noises: str) -> dict[str, Any]:
    """Describe a made-up cell."""
    versions = {"serbench": "0", "torch": "0", "harness": "h"}
    fitting = {"victim": {"code": "v"}, "defense": None, "corpus": "c", "device": "cpu", "versions": versions}
    setting = {"corpus": "made-up", "noise_bank": "made-up", "task": "ahsn", "split": "k-fold", "limit": None}
    attack = {"attack": f"boundary:corr={corr},noises={noises}", "attack_base": "boundary", "corr": corr}
    rules = {"min_snr_db": 10.0, "perception": "p1", "max_queries": QUERIES, "attack_noises": "n"}
    fitted = {"victim": f"v{victim:05d}", "defense": "none", "fold": fold, "seed": seed}
    told = {"noises": [noises], "fitting": fitting, "attack_identity": {"params": {"corr": corr}}}
    return {**fitted, **setting, **attack, **rules, **told}


def cells() -> Iterator[dict[str, Any]]:
    """Describe cells without end, those of a victim next to each other."""
    victim = 0
    while True:
        for fold in range(FOLDS):
            for seed in range(SEEDS):
                for corr in (False, True):
                    for noises in ("imperceptible", "all"):
                        yield described(victim, fold, seed, corr, noises)
        victim += 1


def make_run(folder: Path, count: int) -> None:
    """Write a run of so many cells.

    Args:
        folder: a new one.
        count: of cells.
    """
    tables = [as_table(searched(seed)) for seed in range(4)]
    (folder / "cells").mkdir(parents=True)
    (folder / "run.json").write_text('{"k": [5, 15, 25]}')
    for number, about in zip(range(count), cells(), strict=False):
        path = folder / "cells" / f"{determined_key(about)}.parquet"
        write_table(path, json.dumps({"schema": 1, **about}), tables[number % 4])


def shown(folder: Path, cache: Path) -> Shown:
    """Show a run in a process of its own, and measure it.

    Args:
        folder: the run.
        cache: where what is made is kept.
    """
    command = [sys.executable, "-m", "bench", "show", str(folder)]
    environment = {**os.environ, "SERBENCH_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)"
    )
    told = subprocess.run([sys.executable, "-c", code, *command], env=environment, capture_output=True, check=True)
    return Shown(*map(float, told.stdout.split()))


def measured(count: int, scratch: Path) -> list[dict[str, float]]:
    """Show a run of so many cells twice; return what each cell took beyond a run of one victim."""
    found = []
    for name, number in (("small", A_VICTIM), ("large", count)):
        make_run(scratch / name / "run", number)
        found.append([shown(scratch / name / "run", scratch / name / "cache") for _ in range(2)])
    beyond = count - A_VICTIM
    return [
        {
            "ms_a_cell": 1000 * (large.cpu_s - small.cpu_s) / beyond,
            "mb_a_cell": (large.peak_mb - small.peak_mb) / beyond,
            "cpu_s": large.cpu_s,
            "peak_mb": large.peak_mb,
        }
        for small, large in zip(*found, strict=True)
    ]


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cells", type=int, default=1200)
    count = asked.parse_args().cells
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as scratch:
        first, again = measured(count, Path(scratch))
    print(f"| {count:,} cells | ms a cell | MB a cell | processor s | peak MB |\n|---|---|---|---|---|")
    for name, one in (("shown first", first), ("shown again", again)):
        figures = f"{one['ms_a_cell']:.2f} | {one['mb_a_cell']:.4f} | {one['cpu_s']:.1f} | {one['peak_mb']:.0f}"
        print(f"| {name} | {figures} |")


if __name__ == "__main__":
    main()
