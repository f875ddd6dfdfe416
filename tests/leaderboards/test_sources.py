"""Runs of several people on one board: no figure takes another's place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.made_records import MadeUp

MINE = MadeUp({"good": 0.9}, {"none": 0.0}, ["boundary"], folds=1)


def test_a_name_that_two_runs_have_for_other_figures_is_an_error_that_names_both(
    tmp_path: Path, bench_here: Callable
) -> None:
    mine, theirs = MINE.write(tmp_path / "mine"), replace(MINE, told={"code": "another"}).write(tmp_path / "theirs")
    said = bench_here("leaderboard", mine, theirs, "--out", tmp_path / "board")
    assert said.code == 2
    assert all(part in said.err for part in (str(mine), str(theirs), "good under none by boundary"))
    assert not (tmp_path / "board").exists()


def test_other_names_and_an_update_in_one_folder_are_none(tmp_path: Path, bench_here: Callable) -> None:
    mine = MINE.write(tmp_path / "mine")
    other = replace(MINE, victims={"better": 0.95}).write(tmp_path / "theirs")
    replace(MINE, told={"code": "another"}).write(mine)
    said = bench_here("leaderboard", mine, other, "--out", tmp_path / "board")
    assert said.code == 0, said.err
    assert len((tmp_path / "board" / "leaderboard.csv").read_text().splitlines()) == 1 + 3 * 3 * 3
