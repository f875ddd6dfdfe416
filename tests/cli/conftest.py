"""What the tests of the command line share beside runs: another run, for what puts several together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def second_run(bench_before: Callable, tiny_job: Callable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another victim, bare and defended, under the same attack: other lines of the same boards."""
    out = tmp_path_factory.mktemp("second") / "run"
    job = tiny_job(victim="cnn_gru:channels=4,max_epochs=8", defense=["none", "multi_condition"], out=out)
    said = bench_before(*job)
    assert said.code == 0, said.err
    return out
