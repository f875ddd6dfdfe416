"""What is reported, from records made for the purpose."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from bench.core.keys import key_of_json
from bench.scoring.records import CellRecords
from bench.scoring.results import collect

IDENTITY = {"spec": "x", "params": {}, "origin": "serbench", "code": "c"}


def cell(key: str = "k", **changed: Any) -> CellRecords:
    """Two utterances of two speakers: the first is fooled at query 2, the second at query 4 by what people hear."""
    hits = changed.pop("hits", {("u0", 2): True, ("u1", 4): False})
    rows = [
        (utterance, speaker, query, "anger", "anger", "sadness" if hit else "anger", hit is not None, bool(hit))
        for utterance, speaker in (("u0", "s0"), ("u1", "s1"))
        for query in range(6)
        for hit in [hits.get((utterance, query))]
    ]
    names = ("utterance", "speaker", "query", "label_true", "label_before", "label_after", "accepted", "imperceptible")
    versions = {"harness": "h", "serbench": "0", "torch": "2"}
    fitting = {"victim": IDENTITY, "defense": None, "corpus": "fp", "device": "cpu", "versions": versions}
    about: dict[str, Any] = {
        "victim": "v",
        "defense": "none",
        "attack": "a",
        "attack_base": "a",
        "corr": False,
        "noises": ["all", "imperceptible"],
        "corpus": "c",
        "noise_bank": "n",
        "task": "ahsn",
        "split": "k-fold",
        "fold": 0,
        "seed": 0,
        "limit": None,
        "max_queries": 5,
        "min_snr_db": 10.0,
        "perception": "p1",
        "attack_noises": "np",
        "attack_identity": IDENTITY,
        "fitting": fitting | changed.pop("fitting", {}),
    }
    return CellRecords(key, about | changed, pd.DataFrame(rows, columns=list(names)))


def shares(entry: dict[str, Any]) -> dict[tuple[str, int], float]:
    return {(score["noises"], score["k"]): score["acc_att"] for score in entry["scores"]}


def test_one_attacks_records_are_scored_for_both_splits_at_every_k() -> None:
    found = collect([cell()], [1, 2, 5])
    assert len(found.cells) == len(found.pooled) == 1
    expected = {("all", 1): 0.0, ("all", 2): 0.5, ("all", 5): 1.0}
    expected |= {("imperceptible", 1): 0.0, ("imperceptible", 2): 0.5, ("imperceptible", 5): 0.5}
    assert shares(found.cells[0]) == expected
    assert found.cells[0]["n"] == 2
    assert found.cells[0]["clean"]["war"] == 1.0


def test_folds_are_apart_in_cells_and_together_in_pooled() -> None:
    found = collect([cell("a"), cell("b", fold=1, hits={})], [5])
    assert [entry["fold"] for entry in found.cells] == [0, 1]
    (pooled,) = found.pooled
    assert pooled["folds"] == [0, 1]
    assert shares(pooled)["all", 5] == 0.5
    assert {score["n"] for score in pooled["scores"]} == {4}


@pytest.mark.parametrize(
    "other",
    [
        {"fitting": {"corpus": "other"}},
        {"fitting": {"device": "cuda"}},
        {"fitting": {"victim": {**IDENTITY, "code": "edited"}}},
        {"attack_identity": {**IDENTITY, "code": "edited"}},
        {"max_queries": 9},
        {"attack_noises": "other"},
    ],
)
def test_what_rests_on_something_else_is_never_mixed(other: dict[str, Any]) -> None:
    found = collect([cell("a"), cell("b", hits={}, **other)], [5])
    assert sorted(shares(entry)["all", 5] for entry in found.pooled) == [0.0, 1.0]
    assert len(found.cells) == 2
    assert found.cells[0]["rests_on"] != found.cells[1]["rests_on"]


def test_ks_beyond_the_budget_are_left_out() -> None:
    assert {k for _, k in shares(collect([cell()], [3, 25]).cells[0])} == {3}


def test_corr_is_tested_against_none_and_p_is_adjusted() -> None:
    informed = cell("b", corr=True, hits={("u0", 1): True, ("u1", 1): True})
    (pooled,) = collect([cell("a"), informed], [1, 5]).pooled
    corr = [test for test in pooled["tests"] if test["compared"] == "corr"]
    assert [(test["noises"], test["k"], test["difference"]) for test in corr] == [
        ("imperceptible", 1, 1.0),
        ("imperceptible", 5, 0.5),
        ("all", 1, 1.0),
        ("all", 5, 0.0),
    ]
    assert all(test["p_holm"] >= test["p"] for test in pooled["tests"])


def test_json_is_plain_and_the_frame_has_a_row_a_score() -> None:
    found = collect([cell()], [2, 5])
    assert json.loads(json.dumps(found.to_json()))["schema"] == 1
    frame = found.to_frame()
    assert len(frame) == 4
    assert {"acc_att", "ci95_low", "ci95_high", "n", "speakers", "k", "corr", "noises"} <= set(frame.columns)


def test_the_validity_gap_is_what_perceptible_noises_win() -> None:
    found = collect([cell()], [2, 5]).cells[0]["validity_gap"]
    assert [(gap["corr"], gap["k"], gap["gap"]) for gap in found] == [(False, 2, 0.0), (False, 5, 0.5)]
    assert found[0]["ci95"] == [0.0, 0.0]
    assert found[1]["ci95"][0] < 0.5 < found[1]["ci95"][1]
    assert collect([cell(noises=["all"])], [2]).cells[0]["validity_gap"] == []


def once(applied: tuple[str, ...] = ("u0", "u1", "u2"), **changed: Any) -> CellRecords:
    """A perturbation that asks once of three of four utterances: one was right and is wrong after it."""
    made = cell(**changed)
    rows = [
        (utterance, speaker, query, truth, before, after if query else before, False, True)
        for utterance, speaker, truth, before, after in (
            ("u0", "s0", "anger", "anger", "sadness"),
            ("u1", "s1", "anger", "anger", "anger"),
            ("u2", "s1", "sadness", "sadness", "sadness"),
            ("u3", "s1", "sadness", "anger", "anger"),
        )
        for query in range(2)
        if not query or utterance in applied
    ]
    return CellRecords(made.key, made.description, pd.DataFrame(rows, columns=list(made.rows.columns)))


def test_a_perturbation_that_asks_once_is_scored_on_what_it_applied_to() -> None:
    (found,) = collect([once()], [1]).cells
    told = found["perturbed"]
    assert (told["applied"], told["of"]) == (3, 4)
    assert (told["uar_before"], told["war_before"]) == (1.0, 1.0)
    assert told["uar"] == pytest.approx(0.75)
    assert told["war"] == pytest.approx(2 / 3)
    assert told["uar_ci95"][0] <= told["uar"] <= told["uar_ci95"][1]
    assert found["clean"]["war"] == 0.75, "of all four"
    assert collect([once(applied=())], [1]).cells[0]["perturbed"] is None
    assert collect([cell()], [1]).cells[0]["perturbed"] is None, "a search"


def test_perturbed_figures_are_pooled_over_seeds() -> None:
    (pooled,) = collect([once(key="a"), once(key="b", seed=1, applied=("u0",))], [1]).pooled
    assert (pooled["perturbed"]["applied"], pooled["perturbed"]["of"]) == (4, 8)


def test_cells_of_other_code_stand_apart() -> None:
    found = collect([cell("a", code="one"), cell("b", fold=1, code="one"), cell("c", fold=2, code="other")], [5])
    assert [(entry["folds"], entry["rests_on"]["code"]) for entry in found.pooled] == [([0, 1], "one"), ([2], "other")]


def test_a_cell_of_before_cells_named_their_code_shows_what_it_did() -> None:
    (entry,) = collect([cell()], [5]).cells
    assert entry["rests_on"]["code"] == key_of_json({"code": ["h", "c", "", "c"]})
