"""`bench replay`: the same victim says again what it said; another one is asked the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.cli.replay_tables import print_matrices
from bench.scoring.inference.estimates import Estimate
from bench.scoring.records import Store
from bench.studies.replaying import Origin, Replay, ordered_recipes


def test_the_same_victim_is_fooled_again_and_another_one_is_asked(
    finished_run: tuple[Path, object], bench_here: Callable, tiny_job: Callable[..., list[str]]
) -> None:
    run, _ = finished_run
    data = [word for word in tiny_job() if word.startswith(("--corpus", "--noise", "--victim"))]
    said = bench_here("replay", run, *data, "--defense", "none", "--k", "1,2", "--json", "-")
    assert said.code == 0, said.err
    replays = json.loads(said.out)["replays"]
    rows = [pd.read_parquet(path) for path in sorted((run / "cells").glob("*.parquet"))]
    assert len(replays) >= len(rows)
    for one in replays:
        first, second = one["scores"]
        assert (first["k"], second["k"]) == (1, 2)
        assert first["value"] <= second["value"]
    won = sorted(frame.groupby("utterance")["accepted"].any().mean() for frame in rows)
    assert sorted(one["scores"][0]["value"] for one in replays) == pytest.approx(won), (
        "the first brought succeeds again"
    )
    given = {word.split("=", 1)[0][2:].replace("-", "_"): word.split("=", 1)[1] for word in data}
    frame = bench.replay(run, k=(1, 2), **given)
    assert list(frame["acc_att"]) == [score["value"] for one in replays for score in one["scores"]]
    assert set(frame["victim"]) == {one["victim"] for one in replays}
    alone, beside = bench.replay(run, k=1, **given), frame[frame["k"] == 1].reset_index(drop=True)
    assert alone.equals(beside), "what is asked beside it widens no interval: a search chose its sounds"
    other = bench_here("replay", run, *[word for word in data if "noise" not in word], "--k", "1")
    assert other.code == 2
    assert "those of the run" in other.err


def test_what_was_measured_again_or_for_another_aim_is_another_search(
    bench_here: Callable, tiny_job: Callable[..., list[str]], tmp_path: Path
) -> None:
    job = tiny_job(attack="fresh_noises", noises="imperceptible", limit=8, k="2,4", out=tmp_path)
    assert bench_here(*job, "--repeats=3").code == bench_here(*job, "--target=neutral").code == 0
    data = [word for word in job if word.startswith(("--corpus", "--noise-", "--victim"))]
    said = bench_here("replay", tmp_path, *data, "--k", "1", "--json", "-")
    free, aimed = sorted(json.loads(said.out)["replays"], key=lambda one: one.get("target", ""))
    cells = list(Store(tmp_path).cells())
    won = {
        aim: [
            cell.rows.groupby("utterance")["accepted"].any()
            for cell in cells
            if cell.description.threat_model.target == aim
        ]
        for aim in ("", "neutral")
    }
    assert len(won[""]) == 3
    for one, aim in ((free, ""), (aimed, "neutral")):
        assert one["scores"][0]["value"] == pytest.approx(pd.concat(won[aim]).mean())
    reports = json.loads(bench_here("attack-report", tmp_path, "--json", "-").out)["reports"]
    assert sorted(one["queries"]["n"] for one in reports) == [8, 24]
    assert [one["threat_model"].get("target") for one in reports if "target" in one] == ["neutral"]


def test_what_succeeded_comes_first_then_what_changed_the_label_then_the_last() -> None:
    told = [(1, "b", False), (2, "a", False), (3, "b", False), (4, "b", True), (5, "a", False)]
    rows = pd.DataFrame(
        [
            {
                "utterance": "u",
                "query": query,
                "label_before": "a",
                "label_after": after,
                "accepted": accepted,
                "recipe": f'[{{"overlay":"{query}","snr_db":10.1}}]',
            }
            for query, after, accepted in told
        ]
    )
    found = ordered_recipes(rows, {}, 4)["u"]
    assert [part.clip for recipe in found for part in recipe.parts] == ["4", "3", "1", "5"]  # type: ignore[union-attr]
    free = rows.assign(recipe='[{"samples":"ab","n":3}]')
    assert ordered_recipes(free, {}, 4) == {"u": []}


def test_the_matrix_has_a_line_for_whom_it_was_found_on_and_a_column_for_whom_it_is_brought_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = [("a", "a", 1.0), ("a", "b", 0.25), ("b", "b", 0.75)]
    found = [
        Replay(
            Origin(source, "none", "boundary", "all", "ahsn", "k-fold"),
            target,
            "none",
            {5: Estimate(value, 0.0, 1.0, 40)},
        )
        for source, target, value in told
    ]
    print_matrices(found, (5,))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["a", "none", "1.00", "0.25", "40"] in lines
    assert ["b", "none", "0.75", "40"] in lines
    assert ["2:", "b,", "defence", "none"] in lines
