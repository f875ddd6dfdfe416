"""A task of numbers from the run to the board: figures, tables, records that are believed, and what is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import bench
from bench.core.errors import DataError
from bench.evaluation.runs import read_results
from bench.scoring.inference.concordance import ccc, mae
from bench.scoring.record_files.believing import check_believable
from bench.scoring.record_files.cell_records import CellRecords
from bench.scoring.records import Store

VICTIM = "cnn_gru:channels=8,hidden=8,dense=8,dropout=0.0,learning_rate=0.01,batch_size=8,max_epochs=6"
SHIFT = """
attribute = "activation"
scale = [0, 1]
shift = 0.02
"""


@pytest.fixture
def task(tmp_path: Path) -> Path:
    (tmp_path / "small_shift.toml").write_text(SHIFT)
    return tmp_path / "small_shift.toml"


def test_a_run_is_scored_shown_believed_and_ranked(
    bench_here: Callable, tiny_job: Callable, task: Path, tmp_path: Path
) -> None:
    run, attacks = tmp_path / "run", ["boundary:corr=true,noises=all,step_db=6", "white_noise"]
    options = {"victim": VICTIM, "attack": attacks, "k": "1,3", "task": task, "out": run}
    said = bench_here(*tiny_job(**options, json=tmp_path / "results.json"))
    assert said.code == 0, said.err
    told = json.loads((tmp_path / "results.json").read_text())
    cells = {(one["victim"], one["attack"]): one for one in told["cells"]}
    for cell in Store(run).cells():
        names = cell.description.names
        own = cells[names.victim, cell.description.attack_base]
        _check_figures(cell, own)
        check_believable(Store(run).path(cell.key), cell)
    assert max(score["acc_att"] for one in cells.values() for score in one["scores"]) > 0
    shown = bench_here("show", run).out
    assert "activation from 0 to 1; success: an answer that moved by more than 0.02, up or down" in shown
    assert "CCC after" in shown
    assert "UAR" not in shown
    assert "rated 0 to 0.333" in bench_here("score", run, "--by", "emotion", "--k", 3).out
    assert "rated 0.667 to 1" in bench_here("attack-report", run).out
    assert bench_here("leaderboard", run, "--out", tmp_path / "board").code == 0
    assert bench_here("leaderboard", "build", run, "--out", tmp_path / "site").code == 0
    board = (tmp_path / "board" / "leaderboard.md").read_text()
    assert "clean CCC" in board
    site = json.loads((tmp_path / "site" / "files" / "leaderboard.json").read_text())
    assert {one["clean_uar"] for one in site["tracks"][0]["entries"]} == {None}
    assert bench_here("report", run, "--out", tmp_path / "page.html").code == 0
    assert "This model tells numbers, not emotions: activation from 0 to 1" in (tmp_path / "page.html").read_text()
    assert bench_here("curve", run, "--parameter", "std").out.count("1 − CCC") == 1
    curve = bench.curve(run, "std")
    assert "1 − CCC" in repr(curve), "from Python it was an error"
    (noise,) = (one["perturbed"] for one in told["cells"] if one["perturbed"])
    assert curve.to_frame()["ccc_error"].item() == pytest.approx(1 - noise["ccc"])
    assert noise["ccc_ci95"][1] - noise["ccc_ci95"][0] < 1.99, "noise of one level has one source, which is no sample"
    assert read_results([run], (1, 3)).to_frame()["clean_ccc"].notna().all()
    for table in (repr(bench.show(run)), repr(bench.leaderboard(run))):
        assert "clean UAR or CCC" in table
        assert "None" not in table


def _check_figures(cell: CellRecords, own: dict[str, Any]) -> None:
    """The figures of one cell against its rows, by another way."""
    rows, dimension = cell.rows, cell.description.dimension
    assert dimension is not None
    clean = rows[rows["query"] == 0]
    pair = clean["value_true"].tolist(), clean["value_before"].tolist()
    assert set(pair[0]) == {0.0, 0.5, 1.0}, "EMO-DB's 1, 3 and 5"
    assert own["clean"]["ccc"] == pytest.approx(ccc(*pair), abs=1e-9)
    assert own["clean"]["mae"] == pytest.approx(mae(*pair), abs=1e-12)
    assert own["clean"]["war"] == pytest.approx((abs(clean["value_true"] - clean["value_before"]) <= 0.02).mean())
    assert own["clean"]["uar"] is None
    after = clean.set_index("utterance")["value_before"].to_dict()
    for row in rows[rows["accepted"]].sort_values("query", ascending=False).itertuples():
        after[row.utterance] = row.value_after
        assert abs(row.value_after - row.value_before) > 0.02
    last = next(one for one in own["scores"][::-1] if one["noises"] == "all")
    assert last["ccc"] == pytest.approx(ccc(pair[0], [after[one] for one in clean["utterance"]]), abs=1e-9)
    assert last["ccc_ci95"][0] <= last["ccc"] <= last["ccc_ci95"][1]
    if own["perturbed"] is not None:
        asked = rows[rows["query"] == 1]
        found = ccc(asked["value_true"].tolist(), asked["value_after"].tolist())
        assert own["perturbed"]["ccc"] == pytest.approx(found, abs=1e-9)


def test_records_that_contradict_their_numbers_are_not_believed(
    bench_here: Callable, tiny_job: Callable, task: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    brief = VICTIM.replace("max_epochs=6", "max_epochs=1")
    assert bench_here(*tiny_job(victim=brief, attack="white_noise", k=1, task=task, out=run, limit=8)).code == 0
    (cell,) = Store(run).cells()
    path = Store(run).path(cell.key)
    check_believable(path, cell)
    asked = cell.rows.index[cell.rows["query"] == 1][0]
    way = -1 if cell.rows.loc[asked, "label_after"] == "higher" else 1
    moved = cell.rows.loc[asked, "value_before"] + 0.5 * way
    wrong = ("value_after", moved, "label"), ("value_true", 7.0, "two ratings"), ("value_before", math.nan, "missing")
    for column, value, message in wrong:
        rows = cell.rows.copy()
        rows.loc[asked, column] = value
        with pytest.raises(DataError, match=message):
            check_believable(path, replace(cell, rows=rows))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"victim": "voice_encoder"}, "victim 'voice_encoder' in task 'activation': found one that tells classes"),
        (
            {"defense": "smoothing"},
            "defence 'smoothing' in task 'activation': found one that defends victims that tell",
        ),
        ({"task": "dominance"}, "no utterance rated for dominance; expected utterances with ratings of dominance"),
    ],
)
def test_what_needs_classes_is_refused_before_anything_is_trained(
    bench_here: Callable, tiny_job: Callable, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    said = bench_here(*tiny_job(**{"task": "activation", "out": tmp_path / "run", **options}))
    assert said.code == 2
    assert message in " ".join(said.err.split())
    assert not (tmp_path / "run" / "cells").exists()
    assert "Training" not in said.err


def test_clean_speech_is_told_by_ccc(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    words = [one for one in tiny_job(victim=VICTIM, task="activation") if not one.startswith(("--attack", "--k="))]
    said = bench_here("victims", "evaluate", *words[1:], f"--json={tmp_path / 'clean.json'}")
    assert said.code == 0, said.err
    (cell,) = json.loads((tmp_path / "clean.json").read_text())["cells"]
    assert cell["ccc_ci95"][0] <= cell["ccc"] <= cell["ccc_ci95"][1]
    assert {"mae", "rmse", "right", "n"} <= set(cell)
    assert "CCC" in bench_here("victims", "evaluate", *words[1:]).out
