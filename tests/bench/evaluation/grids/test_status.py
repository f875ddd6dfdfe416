"""How a run goes, as its folder tells it to somebody who takes no part in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.core.storage.leases import EXPIRY_S, Held, Leases
from bench.core.storage.processes import Process, this_process
from bench.evaluation.grids.run_notes import lost, note_lost, note_planned, planned
from bench.evaluation.grids.status import status_of


@pytest.fixture
def run(finished_run: tuple, tmp_path: Path) -> Path:
    """A finished run of four cells, and two more that are planned."""
    copied = shutil.copytree(finished_run[0], tmp_path / "run")
    keys = [file.stem for file in (copied / "cells").iterdir()]
    note_planned(copied, {key: f"cell {number}" for number, key in enumerate(keys)})
    note_planned(copied, {"one": "a cell that fails", "two": "a cell in hand"})
    now = time.time()
    for number, file in enumerate(sorted((copied / "cells").iterdir())):
        os.utime(file, (now - 100 + 10 * number,) * 2)
    return copied


def dead() -> Process:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    return replace(this_process(), pid=ended.pid, started="")


def test_who_is_at_what_and_what_was_lost(run: Path, bench_here: Callable) -> None:
    (run / "failed").mkdir(exist_ok=True)
    (run / "failed" / "one.json").write_text("{")
    (run / "damaged").mkdir()
    (run / "damaged" / "x.parquet.1a2b3c4d").write_text("")
    note_lost(run, Held("c-two", 0, "a cell in hand", dead(), 0.0, 0.0))
    leases = Leases(run / "leases")
    with leases.take("c-two", "a cell in hand"), leases.take("g-victim", "no cell"):
        found = status_of(run)
        said = bench_here("status", run)
    assert (found.planned, found.done, found.failed, found.left) == (6, 4, 1, 1)
    (at_work,) = found.at_work
    assert (at_work.what, at_work.process, at_work.lost) == ("a cell in hand", str(this_process()), False)
    assert at_work.heard_s < 60
    assert found.cells_a_minute == pytest.approx(6)
    assert found.seconds_left == pytest.approx(10)
    assert [what for what, _ in found.taken_over] == ["a cell in hand"]
    assert found.failures[0][0] == "a cell that fails"
    assert said.code == 0
    first, *more = said.out.splitlines()
    assert first == "4 of 6 cells done, 1 failed, 1 left; 6.0 cells a minute, about 10 s left"
    assert any(line.startswith(f"{this_process()}: a cell in hand (since ") for line in more)
    assert any(line.startswith("taken over from ") for line in more)
    assert any(line.startswith("failed: a cell that fails: ") for line in more)
    assert any(line.startswith("damaged, and set aside: ") for line in more)
    told = json.loads(bench_here("status", run, "--json", "-").out)
    assert (told["planned"], told["done"], told["left"]) == (6, 4, 1)


def test_what_nobody_is_at_any_more_is_lost(run: Path, bench_here: Callable) -> None:
    (run / "leases").mkdir()
    for name, process, age in (("c-one", dead(), 0.0), ("c-two", replace(this_process(), host="far"), EXPIRY_S + 5)):
        path = run / "leases" / f"{name}.0.lease"
        path.write_text(json.dumps(process.to_json() | {"what": name, "since": time.time() - 200, "deaths": 0}))
        os.utime(path, (time.time() - age,) * 2)
    assert [one.lost for one in status_of(run).at_work] == [True, True]
    assert bench_here("status", run).out.count("\nLOST ") == 2


def test_a_run_of_before_there_were_notes_has_a_status(finished_run: tuple, tmp_path: Path) -> None:
    run = shutil.copytree(finished_run[0], tmp_path / "run")
    (run / "planned.json").unlink()
    found = status_of(run)
    assert (found.planned, found.done, found.left, found.at_work) == (4, 4, 0, ())


def test_notes_that_are_damaged_tell_nothing(tmp_path: Path) -> None:
    (tmp_path / "planned.json").write_text("[1")
    (tmp_path / "lost.jsonl").write_text('{"what": "a", "process": "b"}\n{"what"\n[]\n')
    assert planned(tmp_path) == {}
    assert lost(tmp_path) == [("a", "b")]
    note_planned(tmp_path, {"key": "a cell"})
    assert planned(tmp_path) == {"key": "a cell"}


def test_what_is_no_run_is_named(bench_here: Callable, tmp_path: Path) -> None:
    said = bench_here("status", tmp_path)
    assert said.code == 2
    assert said.err.startswith(f"bench: {tmp_path}: found no run in it; expected ")


def test_each_cell_has_a_log(finished_run: tuple) -> None:
    run = finished_run[0]
    logs = {file.stem: file.read_text() for file in (run / "logs").glob("*.log")}
    assert logs.keys() == {file.stem for file in (run / "cells").iterdir()}
    for text in logs.values():
        assert "Attacking with boundary" in text
        assert text.splitlines()[-1].partition(" ")[2].partition(" ")[2].startswith("ended after ")


@pytest.mark.parametrize("name", ["planned.json", "lost.jsonl", "leases/c-two.0.lease"])
@pytest.mark.parametrize("content", ["pipe", "deep", "escapes"])
def test_notes_of_any_shape(run: Path, name: str, content: str, bench_here: Callable) -> None:
    """Nothing is waited for, nothing but text is printed, and the rest is told."""
    (run / "leases").mkdir(exist_ok=True)
    (run / name).unlink(missing_ok=True)
    if content == "pipe":
        os.mkfifo(run / name)
    else:
        hostile = "\x1b]0;x\x07\u202e[/x]\ud800"
        told = {"what": hostile, "process": hostile, "since": 1e999, "deaths": 0, "key": hostile}
        (run / name).write_text("[" * 100_000 if content == "deep" else json.dumps(told))
    said = bench_here("status", run)
    assert said.code == 0, said.err
    assert "4 of " in said.out
    assert not any(one in said.out + said.err for one in ("\x1b", "\u202e", "\ud800", "Traceback"))


def test_notes_are_written_through_nothing_and_never_needed(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("my own\n")
    (run / "lost.jsonl").symlink_to(tmp_path / "mine")
    note_lost(run, Held("c-two", 0, "a cell in hand", dead(), 0.0, 0.0))
    assert (tmp_path / "mine").read_text() == "my own\n"
    (run / "planned.json").unlink()
    (run / "planned.json").mkdir()
    note_planned(run, {"one": "a cell"})
    assert planned(run) == {}
