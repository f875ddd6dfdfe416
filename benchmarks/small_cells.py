"""What a cell of few queries takes beyond its victim's answers, and what the same grid takes once more when it is done.

    python benchmarks/small_cells.py             # a training and 100 cells of two utterances, one query each
    python benchmarks/small_cells.py --cells 12

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

from bench.core.progress import SILENT
from bench.evaluation.attempts import Attempts
from bench.evaluation.finished import Command, before, keep_finished
from bench.evaluation.plan_file import read_plan
from bench.evaluation.run import measure, prepare_all
from bench.evaluation.spares import Spares
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


def timed(spent: dict[str, list[float]], what: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Note what each call of a function takes.

    Args:
        spent: seconds of a processor, call by call.
        what: names the function.
        function: is called.
    """

    @functools.wraps(function)
    def call(*words: Any, **more: Any) -> Any:
        begun = time.process_time()
        try:
            return function(*words, **more)
        finally:
            spent[what].append(time.process_time() - begun)

    return call


def measured(file: Path, spent: dict[str, list[float]]) -> None:
    """Run a plan, cell by cell, and keep it as done.

    Args:
        file: the plan.
        spent: gets what was taken.
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
    cells, spent = parser.parse_args().cells, defaultdict[str, list[float]](list)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["SERBENCH_CACHE"] = str(Path(temporary) / "cache")
        file = plan(Path(temporary), cells)
        measured(file, spent)
        whole = statistics.median(spent[CELLS])
        parts = {what: sum(spent[what][-cells * 2 :]) / cells for what in (ANSWERS, INSTANCES)}
        told = ", ".join(f"{what} {1000 * seconds:.1f}" for what, seconds in parts.items())
        print(
            f"{cells} cells, ms each: {1000 * whole:.1f}; {told}; the rest {1000 * (whole - sum(parts.values())):.1f}"
        )
        already = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "bench", "grid", str(file)], check=True, capture_output=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"done, once more: {used.ru_utime + used.ru_stime - already.ru_utime - already.ru_stime:.2f} s")


if __name__ == "__main__":
    main()
