"""What is reported, from records made for the purpose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from bench.contracts.threat_models import Counted
from bench.scoring.entries.lines import COLUMNS
from bench.scoring.record_files.descriptions import Description, RestsOn
from bench.scoring.record_files.names import CellNames, Setting
from bench.scoring.record_files.rows import Row, as_table
from bench.scoring.records import CellRecords
from bench.scoring.results import CellScores, PooledScores, collect

RESTS = RestsOn("fp", "np", "p1", 10.0, 5, "cpu", "c", {"harness": "h", "serbench": "0", "torch": "2"})


def cell(
    key: str = "k",
    hits: Mapping[tuple[str, int], bool] | None = None,
    rests_on: RestsOn = RESTS,
    corr: bool = False,
    noises: tuple[Counted, ...] = ("all", "imperceptible"),
    attack: str = "a",
    **place: int,
) -> CellRecords:
    """Two utterances of two speakers: the first is fooled at query 2, the second at query 4 by what people hear."""
    hits = {("u0", 2): True, ("u1", 4): False} if hits is None else hits
    rows = [
        Row(
            utterance,
            speaker,
            query,
            "anger",
            "anger",
            "anger" if hit is None else "sadness",
            snr_db=12.0 if query else None,
            imperceptible=bool(hit) if query else None,
            accepted=hit is not None,
        )
        for utterance, speaker in (("u0", "s0"), ("u1", "s1"))
        for query in range(6)
        for hit in [hits.get((utterance, query))]
    ]
    names = CellNames("v", "none", attack, Setting("c", "n", "ahsn", "k-fold", None), **{"fold": 0, "seed": 0, **place})
    about = Description(names, attack, corr, noises, {}, {}, rests_on, text="")
    return CellRecords(key, about, as_table(rows).to_pandas())


def shares(entry: CellScores | PooledScores) -> dict[tuple[str, int], float]:
    return {(score.noises, score.k): score.acc_att.value for score in entry.scores}


def test_one_attacks_records_are_scored_for_both_splits_at_every_k() -> None:
    found = collect([cell()], [1, 2, 5])
    assert len(found.cells) == len(found.pooled) == 1
    expected = {("all", 1): 0.0, ("all", 2): 0.5, ("all", 5): 1.0}
    expected |= {("imperceptible", 1): 0.0, ("imperceptible", 2): 0.5, ("imperceptible", 5): 0.5}
    assert shares(found.cells[0]) == expected
    assert found.cells[0].n == 2
    assert found.cells[0].clean.war.value == 1.0


def test_of_one_fold_and_seed_the_pooled_figures_are_those_of_the_cell() -> None:
    alone = collect([cell("a")], [1, 5])
    beside = collect([cell("a"), cell("b", fold=1, attack="another")], [1, 5])
    assert vars(alone.pooled[0]) == vars(alone.cells[0])
    assert alone.pooled[0] == beside.pooled[0], "put together as any other"


def test_folds_are_apart_in_cells_and_together_in_pooled() -> None:
    found = collect([cell("a"), cell("b", fold=1, hits={})], [5])
    assert [entry.fold for entry in found.cells] == [0, 1]
    (pooled,) = found.pooled
    assert pooled.folds == (0, 1)
    assert shares(pooled)["all", 5] == 0.5
    assert {score.acc_att.n for score in pooled.scores} == {4}


@pytest.mark.parametrize(
    "other",
    [
        {"corpus_fingerprint": "other"},
        {"noise_fingerprint": "other"},
        {"perception": "other"},
        {"min_snr_db": 20.0},
        {"max_queries": 9},
        {"device": "cuda"},
        {"code": "edited"},
        {"versions": {**RESTS.versions, "torch": "3"}},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_rests_on_something_else_is_never_mixed(other: dict[str, Any]) -> None:
    found = collect([cell("a"), cell("b", hits={}, rests_on=replace(RESTS, **other))], [5])
    assert sorted(shares(entry)["all", 5] for entry in found.pooled) == [0.0, 1.0]
    assert len(found.cells) == 2
    assert found.cells[0].rests_on != found.cells[1].rests_on


def test_ks_beyond_the_budget_are_left_out() -> None:
    assert {k for _, k in shares(collect([cell()], [3, 25]).cells[0])} == {3}


def test_corr_is_tested_against_none_and_p_is_adjusted() -> None:
    informed = cell("b", corr=True, hits={("u0", 1): True, ("u1", 1): True})
    (pooled,) = collect([cell("a"), informed], [1, 5]).pooled
    corr = [test for test in pooled.tests if test.compared == "corr"]
    assert [(test.noises, test.k, test.difference) for test in corr] == [
        ("imperceptible", 1, 1.0),
        ("imperceptible", 5, 0.5),
        ("all", 1, 1.0),
        ("all", 5, 0.0),
    ]
    assert {(test.p, test.p_holm, test.family) for test in pooled.tests} == {(None, None, 0)}, "two speakers"
    assert all(test.p1_holm >= test.p1 > 0 for test in pooled.tests)
    told = json.loads(json.dumps(pooled.to_json()))["tests"][0]
    assert told["p"] is None
    assert set(told["p1_paired_t"]) == {"p", "p_holm"}


def test_json_is_plain_and_the_frame_has_a_row_a_score() -> None:
    found = collect([cell()], [2, 5])
    assert json.loads(json.dumps(found.to_json()))["schema"] == 1
    frame = found.to_frame()
    assert len(frame) == 4
    assert {"acc_att", "ci95_low", "ci95_high", "n", "speakers", "k", "corr", "noises"} <= set(frame.columns)
    assert [*frame.columns][-len(COLUMNS) :] == [*COLUMNS]


def test_the_frame_says_what_the_json_says() -> None:
    """Robust accuracy, the validity gap, tests, UAR after an effect, candidates and bells, cell by cell and pooled."""
    informed = cell("b", corr=True, hits={("u0", 1): True, ("u1", 1): True})
    found = collect([cell("a"), informed, once("c", attack="e")], [2, 5])
    for entries, frame in ((found.cells, found.to_frame()), (found.pooled, found.to_frame(pooled=True))):
        lines = frame.to_dict("records")
        told = [(entry.to_json(), score) for entry in entries for score in entry.to_json()["scores"]]  # type: ignore[attr-defined]
        assert len(lines) == len(told) == 12
        for line, (entry, score) in zip(lines, told, strict=True):
            assert line["robust_accuracy"] == score["robust_accuracy"]
            assert [line["robust_accuracy_low"], line["robust_accuracy_high"]] == score["robust_accuracy_ci95"]
            gaps = [one for one in entry["validity_gap"] if (one["corr"], one["k"]) == (line["corr"], line["k"])]
            assert [line["validity_gap"]] == [one["gap"] for one in gaps]
            here = [test for test in entry["tests"] if test["k"] == line["k"]]
            (of_noises,) = (test for test in here if test.get("corr") == line["corr"])
            of_corr = [test for test in here if test.get("noises") == line["noises"]]
            for name, test in (("noises", of_noises), ("corr", next(iter(of_corr), None))):
                p = None if test is None else test["p_holm"]
                assert (None if pd.isna(line[f"p_{name}"]) else line[f"p_{name}"]) == p
            after = entry["perturbed"] or {"uar": None, "uar_before": None, "applied": None}
            for name, value in (("uar_after", after["uar"]), ("uar_before", after["uar_before"])):
                assert line[name] == value if value is not None else pd.isna(line[name])
            assert line["candidates"] == entry["candidates"]["asked"]
            assert line["bells"] == ", ".join(bell["bell"] for bell in entry["bells"])


def test_a_columns_successes_are_those_that_it_counts() -> None:
    """One utterance is fooled by what keeps the length and nobody has studied."""
    own = cell(noises=("all", "additive", "imperceptible"))
    rows = own.rows.assign(additive=own.rows["query"] == 4, imperceptible=False)
    found = collect([replace(own, rows=rows)], [5]).cells[0]
    assert shares(found) == {("imperceptible", 5): 0.0, ("additive", 5): 0.5, ("all", 5): 1.0}
    assert {(one.noises, one.robust_accuracy.value) for one in found.scores} == {
        ("imperceptible", 1.0),
        ("additive", 0.5),
        ("all", 0.0),
    }
    assert [score.noises for score in found.scores] == ["imperceptible", "additive", "all"]


def test_the_validity_gap_is_what_perceptible_noises_win() -> None:
    found = collect([cell()], [2, 5]).cells[0].validity_gap
    assert [(one.corr, one.k, one.gap.value) for one in found] == [(False, 2, 0.0), (False, 5, 0.5)]
    assert found[0].gap.ci95 == (-1.0, 1.0), "two speakers who do not differ"
    assert found[1].gap.low < 0.5 < found[1].gap.high
    assert collect([cell(noises=("all",))], [2]).cells[0].validity_gap == ()


def once(applied: tuple[str, ...] = ("u0", "u1", "u2"), **changed: Any) -> CellRecords:
    """A perturbation that asks once of three of four utterances: one was right and is wrong after it."""
    made = cell(**changed)
    rows = [
        Row(utterance, speaker, query, truth, before, after if query else before, imperceptible=bool(query) or None)
        for utterance, speaker, truth, before, after in (
            ("u0", "s0", "anger", "anger", "sadness"),
            ("u1", "s1", "anger", "anger", "anger"),
            ("u2", "s1", "sadness", "sadness", "sadness"),
            ("u3", "s1", "sadness", "anger", "anger"),
        )
        for query in range(2)
        if not query or utterance in applied
    ]
    return CellRecords(made.key, made.description, as_table(rows).to_pandas())


def test_a_perturbation_that_asks_once_is_scored_on_what_it_applied_to() -> None:
    (found,) = collect([once()], [1]).cells
    told = found.perturbed
    assert told is not None
    assert (told.applied, told.of) == (3, 4)
    assert (told.uar.before, told.war.before) == (1.0, 1.0)
    assert told.uar.after.value == pytest.approx(0.75)
    assert told.war.after.value == pytest.approx(2 / 3)
    assert told.uar.after.low <= told.uar.after.value <= told.uar.after.high
    assert told.uar.change.value == told.uar.after.value - told.uar.before
    assert found.clean.war.value == 0.75, "of all four"
    assert collect([once(applied=())], [1]).cells[0].perturbed is None
    assert collect([cell()], [1]).cells[0].perturbed is None, "a search"


def test_perturbed_figures_are_pooled_over_seeds() -> None:
    (pooled,) = collect([once(key="a"), once(key="b", seed=1, applied=("u0",))], [1]).pooled
    assert pooled.perturbed is not None
    assert (pooled.perturbed.applied, pooled.perturbed.of) == (4, 8)
    assert pooled.perturbed.war.after.n == 4


def test_cells_of_other_code_stand_apart() -> None:
    one, other = replace(RESTS, code="one"), replace(RESTS, code="other")
    found = collect([cell("a", rests_on=one), cell("b", fold=1, rests_on=one), cell("c", fold=2, rests_on=other)], [5])
    assert [(entry.folds, entry.rests_on.code) for entry in found.pooled] == [((0, 1), "one"), ((2,), "other")]


def test_repeats_are_counted_each_and_are_one_cell() -> None:
    found = collect([cell("a"), cell("b", repeat=1, hits={}), cell("c", repeat=2)], [5])
    (only,) = found.cells
    assert (only.repeats, only.n, shares(only)["all", 5]) == (3, 2, pytest.approx(2 / 3))
    assert {score.acc_att.n for score in only.scores} == {6}
    assert only.clean.war.n == 6
