"""What a cell of few queries takes beyond its victim's answers, and what the same grid takes once more when it is done.

    python -m benchmarks.small_cells             # a training and 100 cells of two utterances, one query each
    python -m benchmarks.small_cells --cells 12

Prints medians in milliseconds of a processor: a cell, its victim's answers, its victim's instances (loading, enrolling,
copying), and the rest; then the seconds that `bench grid` takes when everything is done, in a process of its own.
"""

from __future__ import annotations

import argparse
import functools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.core.showing.progress import SILENT
from bench.evaluation.cell.spares import Spares
from bench.evaluation.finished import Command, before, keep_finished
from bench.evaluation.grids.attempts import Attempts
from bench.evaluation.plans.plan_file import read_plan
from bench.evaluation.run import measure, prepare_all
from victims.cnn_gru import FittedCnnGru

ANSWERS, INSTANCES, CELLS = "answers", "instances", "cells"


def plan(folder: Path, cells: int) -> Path:
    """Write a plan of attacks that ask once.

    Args:
        folder: for the plan and the run.
        cells: how many.
    """
    attacks = "".join(f"- gain:gain_db={-20 + 0.1 * number:.1f}\n" for number in range(cells))
    words = f"victim: cnn_gru\nfold: 0\nlimit: 2\nk: 1\ndevice: cpu\nout: {folder / 'run'}\nattack:\n{attacks}"
    (folder / "plan.yaml").write_text(words)
    return folder / "plan.yaml"


def timed(spent: list[dict[str, float]], what: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Note what a function takes, in the row of the cell that it is called in.

    Args:
        spent: seconds of a processor, a row for each cell; the last is that of the cell in hand.
        what: names the function; "cells" begins the next row.
        function: is called.
    """

    @functools.wraps(function)
    def call(*words: Any, **more: Any) -> Any:
        begun = time.process_time()
        try:
            return function(*words, **more)
        finally:
            spent[-1][what] += time.process_time() - begun
            if what == CELLS:
                spent.append(defaultdict(float))

    return call


def measured(file: Path, spent: list[dict[str, float]]) -> None:
    """Run a plan, cell by cell, and keep it as done.

    Args:
        file: the plan.
        spent: gets what was taken, a row for each cell.
    """
    for owner, name, what in (
        (FittedCnnGru, "log_probs", ANSWERS),
        (Spares, "instance", INSTANCES),
        (Attempts, "cell", CELLS),
    ):
        setattr(owner, name, timed(spent, what, getattr(owner, name)))
    asked = read_plan(file)
    state, parts = before(asked), prepare_all(asked, SILENT)
    if failures := measure(parts, asked):
        raise SystemExit(failures[0].message)
    keep_finished(Command(file, {}), asked, state, parts, ())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cells", type=int, default=100)
    cells, spent = parser.parse_args().cells, list[dict[str, float]]([defaultdict(float)])
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["SERBENCH_CACHE"] = str(Path(temporary) / "cache")
        file = plan(Path(temporary), cells)
        measured(file, spent)
        whole, *parts = (statistics.median(row[what] for row in spent[1:-1]) for what in (CELLS, ANSWERS, INSTANCES))
        told = ", ".join(f"{1000 * seconds:.1f}" for seconds in (whole, *parts, whole - sum(parts)))
        print(f"{cells} cells, ms of each, of its answers, of its instances, of the rest: {told}")
        already = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "bench", "grid", str(file)], check=True, capture_output=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"done, once more: {used.ru_utime + used.ru_stime - already.ru_utime - already.ru_stime:.2f} s")


if __name__ == "__main__":
    main()
