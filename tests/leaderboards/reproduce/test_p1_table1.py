"""P1's Table 1 in its own shape, from made figures and from a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.contracts.registry import Registry
from bench.scoring.descriptions import RestsOn
from bench.scoring.estimates import Difference, Estimate
from bench.scoring.names import Setting
from bench.scoring.pooling import CleanScores, Perturbed, PerturbedScores
from bench.scoring.results import PooledScores, Results
from leaderboards.reproduce.p1_table1 import published, tables

SCORES = Estimate(0.7, 0.6, 0.8, 9)
ABOUT = PooledScores(
    victim="v",
    defense="none",
    attack="a",
    setting=Setting("c", "n", "activation3", "k-fold", None),
    n=10,
    speakers=2,
    folds=(0,),
    seeds=(0,),
    repeats=1,
    clean=CleanScores(SCORES, SCORES),
    scores=(),
    validity_gap=(),
    perturbed=None,
    rests_on=RestsOn("c", "n", "p1", 10.0, 1, "cpu", "code", {}),
)


def entry(attack: str, change: float | None, task: str = "activation3", victim: str = "v") -> PooledScores:
    named = replace(ABOUT, attack=attack, victim=victim, setting=replace(ABOUT.setting, task=task))
    if change is None:
        return named
    moved = Perturbed(Estimate(0.7 + change, 0.0, 1.0, 9), 0.7, Difference(change, -1.0, 1.0, 9))
    return replace(named, perturbed=PerturbedScores(9, 10, moved, moved))


def results(*entries: PooledScores) -> Results:
    return Results(pooled=entries)


def test_the_paper_has_eighteen_noises_that_can_all_be_made() -> None:
    rows = published()
    assert len(rows) == 18
    assert len({row.attack for row in rows}) == 18
    for row in rows:
        assert Registry.discover().build("attacks", row.attack)
    found = {(row.noise, row.snr_db): (row.attack, row.activation, row.valence) for row in rows}
    assert found["NatSt", ""] == ("environmental:position=start", -0.25, -0.24)
    assert found["IntCo", "10"] == ("environmental:category=interior,snr_db=10.0", -0.34, -0.39)
    assert found["Reverb", ""] == ("reverb", -0.36, -0.37)


def test_the_paper_s_own_figures_correlate_with_themselves() -> None:
    (table,) = tables(results(*(entry(row.attack, row.activation) for row in published())))
    assert table.rank_correlation() == pytest.approx(1)
    claims = dict(table.claims())
    assert claims["DropLt costs least of all"] is True
    assert all(claims[f"{kind}: the louder, the worse (20, 10, 0 dB)"] for kind in ("Nat", "Hum", "Int"))
    assert all(claims.values()), "the claims are the paper's"


def test_another_order_is_said() -> None:
    (table,) = tables(results(*(entry(row.attack, -row.activation) for row in published())))
    assert table.rank_correlation() == pytest.approx(-1)
    assert not any(holds for _, holds in table.claims())


def test_what_did_not_apply_is_not_told() -> None:
    (table,) = tables(
        results(*(entry(row.attack, None if row.noise == "DropLt" else row.activation) for row in published()))
    )
    row = next(row for row in table.rows if row.paper.noise == "DropLt")
    assert (row.change, row.applied, row.of) == (None, 0, 10)
    claims = dict(table.claims())
    assert claims["DropLt costs least of all"] is None
    assert json.loads(json.dumps(table.to_json()))["rows"][-2]["change"] is None


def test_tasks_and_victims_are_apart_and_other_attacks_are_left_out() -> None:
    mixed = [entry("reverb", -0.1), entry("reverb", -0.2, task="valence3"), entry("boundary", None, victim="w")]
    found = tables(results(*mixed))
    assert [(table.about.setting.task, table.column) for table in found] == [
        ("activation3", "activation"),
        ("valence3", "valence"),
    ]


def test_a_run_gives_the_table(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    keep = ("--victim", "--corpus", "--noise-", "--out")
    job = ["reproduce", "p1_table1", "--task", "ahsn", "--fold", "0"]
    job += [word for word in tiny_job(out=tmp_path / "run") if word.startswith(keep)]
    done = bench_here(*job, "--json", tmp_path / "table.json")
    assert done.code == 0, done.err
    assert "P1, Table 1" in done.out
    assert "0 of 16" in done.out, "no word times here: DropW and DropLt do not apply"
    (table,) = json.loads((tmp_path / "table.json").read_text())["tables"]
    assert len(table["rows"]) == 18
    assert {row["noise"] for row in table["rows"] if row["applied"] == 0} == {"DropW", "DropLt"}
    assert all(row["applied"] == 16 for row in table["rows"] if row["applied"])
    again = bench_here(*job, "--json", "-")
    assert json.loads(again.out)["tables"] == [table]
