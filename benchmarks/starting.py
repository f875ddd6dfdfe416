"""How long the `bench` command takes to start, against Python's own start: processor time of whole processes.

    python benchmarks/starting.py --repeats 9

Medians, and the ratio to `python -c "import typer"`, which the command cannot do without.
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
    "bench run --help": ["-m", "bench", "run", "--help"],
    "import bench": ["-c", "import bench"],
}


def cpu_seconds(words: list[str]) -> float:
    """Measure the processor time of one process, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a line for each command; the commands take turns, so that a busy moment meets them all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    measured: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(repeats):
        for name, words in COMMANDS.items():
            measured[name].append(cpu_seconds(words))
    medians = {name: statistics.median(seconds) for name, seconds in measured.items()}
    least = next(iter(medians.values()))
    print(f"{'':28}{'CPU s':>8}{'ratio':>8}   medians of {repeats}")
    for name, seconds in medians.items():
        print(f"{name:28}{seconds:8.3f}{seconds / least:8.2f}")


if __name__ == "__main__":
    main()
