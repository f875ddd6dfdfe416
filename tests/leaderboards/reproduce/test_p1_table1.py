"""P1's Table 1 in its own shape, from made records and from a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.contracts.registry import Registry
from bench.scoring.inference.estimates import Estimate
from bench.scoring.records import CellRecords
from leaderboards.reproduce.claims import MISSING
from leaderboards.reproduce.p1_published import Published, published
from leaderboards.reproduce.p1_table1 import tables
from leaderboards.reproduce.shape import Table

Made = Callable[..., CellRecords]
CLEAN = 0.67
CHANCE = 0.33


def noisy(row: Published, factor: float = 1.0) -> float:
    """The UAR that a relative change of P1's leaves."""
    return CLEAN * (1 + factor * row.changes["activation"])


def ran(made: Made, factor: float = 1.0, left_out: str = "", each: int = 100, **named: str) -> list[CellRecords]:
    return [
        made("none", row.attack, CLEAN, None if row.noise == left_out else noisy(row, factor), each=each, **named)
        for row in published()
    ]


@pytest.fixture(scope="module")
def papers_own(made: Made) -> Table:
    """The table of a run that came out as the paper's own figures."""
    (table,) = tables(ran(made))
    return table


def test_the_paper_has_eighteen_noises_that_can_all_be_made() -> None:
    rows = published()
    assert len(rows) == 18
    assert len({row.attack for row in rows}) == 18
    for row in rows:
        assert Registry.discover().build("attacks", row.attack)
    found = {(row.noise, row.snr_db): (row.attack, row.changes["activation"], row.changes["valence"]) for row in rows}
    assert found["NatSt", ""] == ("environmental:position=start", -0.25, -0.24)
    assert found["IntCo", "10"] == ("environmental:category=interior,snr_db=10.0", -0.34, -0.39)
    assert found["Reverb", ""] == ("reverb", -0.36, -0.37)


def test_read_as_differences_sixteen_cells_fall_below_chance_and_read_as_relative_none() -> None:
    clean = {"activation": 0.67, "valence": 0.59}
    changes = [(clean[column], row.change(column)) for row in published() for column in clean]  # type: ignore[arg-type]
    assert sum(round(uar + change.printed, 2) < CHANCE for uar, change in changes) == 16
    assert not any(round(uar + change.uar, 2) < CHANCE for uar, change in changes)


def test_both_readings_stand_beside_each_figure(made: Made, papers_own: Table) -> None:
    row = papers_own.rows[0]
    shown = {name: row[name] for name in ("published, relative", "published, as UAR", "published, read as UAR")}
    assert shown == {"published, relative": -0.25, "published, as UAR": -0.17, "published, read as UAR": -0.25}
    for row in papers_own.rows:
        assert isinstance(row["relative"], Estimate)
        assert isinstance(row["as UAR"], Estimate)
        assert row["relative"].value == pytest.approx(row["published, relative"], abs=0.01)
        assert row["as UAR"].value == pytest.approx(row["published, as UAR"], abs=0.01)
    (valence,) = tables(ran(made, task="valence3", each=10))
    assert valence.rows[0]["published, relative"] == -0.24


def test_the_paper_s_own_figures_bear_out_its_claims(papers_own: Table) -> None:
    table = papers_own
    assert len(table.claims) == 11
    assert {claim.verdict for claim in table.claims} == {"holds"}
    assert table.family == 11
    for claim in table.claims:
        assert claim.ours is not None
        figure = dict(claim.beside).get("mean of Table 1", claim.published)
        assert claim.ours.value == pytest.approx(figure, abs=0.01), claim.text
    assert "Rank correlation with P1's column for activation, of 18 noises: +1.00" in table.notes[-1]


def test_the_other_way_round_none_of_them_holds(made: Made) -> None:
    (table,) = tables(ran(made, factor=-0.5, each=40))
    assert {claim.verdict for claim in table.claims} == {"does not hold"}


def test_the_order_of_points_decides_nothing(made: Made) -> None:
    """P1's order to the point, but speakers who differ: rank correlation is 1, and nothing is decided of the order."""
    cells = [made("none", row.attack, CLEAN, noisy(row, 0.1), each=100, spread=0.05) for row in published()]
    (table,) = tables(cells)
    assert "of 18 noises: +0.9" in table.notes[-1], "but for ties"
    assert table.claims[0].verdict == "not decided"


def test_what_did_not_apply_is_not_told(made: Made) -> None:
    (table,) = tables(ran(made, left_out="DropLt", each=20))
    row = next(row for row in table.rows if row["noise"] == "DropLt")
    assert (row["relative"], row["applied to"]) == (None, "0 of 480")
    verdicts = {claim.text: claim for claim in table.claims}
    dropped = verdicts["the other synthetic noises cost more than dropped letters, on average"]
    assert (dropped.verdict, dropped.why) == ("not tested", "not run, or it applied to nothing")
    assert json.loads(json.dumps(table.to_json()))["rows"][-2]["relative"] is None


def test_tasks_victims_and_defences_are_apart(made: Made) -> None:
    cells = [
        made("none", "reverb", CLEAN, 0.5),
        made("none", "reverb", CLEAN, 0.5, task="valence3"),
        made("rnnoise", "reverb", CLEAN, 0.5),
        made("none", "reverb", CLEAN, 0.5, victim="w"),
    ]
    found = [(one.about.victim, one.about.defense, one.about.setting.task) for one in tables(cells)]
    assert found == [
        ("v", "none", "ahsn"),
        ("v", "rnnoise", "ahsn"),
        ("w", "none", "ahsn"),
        ("v", "none", "valence3"),
    ]


def test_a_run_gives_the_table(
    bench_here: Callable[..., Any], tiny_job: Callable[..., list[str]], tmp_path: Path
) -> None:
    keep = ("--victim", "--corpus", "--noise-", "--out")
    job = ["reproduce", "p1_table1", "--task", "ahsn", "--fold", "0"]
    job += [word for word in tiny_job(out=tmp_path / "run") if word.startswith(keep)]
    done = bench_here(*job, "--json", tmp_path / "table.json")
    assert done.code == 0, done.err
    assert "P1, Table 1" in done.out
    assert "0 of 16" in done.out, "no word times here: DropW and DropLt do not apply"
    assert "not tested (2 speakers: no test is possible below 6)" in done.out
    assert "over the 0 claims of this run with a test" in done.out
    (table,) = json.loads((tmp_path / "table.json").read_text())["tables"]
    assert len(table["rows"]) == 18
    applied = {row["noise"]: row["applied to"] for row in table["rows"]}
    assert {noise for noise, told in applied.items() if told == "0 of 16"} == {"DropW", "DropLt"}
    assert set(applied.values()) == {"0 of 16", "16 of 16"}
    again = bench_here(*job, "--json", "-")
    assert json.loads(again.out)["tables"] == [table]


def test_a_mean_over_noises_of_which_one_was_not_run_is_not_tested(made: Made) -> None:
    """A cell that failed left a claim about all noises that was tested on the others, and did not say so."""
    whole = ran(made, each=10)
    (table,) = tables([cell for cell in whole if cell.description.names.attack != "reverb"])
    by_text = {claim.text: claim for claim in table.claims}
    untested = {text for text, claim in by_text.items() if claim.ours is None}
    assert untested == {text for text in by_text if "reverberation" in text or text.startswith("they cost more")} - {
        "environmental noise at 20 dB costs more than the synthetic noises but reverberation, on average"
    }
    assert all(by_text[text].why == MISSING for text in untested)
