"""`bench attack-report`: what a run's records say of its attacks, and nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest


def test_the_report_is_the_records(finished_run: tuple[Path, object], bench_here: Callable) -> None:
    said = bench_here("attack-report", finished_run[0], "--json", "-")
    assert said.code == 0, said.err
    reports = json.loads(said.out)["reports"]
    rows = pd.concat([pd.read_parquet(path) for path in sorted((finished_run[0] / "cells").glob("*.parquet"))])
    assert reports
    for report in reports:
        figures = [one["acc_att"] for one in report["curve"]]
        assert figures == sorted(figures)
        assert [one["k"] for one in report["curve"]] == list(range(1, len(figures) + 1))
        n = sum(one["n"] for one in report["emotions"])
        assert n == sum(one["n"] for one in report["speakers"]) == report["queries"]["n"]
        won = sum(one["count"] for one in report["means"])
        assert won == sum(one["count"] for one in report["sounds"]) == round(figures[-1] * n)
        assert won == sum(report["kaplan_meier"]["events"])
        assert sum(one["acc_att"] * one["n"] for one in report["emotions"]) == pytest.approx(won)
        assert {one["group"] for one in report["speakers"]} <= set(rows["speaker"])
        assert {one["source"] for one in report["sounds"]} <= set(rows["source"])
    assert any(one["means"] for one in reports)


def test_it_is_printed_and_drawn(finished_run: tuple[Path, object], bench_here: Callable, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    said = bench_here("attack-report", finished_run[0], "--out", tmp_path / "curves.png")
    assert said.code == 0, said.err
    told = ("corr no · noises all", "corr yes · noises imperceptible", "Acc_att  k=1:", "median queries to success")
    for text in (*told, "emotion", "speaker", "what did it"):
        assert text in said.out
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    bad = bench_here("attack-report", finished_run[0], "--out", tmp_path / "curves.gif")
    assert bad.code == 2
    assert ".png, .svg, .pdf" in bad.err


@pytest.mark.parametrize("command", [("attack-report",), ("curve", "--parameter", "k")])
def test_a_damaged_file_hides_no_other(
    finished_run: tuple[Path, object], bench_here: Callable, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """As in `bench show` and `score`: it is passed over, and named, and the exit code says so."""
    shutil.copytree(finished_run[0], tmp_path / "theirs")
    file, *others = sorted((tmp_path / "theirs" / "cells").glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:500])
    assert others
    said = bench_here(*command, tmp_path / "theirs")
    assert said.code == 2
    assert "Acc_att" in said.out
    assert f"passed over: {file}" in said.err
    for other in others:
        other.write_bytes(b"")
    alone = bench_here(*command, tmp_path / "theirs")
    assert (alone.code, alone.out) == (2, "")
    assert str(file) in alone.err


def test_a_folder_without_records_is_named(bench_here: Callable, tmp_path: Path) -> None:
    said = bench_here("attack-report", tmp_path)
    assert said.code == 2
    assert "no finished cell" in said.err or str(tmp_path) in said.err
