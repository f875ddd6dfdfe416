"""How long a big leaderboard takes: `python -m benchmarks.site [ENTRIES [CELLS]]`, 500 entries of 40 cells by default.

It makes up records, then times what `bench leaderboard` and `bench leaderboard build` do, each part by itself, and all
of the latter once more with an entry more; last, where there is a chromium, how long the page takes to open. Prints
JSON; what is made goes into a temporary folder and away again.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench.evaluation.runs import read_results
from bench.scoring.entries.fates import NotedFates
from benchmarks.made_records import MadeUp
from leaderboards.board import write_board
from leaderboards.site.build import build_site
from leaderboards.site.facts import Gathered
from leaderboards.site.tracks import tracks
from leaderboards.sources import check_distinct

_T = TypeVar("_T")
FOLDS = 5


def main(entries: int = 500, cells: int = 40) -> None:
    """Measure, and print JSON.

    Args:
        entries: victims, each under one defence.
        cells: of each: attacks times folds.
    """
    folder = Path(tempfile.mkdtemp(prefix="serbench-board-"))
    try:
        print(json.dumps(measured(folder, entries, cells), indent=1))
    finally:
        shutil.rmtree(folder)


def measured(folder: Path, entries: int, cells: int) -> dict[str, float]:
    """Time each part, in seconds and seconds of processor time, and the memory that this process and the largest of its
    helpers took, in GB.

    Args:
        folder: an empty one.
        entries: see `main`.
        cells: likewise.
    """
    attacks = ["boundary", "reverb", "fade_in", "pitch", *(f"mine-{number}" for number in range(cells // FOLDS - 4))]
    victims = {f"victim-{number:03d}": 0.4 + 0.5 * number / entries for number in range(entries)}
    took: dict[str, float] = {"entries": entries, "cells": entries * len(attacks) * FOLDS}

    def timed(name: str, work: Callable[[], _T]) -> _T:
        begun, used = time.perf_counter(), _used()
        found = work()
        took[f"{name}_s"] = round(time.perf_counter() - begun, 2)
        took[f"{name}_cpu_s"] = round(_used() - used, 2)
        return found

    run = timed("write", lambda: MadeUp(victims, {"none": 0.0}, attacks, folds=FOLDS).write(folder / "run"))
    noted = NotedFates()
    results = timed("score", lambda: read_results([run], noted=noted))
    timed("names", lambda: check_distinct(results, [run]))
    gathered = timed("gather", lambda: Gathered.of([run], noted))
    timed("board", lambda: write_board(results, folder / "board"))
    timed("rank", lambda: [one.views for one in tracks(results, {})])
    timed("pages_and_ranks", lambda: build_site(results, gathered, folder / "site"))
    took["memory_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)
    took["memory_of_a_helper_gb"] = round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6, 2)
    MadeUp({"one-more": 0.7}, {"none": 0.0}, attacks, folds=FOLDS).write(run)
    timed("one_entry_more", lambda: _built(run, folder / "site"))
    page = next((folder / "site" / "tracks").iterdir())
    took["page_mb"] = round(page.stat().st_size / 1e6, 2)
    if chromium := shutil.which("chromium"):
        words = [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
        timed("open_chromium", lambda: _dumped([*words, "--dump-dom", "about:blank"]))
        timed("open_page", lambda: _dumped([*words, "--dump-dom", page.as_uri()]))
    return took


def _built(run: Path, out: Path) -> None:
    noted = NotedFates()
    build_site(read_results([run], noted=noted), Gathered.of([run], noted), out)


def _used() -> float:
    """Processor time of this process, and of those that it started and that have ended."""
    return sum(os.times()[:4])


def _dumped(words: list[str]) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=300)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
