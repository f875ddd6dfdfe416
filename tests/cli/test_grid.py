"""`bench grid`: what a plan asks for, said beforehand, measured once, the same as `bench run` measures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

SMALL = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"
PLANS = sorted((Path(__file__).parents[2] / "plans").glob("*.yaml"))


def records(run: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((run / "cells").iterdir())}


@pytest.fixture
def plan(tiny_corpus: Path, tiny_noises: Path, tmp_path: Path) -> Path:
    """Two victims, one of them defended too, and two attacks of different budgets."""
    text = f"""\
victim: {SMALL}
attack: [boundary, fade_in]
k: [2, 4]
corr: no
noises: all
corpus: emodb
corpus-root: {tiny_corpus}
noise-bank: folder
noise-root: {tiny_noises}
limit: 4
device: cpu
out: {tmp_path / "run"}
cells:
- seeds: [0, 1]
- attack: gain
  defense: [none, "multi_condition:fraction=0.5"]
  k: 1
"""
    (tmp_path / "plan.yaml").write_text(text)
    return tmp_path / "plan.yaml"


def test_a_dry_run_says_what_would_run_and_runs_nothing(
    plan: Path, bench_here: Callable, own_cache: Path, tmp_path: Path
) -> None:
    said = bench_here("grid", plan, "--dry-run")
    assert said.code == 0, said.err
    *groups, whole = said.out.splitlines()
    assert len(groups) == 3
    assert "3 cells, 0 done; 3 left, at most 24 queries" in groups[0], "4 utterances × (4 + 1 + 1) queries"
    assert whole.startswith("6 cells of 3 fitted victims: 0 done, 6 left; 3 to train, at most 48 queries; about ")
    assert "a guess: nothing like it was measured here" in whole
    assert not (tmp_path / "run").exists()
    assert not (own_cache / "victims").exists()
    told = json.loads(bench_here("grid", plan, "--dry-run", "--json", "-").out)
    assert (told["cells"], told["to_train"], told["queries"], told["guessed"]) == (6, 3, 48, True)


def test_it_measures_what_is_missing_and_no_more(
    plan: Path, bench_here: Callable, tiny_job: Callable, own_cache: Path, tmp_path: Path
) -> None:
    first = bench_here(*tiny_job(victim=SMALL, attack="fade_in", k="2,4", limit=4, noises="all", out=tmp_path / "run"))
    assert first.code == 0, first.err
    before = records(tmp_path / "run")
    assert len(before) == 1
    said = bench_here("grid", plan, "--json", tmp_path / "scores.json")
    assert said.code == 0, said.err
    assert "6 cells of 3 fitted victims: 1 done, 5 left; 2 to train" in said.err
    assert said.err.count("Training cnn_gru") == 2
    assert records(tmp_path / "run").items() >= before.items()
    assert len(records(tmp_path / "run")) == 6
    assert len(json.loads((tmp_path / "scores.json").read_text())["cells"]) == 6

    again = bench_here("grid", plan)
    assert again.code == 0
    assert "6 done, 0 left; 0 to train, at most 0 queries" in again.err
    assert "Attacking" not in again.err
    told = json.loads(bench_here("grid", plan, "--dry-run", "--seeds", "2", "--json", "-").out)
    assert (told["done"], told["guessed"]) == (0, False), "by now it has been measured here"
    assert 0 < told["seconds"] < 600
    assert 0 < told["bytes"] < 10e6


def test_its_records_are_those_of_a_run(
    plan: Path, bench_here: Callable, tiny_job: Callable, own_cache: Path, tmp_path: Path
) -> None:
    assert bench_here("grid", plan).code == 0
    own: dict = {"victim": SMALL, "limit": 4, "noises": "all", "corr": "no"}
    jobs = (
        {"attack": ["boundary", "fade_in"], "k": "2,4", "seeds": "0,1"},
        {"attack": "gain", "k": "1", "defense": ["none", "multi_condition:fraction=0.5"]},
    )
    for job in jobs:
        assert bench_here(*tiny_job(**own, **job, out=tmp_path / "other")).code == 0
    assert records(tmp_path / "run") == records(tmp_path / "other")


def test_a_plan_of_two_corpora_is_one_grid(
    plan: Path, bench_here: Callable, tiny_corpus: Path, own_cache: Path, tmp_path: Path
) -> None:
    names = {"W": "anger", "F": "happiness", "T": "sadness", "N": "neutral"}
    files = sorted(tiny_corpus.rglob("*.wav"))
    text = "".join(f"{file},{file.stem[:2]},{names[file.stem[5]]}\n" for file in files)
    (tmp_path / "table.csv").write_text("path,speaker,emotion\n" + text)
    two = f"- {{attack: gain, k: 1}}\n- {{attack: gain, k: 1, corpus: manifest, corpus-root: {tmp_path / 'table.csv'}}}"
    plan.write_text(plan.read_text().partition("cells:")[0] + "cells:\n" + two)
    said = bench_here("grid", plan, "--json", "-")
    assert said.code == 0, said.err
    assert [cell["corpus"] for cell in json.loads(said.out)["cells"]] == ["emodb", "manifest"]


def test_what_is_wrong_is_said_with_its_line_before_anything_is_written(
    plan: Path, bench_here: Callable, own_cache: Path, tmp_path: Path
) -> None:
    plan.write_text(plan.read_text().replace("attack: gain", "attack: gian"))
    said = bench_here("grid", plan)
    assert said.code == 2
    assert said.err.startswith(f"bench: {plan}, line 15: --attack: found 'gian'; expected one of ")
    assert said.err.endswith("did you mean 'gain'?\n")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_the_plans_that_come_with_it_can_run(path: Path, bench_here: Callable, tmp_path: Path) -> None:
    """On the embedded corpus and noises, where the paper's own cannot be had."""
    words = ["--corpus", "synthetic", "--noise-bank", "embedded", "--task", "ahsn", "--out", tmp_path / "run"]
    said = bench_here("grid", path, "--dry-run", *words, "--json", "-")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["cells"] >= 36
    assert told["to_train"] >= 9
    assert not (tmp_path / "run").exists()
