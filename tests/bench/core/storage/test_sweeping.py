"""What killed processes leave is swept, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from bench.core.storage.cache import appearing_file
from bench.core.storage.processes import Process, this_process
from bench.core.storage.sweeping import OLD_S, sweep


def test_only_what_is_nobodys_goes(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    own = this_process()
    dead = Process(own.host, own.boot, ended.pid, "")
    elsewhere = replace(dead, boot="of another machine")
    kept = {
        f".x.{own.tag}-1a2b3c4d.tmp",
        f".x.{elsewhere.tag}-1a2b3c4d.tmp",
        ".x.parquet.1a2b3c4d.tmp",
        f"x.{dead.tag}-1a2b3c4d.tmp",
        "cells.parquet",
    }
    for name in (*kept, f".x.{dead.tag}-1a2b3c4d.tmp", ".old.1a2b3c4d.tmp", f".y.{elsewhere.tag}-1a2b3c4d.tmp"):
        (tmp_path / name).write_text("")
    (tmp_path / f".folder.{dead.tag}-1a2b3c4d.tmp" / "in").mkdir(parents=True)
    for old in (".old.1a2b3c4d.tmp", f".y.{elsewhere.tag}-1a2b3c4d.tmp"):
        os.utime(tmp_path / old, (time.time() - OLD_S - 60,) * 2)
    assert sweep([tmp_path, tmp_path / "nowhere"]) == 4
    assert {file.name for file in tmp_path.iterdir()} == kept


def test_what_is_being_written_says_whose_it_is(tmp_path: Path) -> None:
    with appearing_file(tmp_path / "file") as temporary:
        assert this_process().tag in temporary.name
        assert sweep([tmp_path]) == 0


def test_what_cannot_be_swept_hides_nothing(tmp_path: Path) -> None:
    own = this_process().tag.rpartition("-")[0]
    (tmp_path / f".a.{own}-{'9' * 30}-1a2b3c4d.tmp").write_text("no system has such a number")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f".b.{own}-{'9' * 30}-1a2b3c4d.tmp").symlink_to("elsewhere")
    assert sweep([tmp_path]) == 2
    assert [file.name for file in tmp_path.iterdir()] == ["elsewhere"]
