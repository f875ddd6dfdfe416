"""Grids that are stopped at a random moment, and begun again: what is different in the end?

    python benchmarks/faults/kills.py --runs 50 --signal KILL
    python benchmarks/faults/kills.py --runs 10 --signal TERM --workers 2
    python benchmarks/faults/kills.py --runs 10 --signal KILL --processes 4

Each run has a folder and a cache of its own, so that corpus, trainings and cells are all met. It is stopped somewhere
within the time that an undisturbed run takes, with its workers where it is not SIGKILL, one of several processes where
there are several; then the same command goes on. Exit code 1 where any records differ from those of a run that nobody
stopped, a lease or a temporary file stays behind, or a traceback is shown.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tiny import COMMAND, environment, finished, plan, records


def main() -> int:
    """Stop and go on, so many times, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--signal", choices=("KILL", "TERM", "INT", "HUP"), default="KILL")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1, help="commands at once in one folder; one is stopped")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng, how, wrong = random.Random(asked.seed), signal.Signals[f"SIG{asked.signal}"], 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = plan(folder)
        begun = time.monotonic()
        whole = finished(file, folder / "alone", folder / "cache-alone")
        took, expected = time.monotonic() - begun, records(folder / "alone")
        print(f"undisturbed: {len(expected)} cells in {took:.1f} s, exit code {whole.returncode}", flush=True)
        for number in range(asked.runs):
            after = rng.uniform(0, took)
            problems = _once(file, folder, how, after, asked.workers, asked.processes, expected)
            print(f"{number + 1}: SIG{asked.signal} after {after:.1f} s: {problems or 'identical'}", flush=True)
            wrong += bool(problems)
    print(f"{asked.runs - wrong} of {asked.runs} ended identical")
    return int(wrong > 0)


def _once(
    file: Path,
    folder: Path,
    how: signal.Signals,
    after: float,
    workers: int,
    processes: int,
    expected: dict[str, bytes],
) -> str:
    out, cache = folder / "run", folder / "cache"
    words = [*COMMAND, str(file), "--out", str(out), "--workers", str(workers)]
    pipe = subprocess.PIPE
    going = [
        subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, env=environment(cache)) for _ in range(processes)
    ]
    time.sleep(after)
    going[0].send_signal(how)
    said = [process.communicate()[1] for process in going]
    again = finished(file, out, cache)
    problems = []
    if records(out) != expected:
        problems.append("records differ")
    if again.returncode or any(process.returncode for process in going[1:]):
        problems.append(f"exit codes {[process.returncode for process in going]} and {again.returncode}")
    if "Traceback" in "".join(said) + again.stderr:
        problems.append("a traceback")
    if how != signal.SIGKILL and going[0].returncode not in (0, 128 + how):
        problems.append(f"exit code {going[0].returncode} for {how.name}")
    left = [str(path) for root in (out, cache) for path in (*root.rglob("*.tmp"), *root.rglob("*.lease"))]
    if left:
        problems.append(f"left behind: {left}")
    shutil.rmtree(out)
    shutil.rmtree(cache)
    return "; ".join(problems)


if __name__ == "__main__":
    sys.exit(main())
