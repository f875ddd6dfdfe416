"""`bench show` and `bench score`: finished runs are scored anew, and nothing is loaded for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.starting import heavy_after


def test_show_says_what_the_run_said(finished_run: tuple, bench_here: Callable) -> None:
    run, first = finished_run
    said = bench_here("show", run)
    assert said.code == 0, said.err
    assert said.out == first.out
    assert said.err == ""


def test_show_at_another_k(finished_run: tuple, bench_here: Callable) -> None:
    all_of_them = json.loads((finished_run[0].parent / "scores.json").read_text())["cells"][0]["scores"]
    said = bench_here("show", finished_run[0], "--k", "7,2", "--json", "-")
    found = json.loads(said.out)["cells"][0]["scores"]
    assert sorted({score["k"] for score in found}) == [2, 7]
    assert [score for score in found if score["k"] == 2] == [score for score in all_of_them if score["k"] == 2]
    for at_7 in (score for score in found if score["k"] == 7):
        at_4, at_8 = (
            next(s for s in all_of_them if (s["corr"], s["noises"], s["k"]) == (at_7["corr"], at_7["noises"], k))
            for k in (4, 8)
        )
        assert at_4["acc_att"] <= at_7["acc_att"] <= at_8["acc_att"]


def test_show_needs_neither_victim_nor_sound(
    finished_run: tuple, bench_here: Callable, own_cache: Path, tmp_path: Path, tree: Callable
) -> None:
    run = shutil.copytree(finished_run[0], tmp_path / "moved")
    before = tree(run)
    assert bench_here("show", run).out == finished_run[1].out
    assert tree(run) == before, "showing writes nothing"
    made = {folder.name for folder in own_cache.iterdir()}
    assert made <= {"scores", "places", "ranks"}, "the figures themselves, and nothing else"


def test_an_output_that_is_not_utf_8(finished_run: tuple, bench_process: Callable) -> None:
    said = bench_process("show", finished_run[0], PYTHONIOENCODING="ascii")
    assert said.code == 0, said.err
    assert said.out.isascii()
    assert finished_run[1].out.splitlines()[1].encode("ascii", "replace").decode() in said.out


def test_show_writes_json(finished_run: tuple, bench_here: Callable, tmp_path: Path) -> None:
    said = bench_here("show", finished_run[0], "--json", tmp_path / "scores.json")
    assert said.out == finished_run[1].out
    assert json.loads((tmp_path / "scores.json").read_text()) == json.loads(
        (finished_run[0].parent / "scores.json").read_text()
    )
    assert [path.name for path in tmp_path.iterdir()] == ["scores.json"]


def test_score_says_what_show_says(finished_run: tuple, bench_here: Callable) -> None:
    for more in ((), ("--k", "1,5"), ("--k", "8", "--json", "-")):
        shown, scored = (bench_here(command, finished_run[0], *more) for command in ("show", "score"))
        assert shown.code == scored.code == 0, scored.err
        assert shown.out == scored.out


def test_score_puts_runs_together(finished_run: tuple, second_run: Path, bench_here: Callable) -> None:
    said = bench_here("score", finished_run[0], second_run, "--k", "1,8", "--json", "-")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert len(found["pooled"]) == 3
    assert {score["k"] for entry in found["pooled"] for score in entry["scores"]} == {1, 8}
    tables = bench_here("score", finished_run[0], second_run).out
    assert tables.count("Ranked: ") == 4, "one for each Corr and Noises, at the greatest k"


def test_score_names_a_k_beyond_the_budget(finished_run: tuple, bench_here: Callable) -> None:
    said = bench_here("score", finished_run[0], "--k", "1,5,50")
    assert said.code == 2
    assert said.out == ""
    expected = f"at most 8, the budget of {finished_run[0]}"
    assert said.err == f"bench: --k: found 50; expected {expected}; run again with --k 50\n"


@pytest.mark.parametrize(("command", "json"), [("score", "tables"), ("show", "-")])
def test_scoring_loads_no_model(finished_run: tuple, command: str, json: str) -> None:
    imported = heavy_after([command, str(finished_run[0]), "--k", "1,8", *(["--json", json] if json == "-" else [])])
    assert not {"torch", "torchaudio", "librosa", "soundfile", "numba"} & set(imported.split())
    assert "scipy" in imported.split(), "something was scored"


@pytest.mark.parametrize("columns", [80, 200])
def test_a_table_fits_eighty_columns(second_run: Path, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No figure and no name of a column is cut or folded."""
    import io

    from rich.console import Console

    from bench.cli import tables
    from bench.evaluation.runs import read_results
    from leaderboards.ranking import boards

    found = read_results([second_run])
    ranked = [tables.ranking_table(board) for board in boards(found, greatest_k=True)]
    for table in (*map(tables.attack_table, found.pooled), *ranked):
        page = Console(file=io.StringIO(), width=columns)
        page.print(table)
        text = page.file.getvalue()
        assert max(map(len, text.splitlines())) <= 80 or columns > 80
        assert "…" not in text
        assert "robust accuracy" in text
    for entry in found.pooled:
        page = Console(file=io.StringIO(), width=columns)
        page.print(tables.attack_table(entry))
        for one in entry.scores:
            assert str(one.acc_att) in page.file.getvalue()
            assert str(one.robust_accuracy) in page.file.getvalue()
