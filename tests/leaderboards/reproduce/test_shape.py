"""A table on its way out."""

from __future__ import annotations

import json

import pytest

from bench.cli.reproduce_show import corrected, headline, verdict
from bench.scoring.inference.estimates import Difference
from bench.scoring.record_files.names import Setting
from leaderboards.reproduce.claims import above, untestable
from leaderboards.reproduce.facts import facts
from leaderboards.reproduce.figures import Measured, Tail
from leaderboards.reproduce.shape import Table, TableSubject, judged

UP = Measured(0.2, 0.1, 0.3, 9, speakers=8, tails=tuple(Tail(line, 0.001, 0.999, 0.0005) for line in (0, 0.05, -0.05)))
SETTING = Setting("c", "nb", "ahsn", "k-fold", None)


def test_there_is_no_minus_nothing() -> None:
    assert str(Difference(-1e-17, -1e-17, 1e-17, 9)) == "+0.00 [+0.00, +0.00]"
    assert str(Difference(0.02, -0.001, 0.04, 9)) == "+0.02 [-0.00, +0.04]", "which side of 0 decides"


def made(*claims: object) -> Table:
    about = TableSubject("v", None, SETTING, folds=(0, 1), seeds=(0,), speakers=1, n=3)
    row = {"noise": "a", "gain": UP, "published gain": 0.1}
    return Table("P", about, (row,), claims)  # type: ignore[arg-type]


def test_a_table_is_plain_json_and_a_line() -> None:
    from bench.scoring.inference.estimates import Estimate

    figure = Measured(
        0.2, 0.1, 0.3, 9, speakers=8, tails=tuple(Tail(line, 0.001, 0.999, 0.0005) for line in (0, 0.05, -0.05))
    )
    assert isinstance(figure, Estimate)
    (table,) = judged([made(above("better", figure, 0.05), untestable("people agree", "needs listeners", 0.9))])
    found = json.loads(json.dumps(table.to_json()))
    assert found["rows"] == [{"noise": "a", "gain": {"value": 0.2, "ci95": [0.1, 0.3]}, "published gain": 0.1}]
    assert found["claims"][0] == {
        "claim": "better",
        "says": "above 0",
        "verdict": "holds",
        "p": 0.002,
        "p_adjusted": 0.002,
        "supported": True,
        "why": None,
        "lines": [{"line": 0, "p": 0.002, "student": 0.0005, "inside": True}],
        "by_speaker": None,
        "ours": {"value": 0.2, "ci95": [0.1, 0.3]},
        "published": 0.05,
        "published_beside": {},
    }
    assert (found["claims"][1]["verdict"], found["claims"][1]["why"]) == ("not tested", "needs listeners")
    assert found["corrected_over"] == 1, "what has no test is not counted"
    assert found["corrected_by"] == "holm", "nobody kept the sums of its speakers"
    names = {name: found[name] for name in ("victim", *SETTING.to_json())}
    assert names == {"victim": "v", **SETTING.to_json()}
    assert "defense" not in found
    assert (found["folds"], found["seeds"], found["speakers"], found["n"]) == ([0, 1], [0], 1, 3)
    data = "corpus c · noise bank nb · task ahsn · split k-fold"
    assert headline(table) == f"P · victim v · {data} · fold 0,1 · seed 0 · 3 utterances of 1 speaker"
    assert verdict(table.claims[0]) == "holds: better; ours +0.20 [+0.10, +0.30], p = 0.002; published +0.05"
    assert verdict(table.claims[1]) == "not tested (needs listeners): people agree; published +0.90"
    assert "over the 1 claim of this run" in corrected(table)[0]


def test_the_claims_of_all_tables_are_one_family() -> None:
    one, other = made(above("a", UP)), made(above("b", UP), above("c", None))
    found = judged([one, other])
    assert [table.family for table in found] == [2, 2]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("best_practices_table1.csv", 18),
        ("best_practices_table2.csv", 12),
        ("best_practices_text.csv", 6),
        ("latif2018_text.csv", 10),
        ("p2_defences.csv", 6),
        ("p3_fusion.csv", 20),
        ("p4_mixup.csv", 16),
    ],
)
def test_the_published_figures_are_there(name: str, rows: int) -> None:
    assert len(facts(name)) == rows
