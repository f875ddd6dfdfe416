"""How much faster two workers are than one, on a grid of twelve cells, from trained victims to the last record.

    python -m benchmarks.workers --repeats 3
    python -m benchmarks.workers --repeats 3 --ray

On an idle machine of two cores or more; with --ray, two workers that Ray starts are measured too, which takes the
extra `ray`. Each time a fresh folder and a fresh place for victims; the corpus and the noises are made beforehand.
One worker uses several cores where it can, so that it is measured twice: as it comes, and on one core, as each of two
is. Two on two cores are compared with one on one. Prints wall time and processor time of each, medians and the ratios,
and writes JSON with --json. Exit code 1 where two workers are less than 1.8 × faster than one on one core, Ray's less
than 1.7 ×, or records differ. Processor time that grows with workers is what starting them costs; wall time beyond half
is what waiting costs, and what two cores at once take from each other.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PLAN = """\
victim: cnn_gru
attack: [boundary]
k: [5, 15, 25]
split: k-fold:3
fold: all
limit: 120
device: cpu
"""


ALONE, ONE_CORE = "1 worker", "1 on 1 core"
WAYS = {
    ALONE: ("--workers", "1"),
    ONE_CORE: ("--workers", "1"),
    "2 workers": ("--workers", "2"),
    "2 of Ray's": ("--ray", "local", "--workers", "2"),
}
BOUNDS = {"2 workers": 1.8, "2 of Ray's": 1.7}


@dataclass(frozen=True)
class Taken:
    """What a grid took, and its records by name.

    Args:
        wall_s: seconds.
        cpu_s: seconds of processors, those of Ray's own processes left out.
        records: bytes of each file.
    """

    wall_s: float
    cpu_s: float
    records: dict[str, bytes]


def once(folder: Path, made: Path, way: str) -> Taken:
    """Run the grid from nothing but corpus and noises."""
    cache, out = folder / "cache", folder / "run"
    shutil.copytree(made, cache, ignore=shutil.ignore_patterns("victims", "costs.json"))
    words = [sys.executable, "-m", "bench", "grid", str(folder / "plan.yaml"), *WAYS[way]]
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environment = os.environ | {"SERBENCH_CACHE": str(cache)} | ({"OMP_NUM_THREADS": "1"} if way == ONE_CORE else {})
    subprocess.run([*words, "--out", str(out)], check=True, capture_output=True, env=environment)
    wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    records = {file.name: file.read_bytes() for file in (out / "cells").glob("*.parquet")}
    shutil.rmtree(cache)
    shutil.rmtree(out)
    return Taken(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, records)


def main() -> int:
    """Take turns between one worker and two, and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ray", action="store_true")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    taken: dict[str, list[Taken]] = {way: [] for way in WAYS if asked.ray or "--ray" not in WAYS[way]}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "plan.yaml").write_text(PLAN)
        words = [sys.executable, "-m", "bench", "grid", str(folder / "plan.yaml"), "--dry-run"]
        settings = os.environ | {"SERBENCH_CACHE": str(folder / "made")}
        subprocess.run(words, check=True, capture_output=True, env=settings)
        for _ in range(asked.repeats):
            for way, found in taken.items():
                found.append(once(folder, folder / "made", way))
                print(f"{way}: {found[-1].wall_s:.1f} s wall, {found[-1].cpu_s:.1f} s of processor", flush=True)
    return _told(taken, asked.json)


def _told(taken: Mapping[str, Sequence[Taken]], file: Path | None) -> int:
    """Print medians and ratios; return whether a bound is not kept."""
    wall = {way: statistics.median(one.wall_s for one in found) for way, found in taken.items()}
    cpu = {way: statistics.median(one.cpu_s for one in found) for way, found in taken.items()}
    first = taken[ALONE][0].records
    same = all(one.records == first for found in taken.values() for one in found)
    faster = {way: wall[ONE_CORE] / wall[way] for way in taken if way in BOUNDS}
    print(f"{ALONE} keeps {cpu[ALONE] / wall[ALONE]:.2f} cores busy, on one core {cpu[ONE_CORE] / wall[ONE_CORE]:.2f}")
    for way, ratio in faster.items():
        more, beside = cpu[way] / cpu[ONE_CORE], wall[ALONE] / wall[way]
        print(f"{way}: {ratio:.2f} × faster than one on one core (expected {BOUNDS[way]} or more)")
        print(f"    processor time × {more:.2f}; {beside:.2f} × faster than one that uses all cores")
    print(f"{len(first)} cells, records identical: {same}")
    if file:
        told = {"wall_s": wall, "cpu_s": cpu, "faster": faster, "identical": same}
        file.write_text(json.dumps(told, indent=1) + "\n")
    return int(not same or any(ratio < BOUNDS[way] for way, ratio in faster.items()))


if __name__ == "__main__":
    sys.exit(main())
