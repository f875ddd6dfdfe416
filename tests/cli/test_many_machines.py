"""Jobs that share a run's folder and a cache at the same time, as those of a cluster do (docs/cluster.md)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.forking import Forks

VICTIM = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"
OVERLAPPING = ("0", "1", "0,1")


def test_together_they_make_what_one_makes_alone(
    tiny_job: Callable, forks: Forks, bench_before: Callable, bench_here: Callable, tmp_path: Path
) -> None:
    """Two halves and the whole at once, so that each victim and each cell is made by two of them."""

    def job(out: Path, seeds: str) -> list[str]:
        return tiny_job(victim=VICTIM, attack="fade_in", k="1", out=out, seeds=seeds)

    shared = tmp_path / "shared"
    going = [forks.start(job(shared, seeds), os.environ) for seeds in OVERLAPPING]
    said = [(process.communicate(timeout=120), process.returncode) for process in going]
    assert [code for _, code in said] == [0, 0, 0], said

    alone = bench_before(*job(tmp_path / "alone", "0,1"), SERBENCH_CACHE=str(tmp_path / "cache"))
    assert alone.code == 0, alone.err
    cells = {file.name: file.read_bytes() for file in (shared / "cells").iterdir()}
    assert cells == {file.name: file.read_bytes() for file in (tmp_path / "alone" / "cells").iterdir()}
    assert len(cells) == 2

    whole = bench_here(*job(shared, "0,1"))
    assert (whole.code, whole.out) == (0, alone.out)
    assert "Training" not in whole.err
    assert "Attacking" not in whole.err
