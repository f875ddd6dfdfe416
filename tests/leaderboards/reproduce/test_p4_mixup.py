"""P4's Tables 5 and 6, from made records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from bench.scoring.inference.estimates import Estimate
from bench.scoring.records import CellRecords
from leaderboards.reproduce import p4_figure6
from leaderboards.reproduce.facts import facts
from leaderboards.reproduce.p4_figure6 import CONDITIONS
from leaderboards.reproduce.p4_mixup import MIXUP, TEST_SETS, TRAININGS, tables

Made = Callable[..., CellRecords]


def printed(made: Made, dataset: str = "AHSN", split: str = "blocks") -> Iterator[CellRecords]:
    """The paper's accuracies."""
    rows = [row for row in facts("p4_mixup.csv") if row["dataset"] == dataset]
    share = {(row["training"], row["test_set"]): float(row["unweighted_accuracy"]) / 100 for row in rows}
    for training, defense in TRAININGS.items():
        for test, attack in TEST_SETS.items():
            clean, noisy = share[training, "clean"], share[training, test]
            yield made(defense, attack, clean, noisy, split=split, each=500, task=dataset.lower())


def test_the_paper_s_own_figures_bear_out_its_claims(made: Made) -> None:
    (table,) = tables(list(printed(made)))
    assert len(table.rows) == 8
    for row in table.rows:
        assert isinstance(row["accuracy"], Estimate)
        assert row["accuracy"].value == pytest.approx(row["published accuracy"], abs=0.002)
        assert isinstance(row["F1"], Estimate)
        assert isinstance(row["precision"], Estimate)
        assert row["F1"].ci95[0] <= row["F1"].value <= row["F1"].ci95[1]
    assert {claim.verdict for claim in table.claims} == {"holds"}
    for claim in table.claims:
        assert claim.ours is not None
        assert claim.ours.value == pytest.approx(claim.published, abs=0.003), claim.text


def test_splits_and_tasks_are_tables_of_their_own(made: Made) -> None:
    both = [*printed(made), *printed(made, split="random-blocks")]
    found = tables(both)
    assert [table.about.setting.split for table in found] == ["blocks", "random-blocks"]
    assert [any("speakers stand in training and in test" in note for note in table.notes) for table in found] == [
        False,
        True,
    ]


def test_a_task_of_another_kind_has_nothing_beside_it(made: Made) -> None:
    cells = [
        made(defense, attack, 0.6, 0.5, task="valence2", classes=("negative", "positive"), each=20)
        for defense in TRAININGS.values()
        for attack in TEST_SETS.values()
    ]
    (table,) = tables(cells)
    assert {row["published accuracy"] for row in table.rows} == {None}
    assert {claim.published for claim in table.claims} == {None}
    assert json.dumps(table.to_json())


def test_one_training_alone(made: Made) -> None:
    (table,) = tables([one for one in printed(made) if one.description.names.defense == "none"])
    assert [claim.verdict for claim in table.claims] == ["holds"] * 3 + ["not tested"] * 5
    assert table.rows[4]["accuracy"] is None


def test_figure_6_has_the_rows_that_can_be_built(made: Made) -> None:
    shares = {MIXUP: 0.65, CONDITIONS: 0.55}
    cells = [made(defense, attack, 0.65, share) for defense, share in shares.items() for attack in TEST_SETS.values()]
    (table,) = p4_figure6.tables(cells)
    assert [row["method"] for row in table.rows[::3]] == ["mixup", "multi-condition", "Tiwari et al.", "CopyPaste"]
    assert [row["published F1"] for row in table.rows[:4]] == [0.6121, 0.6285, 0.6388, None]
    assert isinstance(table.rows[0]["F1"], Estimate)
    assert {row["applied to"] for row in table.rows[6:]} == {"not built"}
    assert [claim.verdict for claim in table.claims] == ["holds"] * 3 + ["not tested"] * 3
    assert {claim.why for claim in table.claims[3:]} == {"their systems are not built here"}
    assert [claim.published for claim in table.claims[3:]] == [0.09, 0.06, 0.05]
    assert table.family == 3
