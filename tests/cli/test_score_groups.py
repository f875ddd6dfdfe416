"""`bench score --by`: figures by group, where records tell who speaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from benchmarks.made_records import MadeUp


def test_a_run_keeps_what_its_corpus_tells_of_people(finished_run: tuple, bench_here: Callable, tmp_path: Path) -> None:
    said = bench_here("score", finished_run[0], "--by", "sex,age", "--k", "8", "--json", tmp_path / "scores.json")
    assert said.code == 0, said.err
    assert "By sex, age: victim" in said.out
    told = json.loads((tmp_path / "scores.json").read_text())
    (entry,), (pooled,) = told["groups"], told["pooled"]
    parts = [one for one in entry["scores"] if (one["corr"], one["noises"], one["by"]) == (False, "all", "sex")]
    assert {one["group"] for one in parts} <= {"female", "male"}, "of EMO-DB's speakers all are known"
    assert sum(one["n"] for one in parts) == pooled["n"]
    assert sum(one["speakers"] for one in parts) == pooled["speakers"]


def test_records_that_do_not_tell_are_named(bench_here: Callable, tmp_path: Path) -> None:
    run = MadeUp({"cnn_gru": 0.8}, {"none": 0.0}, ["boundary"], folds=1, told={"noises": ["all"]}).write(tmp_path)
    said = bench_here("score", run, "--by", "emotion", "--json", "-")
    assert said.code == 0, said.err
    assert len(json.loads(said.out)["groups"][0]["scores"]) == 4 * 3
    said = bench_here("score", run, "--by", "language")
    assert said.code == 2
    assert "say nothing of the speakers' language" in said.err
    said = bench_here("score", run, "--by", "sexes")
    assert said.code == 2
    assert "did you mean 'sex'" in said.err
