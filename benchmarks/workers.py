"""How much faster two workers are than one, on a grid of twelve cells, from trained victims to the last record.

    python benchmarks/workers.py --repeats 3

On an idle machine of two cores or more. Each time a fresh folder and a fresh place for victims; the corpus and the
noises are made beforehand. Prints wall time and processor time of each, medians and the ratio, and writes JSON with
--json. Processor time that grows with workers is what starting them costs; wall time beyond half is what waiting costs.
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


def once(folder: Path, made: Path, workers: int) -> tuple[float, float]:
    """Run the grid from nothing but corpus and noises; return wall and processor seconds."""
    cache, out = folder / "cache", folder / "run"
    shutil.copytree(made, cache, ignore=shutil.ignore_patterns("victims", "costs.json"))
    words = [sys.executable, "-m", "bench", "grid", str(folder / "plan.yaml"), "--workers", str(workers)]
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environment = os.environ | {"SERBENCH_CACHE": str(cache)}
    subprocess.run([*words, "--out", str(out)], check=True, capture_output=True, env=environment)
    wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    shutil.rmtree(cache)
    shutil.rmtree(out)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Take turns between one worker and two, and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    taken: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "plan.yaml").write_text(PLAN)
        words = [sys.executable, "-m", "bench", "grid", str(folder / "plan.yaml"), "--dry-run"]
        settings = os.environ | {"SERBENCH_CACHE": str(folder / "made")}
        subprocess.run(words, check=True, capture_output=True, env=settings)
        for _ in range(asked.repeats):
            for workers, found in taken.items():
                found.append(once(folder, folder / "made", workers))
                print(f"{workers} worker(s): {found[-1][0]:.1f} s wall, {found[-1][1]:.1f} s of processor", flush=True)
    wall, cpu = ({n: statistics.median(one[i] for one in found) for n, found in taken.items()} for i in (0, 1))
    told = {"wall_s": wall, "cpu_s": cpu, "speedup": wall[1] / wall[2], "more_cpu": cpu[2] / cpu[1]}
    print(f"speed-up {told['speedup']:.2f}, processor time × {told['more_cpu']:.2f}")
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
