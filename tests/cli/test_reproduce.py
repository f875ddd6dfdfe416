"""`bench reproduce`: its commands' options, what they refuse, and a table from a run of pairs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from bench.cli.reproduce_tables import OFFERS, Offer
from bench.data.tasks import TASKS

TABLES = [pytest.param(offer, id=offer.name) for offer in OFFERS]


@pytest.mark.parametrize("offer", TABLES)
def test_every_table_says_what_it_takes(offer: Offer, bench_here: Callable) -> None:
    said = bench_here("reproduce", offer.name, "--help")
    assert said.code == 0, said.err
    assert offer.out in said.out
    assert "Who is tested." in said.out
    for option in ("defense", "percent", "plot"):
        assert (f"--{option} " in said.out) == (option in offer.options)
    assert offer.name in bench_here("reproduce", "--help").out


@pytest.mark.parametrize("offer", TABLES)
def test_every_table_has_its_module_and_tasks(offer: Offer) -> None:
    module = import_module(f"leaderboards.reproduce.{offer.name}")
    assert callable(module.asked)
    assert callable(module.tables)
    assert set(offer.tasks) <= set(TASKS)


def test_starting_is_fast() -> None:
    heavy = {"torch", "pandas", "scipy", "leaderboards"}
    code = f"import sys, bench.cli.reproduce; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_plot_that_cannot_be_drawn_is_refused_first(bench_here: Callable, tmp_path: Path) -> None:
    out = tmp_path / "run"
    said = bench_here("reproduce", "p2_adversarial_training", "--plot", tmp_path / "curve.txt", "--out", out)
    assert said.code == 2
    assert f"--plot {tmp_path / 'curve.txt'}: found .txt" in said.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["p3_fusion", "--victim", "cnn_gru"], "one that reads alone"),
        (["p4_mixup", "--split", "k-fould"], "did you mean 'k-fold'"),
        (["p1_denoising", "--task", "ahns"], "did you mean 'ahsn'"),
        (["p2_adversarial_training", "--percent", "0"], "from 1 to 100"),
    ],
)
def test_bad_input_is_named(words: list[str], said: str, bench_here: Callable, tmp_path: Path) -> None:
    done = bench_here("reproduce", *words, "--out", tmp_path / "run")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert not (tmp_path / "run").exists()


DRY = ("p1_table1", 18, 1), ("p1_augmentation", 36, 8), ("p3_fusion", 18, 3), ("p4_mixup", 12, 4)


@pytest.mark.parametrize(("table", "cells", "victims"), DRY)
def test_a_dry_run_says_what_a_table_comes_to_and_runs_nothing(
    table: str, cells: int, victims: int, bench_here: Callable, tiny_job: Callable, own_cache: Path, tmp_path: Path
) -> None:
    data = [word for word in tiny_job(out=tmp_path / "run") if word.startswith(("--corpus", "--noise-", "--out"))]
    job = ["reproduce", table, *data, "--task", "ahsn", "--fold", "0", "--limit", "4", "--dry-run"]
    said = bench_here(*job)
    assert said.code == 0, said.err
    *groups, whole = said.out.splitlines()
    assert len(groups) == victims
    of = "1 fitted victim" if victims == 1 else f"{victims} fitted victims"
    expected = f"{cells} cells of {of}: 0 done, {cells} left; {victims} to train"
    assert whole.startswith(f"{expected}, at most {cells * 4} queries; about ")
    told = json.loads(bench_here(*job, "--json", "-").out)
    assert (told["cells"], told["to_train"], told["queries"]) == (cells, victims, cells * 4)
    assert not (tmp_path / "run").exists()
    assert not (own_cache / "victims").exists()


@pytest.mark.slow
def test_a_run_of_pairs_gives_the_table(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    keep = ("--victim", "--corpus", "--noise-", "--out")
    job = ["reproduce", "p4_mixup", "--task", "ahsn", "--fold", "0"]
    job += ["--split", "k-fold", *[word for word in tiny_job(out=tmp_path / "run") if word.startswith(keep)]]
    done = bench_here(*job, "--json", tmp_path / "table.json")
    assert done.code == 0, done.err
    assert "P4, Tables 5 and 6" in done.out
    assert "2 speakers can say little about others" in done.out
    (table,) = json.loads((tmp_path / "table.json").read_text())["tables"]
    assert [row["applied to"] for row in table["rows"]] == ["16 of 16"] * 8
    assert len(table["claims"]) == 8
    for claim in table["claims"]:  # each is measured; of two speakers none can be tested
        assert claim["ours"] is not None
        assert (claim["verdict"], "2 speakers" in claim["why"]) == ("not tested", True)
    assert len(list((tmp_path / "run" / "cells").iterdir())) == 6
    again = bench_here(*job, "--json", "-")
    assert json.loads(again.out)["tables"] == [table]
    together = json.loads(bench_here("reproduce", "claims", tmp_path / "table.json", "--json", "-").out)
    assert [one["text"] for one in together["claims"]] == [one["claim"] for one in table["claims"]]
    assert [one["verdict"] for one in together["claims"]] == [one["verdict"] for one in table["claims"]]
    assert [one["p_adjusted"] for one in together["claims"]] == [one["p_adjusted"] for one in table["claims"]]
