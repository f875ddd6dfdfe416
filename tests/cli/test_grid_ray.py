"""`bench grid --ray`: workers that Ray starts, and starts again where they are killed; cells are the same."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bench.cli.grid_ray import RayWorkers
from bench.core.errors import UsageError
from tests.forking import Forks

PLAN = """\
victim: "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"
attack: [boundary, fade_in]
k: [2, 4]
corr: no
noises: all
corpus: emodb
corpus-root: {corpus}
noise-bank: folder
noise-root: {noises}
seeds: [0, 1]
device: cpu
"""
HAS_RAY = importlib.util.find_spec("ray") is not None
NO_RAY = "no package `ray`: it is the extra `ray`"


@pytest.fixture
def plan(tiny_corpus: Path, tiny_noises: Path, tmp_path: Path) -> Path:
    """Four cells of two fitted victims."""
    (tmp_path / "plan.yaml").write_text(PLAN.format(corpus=tiny_corpus, noises=tiny_noises))
    return tmp_path / "plan.yaml"


def records(run: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (run / "cells").glob("*.parquet")}


def kill_one(run: Path, spared: int, deadline: float) -> int:
    """Kill whoever holds the first lease on a cell; return its number, 0 where nobody came."""
    while time.monotonic() < deadline:
        for lease in run.glob("leases/*.lease"):
            with suppress(OSError, ValueError):
                pid = int(json.loads(lease.read_text())["pid"])
                if pid != spared:
                    os.kill(pid, signal.SIGKILL)
                    return pid
        time.sleep(0.01)
    return 0


@pytest.mark.slow
@pytest.mark.skipif(not HAS_RAY, reason=NO_RAY)
def test_a_worker_that_is_killed_is_started_again(
    plan: Path, bench_here: Callable, forks: Forks, own_cache: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    words = ["grid", str(plan), "--out", str(run), "--ray", "local", "--workers", "2"]
    with forks.start(words, os.environ) as going:
        killed = kill_one(run, going.pid, time.monotonic() + 300)
        out, err = going.communicate(timeout=300)
    assert killed
    assert going.returncode == 0, out + err
    assert "4 cells: 0 done when it began, 4 when it ended, 0 failed" in err
    assert bench_here("grid", plan, "--out", tmp_path / "alone").code == 0
    assert records(run) == records(tmp_path / "alone")
    assert not (run / "leases").exists()


@pytest.mark.skipif(HAS_RAY, reason="ray is installed")
def test_without_ray_it_says_what_to_install(plan: Path, bench_here: Callable, tmp_path: Path) -> None:
    found = bench_here("grid", plan, "--out", tmp_path / "run", "--ray", "local")
    assert found.code == 2
    assert found.err.splitlines()[-1] == (
        "bench: --ray: found no package `ray`; expected the extra `ray`; pip install 'serbench[ray]'"
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(not HAS_RAY, reason=NO_RAY)
def test_an_address_without_a_cluster_is_named(plan: Path, bench_here: Callable, tmp_path: Path) -> None:
    found = bench_here("grid", plan, "--out", tmp_path / "run", "--ray", "127.0.0.1:1")
    assert found.code == 2
    assert "--ray 127.0.0.1:1: found no cluster" in found.err


@pytest.mark.parametrize(("count", "gpus"), [(0, 0.0), (1, -0.5)])
def test_workers_that_cannot_be(count: int, gpus: float) -> None:
    with pytest.raises(UsageError, match=r"at least 1|0 or more GPUs"):
        RayWorkers("local", count, gpus)
