"""A grid on the tests' tiny corpus, to be killed, starved and damaged: a dozen cells of three fitted victims."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache as once
from pathlib import Path

from tests.conftest import write_tiny_corpus, write_tiny_noises
from tests.forking import Forked, Forks

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "bench", "grid"]
_PLAN = """\
victim: "cnn_gru:channels=4,hidden=4,dense=4,dropout=0.0,learning_rate=0.01,max_epochs=6"
attack: [boundary, fade_in]
k: [2, 4]
noises: all
corpus: emodb
corpus-root: {corpus}
noise-bank: folder
noise-root: {noises}
limit: 6
device: cpu
out: {out}
cells:
- fold: [0, 1]
- {{defense: "multi_condition:fraction=0.5", attack: [boundary, gain]}}
"""


def plan(folder: Path) -> Path:
    """Write corpus, noises and plan into a folder; return the plan's file."""
    corpus, noises = write_tiny_corpus(folder / "emodb"), write_tiny_noises(folder / "noises")
    (folder / "plan.yaml").write_text(_PLAN.format(corpus=corpus, noises=noises, out=folder / "run"))
    return folder / "plan.yaml"


@once
def forks() -> Forks:
    """Return what starts commands without their imports, which would be most of what a tiny grid costs."""
    os.environ |= environment(ROOT)  # what is heeded at a start is the same for all
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) == signal.SIG_IGN:  # started in the background; commands heed it all the same
            signal.signal(number, handler)
    return Forks(COMMAND[:3])


def environment(cache: Path) -> dict[str, str]:
    """Return what the command's processes are given."""
    return os.environ | {"SERBENCH_CACHE": str(cache), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def begun(file: Path, out: Path, cache: Path, *more: str) -> Forked | subprocess.Popen[str]:
    """Start the grid."""
    return forks().start([*COMMAND[3:], str(file), "--out", str(out), *more], environment(cache))


def finished(file: Path, out: Path, cache: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the grid to its end, or to what stops it."""
    with begun(file, out, cache, *more) as going:
        said = going.communicate()
    return subprocess.CompletedProcess([], going.returncode, *said)


def records(out: Path) -> dict[str, bytes]:
    """Return the record files of a run, by name."""
    return {path.name: path.read_bytes() for path in sorted((out / "cells").glob("*.parquet"))}


def left_behind(*roots: Path) -> list[str]:
    """List temporary files and leases below folders."""
    found = (path for root in roots for pattern in ("*.tmp", "*.lease") for path in root.rglob(pattern))
    return sorted(map(str, found))


def pids_of_leases(out: Path) -> set[int]:
    """Return the numbers of the processes that are at something in a run's folder."""
    found = set[int]()
    for lease in (out / "leases").glob("*.lease"):
        with suppress(OSError, ValueError, KeyError):
            found.add(int(json.loads(lease.read_text())["pid"]))
    return found
