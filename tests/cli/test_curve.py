"""`bench curve`: error against ε from finished runs alone, printed, as JSON and as a picture."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from bench.scoring.scores import war

EPSILONS = (0.5, 1.0, 2.0)


@pytest.fixture(scope="module")
def noisy_run(bench_before: Callable, tiny_job: Callable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real noise of two of the tiny bank's categories at three ε; one of these is the default."""
    out = tmp_path_factory.mktemp("noisy") / "run"
    specs = [f"real_noise:category={c},epsilon={e:g}" for c in ("natural", "human") for e in EPSILONS]
    said = bench_before(*tiny_job(attack=specs, out=out, k="1"))
    assert said.code == 0, said.err
    return out


def test_the_table_is_the_records(noisy_run: Path, bench_here: Callable) -> None:
    said = bench_here("curve", noisy_run, "--parameter", "epsilon")
    assert said.code == 0, said.err
    assert said.err == ""
    for text in ("real_noise:category=human", "real_noise:category=natural", "1 − UAR", "1 − WAR", "16 of 16"):
        assert text in said.out
    assert said.out.count("\n  0.5 ") == said.out.count("\n  2 ") == 2


def test_the_json_is_the_records(noisy_run: Path, bench_here: Callable) -> None:
    said = bench_here("curve", noisy_run, "--parameter", "epsilon", "--json", "-")
    found = json.loads(said.out)
    assert (found["schema"], found["parameter"]) == (1, "epsilon")
    assert [curve["category"] for curve in found["curves"]] == ["human", "natural"]
    rows = pd.concat([pd.read_parquet(path) for path in sorted((noisy_run / "cells").glob("*.parquet"))])
    for curve in found["curves"]:
        assert [point["x"] for point in curve["points"]] == list(EPSILONS)
        for point in curve["points"]:
            asked = rows["source"].str.endswith(f" epsilon={point['x']:g}") & (rows["category"] == curve["category"])
            own = rows[asked.fillna(False)]
            assert len(own) == point["applied"] == point["of"] == 16
            assert point["war"]["error"] == pytest.approx(1 - war(own["label_true"], own["label_after"]))
            assert point["war"]["clean"] == pytest.approx(1 - war(own["label_true"], own["label_before"]))


def test_the_same_run_twice_is_on_it_once(noisy_run: Path, bench_here: Callable) -> None:
    once = bench_here("curve", noisy_run, "--parameter", "epsilon", "--json", "-").out
    assert bench_here("curve", noisy_run, noisy_run, "--parameter", "epsilon", "--json", "-").out == once


def test_the_picture_and_the_json_are_files(noisy_run: Path, bench_here: Callable, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    words = ("curve", noisy_run, "--parameter=epsilon", "--out", tmp_path / "c.png", "--json", tmp_path / "c.json")
    said = bench_here(*words)
    assert said.code == 0, said.err
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "c.json").read_text())["curves"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.json", "c.png"]
    assert "real_noise" in said.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--parameter", "epsilom"), "did you mean 'epsilon'?"),
        (("--parameter", "category"), "one of epsilon"),
        (("--parameter", "epsilon", "--out", "c.gif"), ".png, .svg, .pdf"),
        (("--parameter", "epsilon", "--json", "no/such/folder/c.json"), "a file in an existing folder"),
    ],
)
def test_what_cannot_be_is_one_line(
    noisy_run: Path, bench_here: Callable, words: tuple[str, ...], expected: str
) -> None:
    said = bench_here("curve", noisy_run, *words)
    assert said.code == 2
    assert said.out == ""
    assert expected in said.err
    assert said.err.count("\n") == 1


def test_a_search_has_no_curve(finished_run: tuple, bench_here: Callable) -> None:
    said = bench_here("curve", finished_run[0], "--parameter", "step_db")
    assert said.code == 2
    assert "asks once" in said.err


def test_a_folder_that_is_no_run_is_named(bench_here: Callable, tmp_path: Path) -> None:
    said = bench_here("curve", tmp_path, "--parameter", "epsilon")
    assert (said.code, said.out) == (2, "")
    assert "bench run" in said.err
    (tmp_path / "cells").mkdir()
    assert "no finished cell" in bench_here("curve", tmp_path, "--parameter", "epsilon").err


def test_without_matplotlib_the_extra_is_named_and_the_figures_are_still_printed(
    noisy_run: Path, bench_here: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    words = ("curve", noisy_run, "--parameter=epsilon")
    without = bench_here(*words, "--out=c.png")
    assert without.code == 2
    assert "pip install 'serbench[plots]'" in without.err
    printed = bench_here(*words)
    assert (printed.code, printed.err) == (0, "")
    assert "1 − UAR" in printed.out


def test_help_imports_nothing_heavy() -> None:
    heavy = ("torch", "numpy", "pandas", "matplotlib")
    start = f"""
import atexit, sys
atexit.register(lambda: print("imported:", *(name for name in {heavy!r} if name in sys.modules), file=sys.stderr))
from bench.cli.main import main
main()
"""
    said = subprocess.run([sys.executable, "-c", start, "curve", "--help"], check=True, capture_output=True, text=True)
    assert said.stderr.splitlines()[-1] == "imported:"
    assert "--parameter" in said.stdout


def test_k_is_a_parameter_of_every_attack(finished_run: tuple, bench_here: Callable, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    said = bench_here("curve", finished_run[0], "--parameter=k", "--out", tmp_path / "k.svg", "--json", tmp_path / "k")
    assert (said.code, said.err) == (0, "")
    assert "uninformed · all noises" in said.out
    assert "query" not in said.out
    curves = json.loads((tmp_path / "k").read_text())["curves"]
    told = {(one["corr"], one["noises"]): one["points"] for one in curves}
    shown = json.loads(bench_here("show", finished_run[0], "--json", "-").out)["pooled"][0]["scores"]
    for score in shown:
        point = told[score["corr"], score["noises"]][score["k"] - 1]
        assert point == {name: score[name] for name in point if name != "acc_att_ci95"} | {
            "acc_att_ci95": score["ci95"]
        }
    assert "<svg" in (tmp_path / "k.svg").read_text()
