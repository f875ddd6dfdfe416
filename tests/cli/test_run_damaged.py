"""Records that are damaged, and what killed processes left: set aside, named, made anew, swept."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.core.storage.processes import this_process
from tests.cli.small_runs import records


def flipped(data: bytes) -> bytes:
    """One bit of the first page: behind the mark with which compressed pages begin."""
    place = data.index(b"\x28\xb5\x2f\xfd") + 8
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize("damage", [flipped, lambda data: data[:-100], lambda _: b""], ids=["flipped", "cut", "empty"])
def test_a_damaged_record_is_set_aside_named_and_measured_anew(
    finished_run: tuple, bench_here: Callable, tiny_job: Callable, tmp_path: Path, damage: Callable
) -> None:
    run = shutil.copytree(finished_run[0], tmp_path / "run")
    file = sorted((run / "cells").iterdir())[2]
    file.write_bytes(damage(file.read_bytes()))
    (run / "cells" / "notes.parquet").write_bytes(b"somebody else's")
    said = bench_here(*tiny_job(out=run))
    assert said.code == 0, said.err
    assert said.out == finished_run[1].out
    (aside,) = (run / "damaged").iterdir()
    assert aside.name.startswith(file.name)
    assert f"{file}: no readable records" in said.err
    assert f"set aside as {aside}, and made anew" in said.err
    assert said.err.count("] victim") == 1
    (run / "cells" / "notes.parquet").unlink()
    assert records(run) == records(finished_run[0])


@pytest.mark.parametrize("name", ["cells", "failed", "samples"])
def test_a_link_in_the_run_s_folder_is_not_written_through(
    name: str, bench_here: Callable, tiny_job: Callable, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).symlink_to(tmp_path / "elsewhere")
    said = bench_here(*tiny_job(out=tmp_path / "run"))
    assert (said.code, said.out) == (2, "")
    assert f"{tmp_path / 'run' / name} is a link; expected a folder of the run's own" in said.err
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_killed_processes_left_is_swept(
    finished_run: tuple, bench_here: Callable, tiny_job: Callable, tmp_path: Path
) -> None:
    run = shutil.copytree(finished_run[0], tmp_path / "run")
    dead = subprocess.run(
        [sys.executable, "-c", "from bench.core.storage.processes import this_process; print(this_process().tag)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    left = run / "cells" / f".x.parquet.{dead}-1a2b3c4d.tmp"
    left.write_bytes(b"PAR1")
    living = run / "cells" / f".x.parquet.{this_process().tag}-1a2b3c4d.tmp"
    living.write_bytes(b"PAR1")
    said = bench_here(*tiny_job(out=run))
    assert said.code == 0
    assert "removed 1 temporary file of processes that were killed" in said.err
    assert not left.exists()
    living.unlink()
