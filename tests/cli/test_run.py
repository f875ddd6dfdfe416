"""`bench run` on real sound files: the scores, what is done again and what is not, and every way of being stopped."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bench
from bench.core.errors import UsageError
from bench.core.types import REFUSED
from tests.cli.small_runs import SMALL, records
from tests.workers import CACHE

FOUR = [(False, "imperceptible"), (True, "imperceptible"), (False, "all"), (True, "all")]
"""(corr, noises) in the order of P1's Table 2."""


@pytest.fixture
def scores(finished_run: tuple) -> dict[str, Any]:
    return json.loads((finished_run[0].parent / "scores.json").read_text())


def test_the_json_has_what_was_run_and_its_figures(scores: dict[str, Any]) -> None:
    assert scores["schema"] == 1
    assert scores["failed"] == []
    (cell,) = scores["cells"]
    names = ("defense", "attack", "corpus", "noise_bank", "task", "split", "fold", "seed", "limit")
    assert [cell[name] for name in names] == ["none", "boundary", "emodb", "folder", "ahsn", "k-fold", 0, 0, None]
    assert cell["victim"].startswith("cnn_gru:")
    assert (cell["n"], cell["speakers"]) == (16, 2)
    assert cell["clean"]["uar"] > 0.6, "it learns; knowing half of two speakers' few utterances costs it some"
    assert [(s["corr"], s["noises"], s["k"]) for s in cell["scores"]] == [
        (corr, noises, k) for corr, noises in FOUR for k in (2, 4, 8)
    ]
    for score in cell["scores"]:
        low, high = score["ci95"]
        assert 0 <= low <= score["acc_att"] <= high <= 1
        assert score["n"] == 16
    assert {len(cell["rests_on"][name]) for name in ("corpus_fingerprint",)} == {32}
    assert {"serbench", "torch", "python", "harness"} <= set(cell["rests_on"]["versions"])


def test_acc_att_never_falls_with_k_and_says_something(scores: dict[str, Any]) -> None:
    for condition in FOUR:
        rising = [s["acc_att"] for s in scores["cells"][0]["scores"] if (s["corr"], s["noises"]) == condition]
        assert rising == sorted(rising)
        assert 0 < rising[-1] < 1


def test_records_hold_every_query(finished_run: tuple) -> None:
    files = sorted((finished_run[0] / "cells").iterdir())
    assert len(files) == 4
    for file in files:
        rows = pd.read_parquet(file)
        assert rows.groupby("utterance")["query"].apply(list).map(lambda asked: asked == list(range(len(asked)))).all()
        assert rows["query"].max() == 8
        asked = rows[rows["query"] > 0]
        changed = asked["label_after"] != asked["label_before"]
        loud_enough = asked["snr_db"].isna() | (asked["snr_db"] > 10)
        answered = asked["label_after"] != REFUSED  # a tie is no answer
        assert (asked["accepted"] == (changed & answered & loud_enough)).all()


def test_the_table_says_what_the_json_says(finished_run: tuple, scores: dict[str, Any]) -> None:
    out = finished_run[1].out
    assert "n = 16 utterances of 2 speakers" in out
    assert f"UAR {scores['cells'][0]['clean']['uar']:.2f}" in out
    for score in scores["cells"][0]["scores"]:
        assert f"{score['acc_att']:.2f} [{score['ci95'][0]:.2f}, {score['ci95'][1]:.2f}]" in out


def test_finished_cells_are_skipped(
    finished_run: tuple, bench_here: Callable, tiny_job: Callable, own_cache: Path
) -> None:
    """With an empty cache: nothing is trained, because nothing is left to do."""
    run, first = finished_run
    before = {file: file.stat().st_mtime_ns for file in (run / "cells").iterdir()}
    again = bench_here(*tiny_job(out=run))
    assert again.code == 0
    assert again.out == first.out
    assert "Training" not in again.err
    assert "Attacking" not in again.err
    assert {file: file.stat().st_mtime_ns for file in (run / "cells").iterdir()} == before
    assert not (own_cache / "victims").exists()


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_the_same_command_gives_the_same_bytes(
    finished_run: tuple,
    bench_here: Callable,
    tiny_job: Callable,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    batch_size: int,
) -> None:
    """In another folder, with another batch size; once all of it, with a victim trained anew, in a cache of its own."""
    anew = batch_size == 7
    if anew:
        monkeypatch.setenv(CACHE, str(tmp_path / "own-cache"))
    said = bench_here(*tiny_job(out=tmp_path / "run", batch_size=batch_size, noises=None if anew else "all"))
    assert ("Training" in said.err) == anew
    made, first = records(tmp_path / "run"), records(finished_run[0])
    assert made.items() <= first.items()
    assert len(made) == (len(first) if anew else 2)


def test_a_smaller_k_is_read_off_the_greatest(
    scores: dict[str, Any], bench_here: Callable, tiny_job: Callable, tmp_path: Path
) -> None:
    """Asked for k = 4 alone, another run of fewer queries, the figures are those read off the run of 8."""
    said = bench_here(*tiny_job(out=tmp_path / "run", k="4", json="-"))
    assert json.loads(said.out)["cells"][0]["scores"] == [s for s in scores["cells"][0]["scores"] if s["k"] == 4]


def test_python_gives_the_same_figures(
    finished_run: tuple, scores: dict[str, Any], tiny_corpus: Path, tiny_noises: Path, tmp_path: Path
) -> None:
    words = {"corpus": "emodb", "corpus_root": tiny_corpus, "noise_bank": "folder", "noise_root": str(tiny_noises)}
    cell = scores["cells"][0]
    frame = bench.run(cell["victim"], "boundary", [2, 4, 8], **words, device="cpu", out=tmp_path / "run")
    assert records(tmp_path / "run") == records(finished_run[0])
    wanted = [(s["corr"], s["noises"], s["k"], s["acc_att"], *s["ci95"], s["n"]) for s in cell["scores"]]
    columns = ["corr", "noises", "k", "acc_att", "ci95_low", "ci95_high", "n"]
    assert list(frame[columns].itertuples(index=False, name=None)) == wanted
    assert set(frame["clean_uar"]) == {cell["clean"]["uar"]}
    text = bench.run(cell["victim"], "boundary", "2,4,8", **words, device="cpu", out=str(tmp_path / "run"))
    pd.testing.assert_frame_equal(text, frame)


def test_python_raises_what_the_command_line_prints(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'cnn_gru'"):
        bench.run("cnn_gruu", "boundary", out=tmp_path / "run")
    with pytest.raises((UsageError, TypeError), match="corpusroot"):
        bench.run("cnn_gru", "boundary", corpusroot="x", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_json_on_standard_output_is_nothing_else(finished_run: tuple, bench_process: Callable) -> None:
    said = bench_process("show", finished_run[0], "--json", "-")
    assert json.loads(said.out)["schema"] == 1
    assert said.err == ""


def test_a_run_prints_pure_json(
    finished_run: tuple, scores: dict[str, Any], bench_here: Callable, tiny_job: Callable
) -> None:
    said = bench_here(*tiny_job(out=finished_run[0], json="-"))
    assert json.loads(said.out) == scores


def test_every_combination_is_a_cell(bench_here: Callable, tiny_job: Callable, own_cache: Path, tmp_path: Path) -> None:
    victims = [SMALL, f"{SMALL},kernel=3"]
    asked = {
        "victim": victims,
        "attack": ["fade_in", "speed_utterance:rate=0.75"],
        "defense": ["none", "multi_condition:fraction=0.5"],
        "task": ["ahsn", "activation3"],
    }
    said = bench_here(*tiny_job(**asked, out=tmp_path / "run", k="1", limit=4, json="-"))
    assert said.code == 0, said.err
    cells = json.loads(said.out)["cells"]
    found = [(cell["victim"], cell["defense"], cell["attack"], cell["task"]) for cell in cells]
    assert len(found) == len(set(found)) == 16
    assert {name: {cell[name] for cell in cells} for name in asked} == {
        "victim": {SMALL, SMALL.replace("channels=4,", "channels=4,kernel=3,")},  # fields in their own order
        "attack": set(asked["attack"]),
        "defense": set(asked["defense"]),
        "task": set(asked["task"]),
    }
    assert said.err.count("Training cnn_gru") == 8, "one training serves both attacks"


def test_the_same_thing_twice_is_one_cell(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    asked = {"victim": [SMALL, SMALL + ",kernel=5"], "attack": ["fade_in", "fade_in:percent_per_s=2"]}
    said = bench_here(*tiny_job(**asked, out=tmp_path / "run", json="-", seeds="0,0", k="1,1"))
    assert len(json.loads(said.out)["cells"]) == 1
    lines = said.err.splitlines()
    where = lines.index(f"Every query is kept in {tmp_path / 'run'}. Next:")
    first, *others = (shlex.split(line)[1:] for line in lines[where + 1 :: 2])
    assert len(others) == 2
    assert bench_here(*first).code == 0, "it can be copied"


def test_folds_seeds_and_limit(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    job = tiny_job(victim=SMALL, attack="fade_in", fold="all", seeds="0,1", limit=3, k="1", out=tmp_path / "run")
    said = bench_here(*job, "--json=-")
    found = json.loads(said.out)
    assert [(cell["fold"], cell["seed"]) for cell in found["cells"]] == [(f, s) for s in (0, 1) for f in range(5)]
    assert {(cell["n"], cell["limit"]) for cell in found["cells"]} == {(3, 3)}
    (pooled,) = found["pooled"]
    assert (pooled["folds"], pooled["seeds"]) == ([0, 1, 2, 3, 4], [0, 1])
    assert 5 <= pooled["speakers"] <= 10, "three utterances of a fold are of one or both of its speakers"
    assert pooled["scores"][0]["n"] == 30
    mean = sum(cell["clean"]["uar"] for cell in found["cells"]) / 10
    assert pooled["clean"]["uar"] == pytest.approx(mean)
    assert "fold 0,1,2,3,4 · seed 0,1" in bench_here(*job).out


def test_an_attack_that_is_not_informed_has_one_condition(
    bench_here: Callable, tiny_job: Callable, tmp_path: Path
) -> None:
    said = bench_here(*tiny_job(victim=SMALL, attack="fade_in", out=tmp_path / "run", json="-"))
    found = json.loads(said.out)["cells"][0]["scores"]
    assert [(s["corr"], s["noises"]) for s in found if s["k"] == 2] == [
        (False, "imperceptible"),
        (False, "additive"),
        (False, "all"),
    ]
    assert len(records(tmp_path / "run")) == 1, "its records serve all three"


KNOWS_ITS_BUDGET = """
from dataclasses import dataclass

from bench import Overlay, Recipe


@dataclass(frozen=True)
class Own:
    def search(self, original, tools, rng):
        yield Recipe(Overlay(tools.noises.draw(rng, "natural"), 10.5))


COMPONENTS = {"attacks": {"own": Own}}
"""


def test_cells_of_one_attack_at_several_k_are_told_apart(
    bench_here: Callable, tiny_job: Callable, tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(KNOWS_ITS_BUDGET)
    asked = {"attack": "own", "plugin": tmp_path / "own.py", "limit": 1, "k": "1,2", "out": tmp_path / "run"}
    said = bench_here(*tiny_job(victim=SMALL, **asked))
    begun = [line for line in said.err.splitlines() if line.startswith("[")]
    assert [line.rpartition(" · ")[2] for line in begun] == ["k = 1", "k = 2"], begun


def test_a_spec_pins_what_the_options_would_cross(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    said = bench_here(*tiny_job(victim=SMALL, attack="boundary:corr=true", noises="all", out=tmp_path / "a", json="-"))
    found = json.loads(said.out)["cells"][0]["scores"]
    assert {(s["corr"], s["noises"]) for s in found} == {(True, "all")}
