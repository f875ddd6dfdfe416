"""How long the `bench` command takes to start, against Python's own start: processor time of whole processes.

    python -m benchmarks.starting --repeats 11

Medians, least and greatest, and the ratio to `python -c "import typer"`, which the command cannot do without. `bench
--help` and `bench list` are to take at most 0.3 s each: exit code 1 where one takes longer. Python's own compiled files
are used where they are there; with PYTHONDONTWRITEBYTECODE, what is installed in editable mode has none.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys

COMMANDS = {
    "python -c 'import typer'": ["-c", "import typer"],
    "bench --help": ["-m", "bench", "--help"],
    "bench list": ["-m", "bench", "list"],
    "bench list attacks --json": ["-m", "bench", "list", "attacks", "--json"],
    "bench run --help": ["-m", "bench", "run", "--help"],
    "import bench": ["-c", "import bench"],
}
MOST_S = {"bench --help": 0.3, "bench list": 0.3}


def cpu_seconds(words: list[str]) -> float:
    """Measure the processor time of one process, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Print a line for each command; the commands take turns, so that a busy moment meets them all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=11)
    repeats = parser.parse_args().repeats
    measured: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(repeats):
        for name, words in COMMANDS.items():
            measured[name].append(cpu_seconds(words))
    medians = {name: statistics.median(seconds) for name, seconds in measured.items()}
    least = next(iter(medians.values()))
    print(f"{'':28}{'CPU s':>8}{'least':>8}{'most':>8}{'ratio':>8}   medians of {repeats}")
    for name, seconds in medians.items():
        least_s, most_s = min(measured[name]), max(measured[name])
        print(f"{name:28}{seconds:8.3f}{least_s:8.3f}{most_s:8.3f}{seconds / least:8.2f}")
    return int(any(medians[name] > most for name, most in MOST_S.items()))


if __name__ == "__main__":
    sys.exit(main())
