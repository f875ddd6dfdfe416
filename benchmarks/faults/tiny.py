"""A grid on the tests' tiny corpus, to be killed, starved and damaged: a dozen cells of three fitted victims."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "bench", "grid"]
_PLAN = """\
victim: "cnn_gru:channels=8,hidden=8,dense=8,dropout=0.0,learning_rate=0.01,max_epochs=12"
attack: [boundary, fade_in]
k: [2, 4, 8]
noises: all
corpus: emodb
corpus-root: {corpus}
noise-bank: folder
noise-root: {noises}
device: cpu
out: {out}
cells:
- fold: [0, 1]
- {{defense: "multi_condition:fraction=0.5", attack: [boundary, gain]}}
"""


def plan(folder: Path) -> Path:
    """Write corpus, noises and plan into a folder; return the plan's file."""
    spec = importlib.util.spec_from_file_location("serbench_tests", ROOT / "tests" / "conftest.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(ROOT / "tests" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["serbench_tests"] = module
    spec.loader.exec_module(module)
    corpus, noises = module.write_tiny_corpus(folder / "emodb"), module.write_tiny_noises(folder / "noises")
    (folder / "plan.yaml").write_text(_PLAN.format(corpus=corpus, noises=noises, out=folder / "run"))
    return folder / "plan.yaml"


def environment(cache: Path) -> dict[str, str]:
    """Return what the command's processes are given."""
    return os.environ | {"SERBENCH_CACHE": str(cache), "PYTHONPATH": str(ROOT)}


def finished(file: Path, out: Path, cache: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the grid to its end, or to what stops it."""
    words = [*COMMAND, str(file), "--out", str(out), *more]
    return subprocess.run(words, check=False, capture_output=True, text=True, env=environment(cache))


def records(out: Path) -> dict[str, bytes]:
    """Return the record files of a run, by name."""
    return {path.name: path.read_bytes() for path in sorted((out / "cells").glob("*.parquet"))}
