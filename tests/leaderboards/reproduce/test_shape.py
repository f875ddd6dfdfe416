"""What becomes of a claim, and of a table on its way out."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from bench.cli.reproduce_show import headline, verdict
from bench.scoring.estimates import Difference
from bench.scoring.names import Setting
from leaderboards.reproduce.shape import Claim, Table, TableSubject, above, around, below, facts, not_above

UP, DOWN, WIDE, NOTHING = (
    Difference(0.2, 0.1, 0.3, 9),
    Difference(-0.2, -0.3, -0.1, 9),
    Difference(0.1, -0.2, 0.4, 9),
    Difference(0.0, 0.0, 0.0, 9),
)


@pytest.mark.parametrize(
    ("claim", "verdicts"),
    [
        (above, ["holds", "does not hold", "not decided", "does not hold"]),
        (below, ["does not hold", "holds", "not decided", "does not hold"]),
        (not_above, ["does not hold", "holds", "not decided", "holds"]),
        (around, ["does not hold", "does not hold", "not decided", "holds"]),
    ],
)
def test_the_interval_decides(claim: Callable[..., Claim], verdicts: list[str]) -> None:
    assert [claim("x", figure).verdict for figure in (UP, DOWN, WIDE, NOTHING)] == verdicts
    assert claim("x", None).verdict == "not tested"


def test_there_is_no_minus_nothing() -> None:
    assert str(Difference(-1e-17, -1e-17, 1e-17, 9)) == "+0.00 [+0.00, +0.00]"
    assert str(Difference(0.02, -0.001, 0.04, 9)) == "+0.02 [-0.00, +0.04]", "which side of 0 decides"


def test_a_table_is_plain_json_and_a_line() -> None:
    setting = Setting("c", "nb", "ahsn", "k-fold", None)
    about = TableSubject("v", None, setting, folds=(0, 1), seeds=(0,), speakers=1, n=3)
    table = Table("P", about, ({"noise": "a", "gain": UP, "published gain": 0.1},), (above("better", UP, 0.05),))
    found = json.loads(json.dumps(table.to_json()))
    assert found["rows"] == [{"noise": "a", "gain": {"value": 0.2, "ci95": [0.1, 0.3]}, "published gain": 0.1}]
    assert found["claims"][0] == {
        "claim": "better",
        "verdict": "holds",
        "ours": {"value": 0.2, "ci95": [0.1, 0.3]},
        "published": 0.05,
    }
    names = {name: found[name] for name in ("victim", "corpus", "noise_bank", "task", "split", "limit")}
    assert names == {"victim": "v", **setting.to_json()}
    assert "defense" not in found
    assert (found["folds"], found["seeds"], found["speakers"], found["n"]) == ([0, 1], [0], 1, 3)
    data = "corpus c · noise bank nb · task ahsn · split k-fold"
    assert headline(table) == f"P · victim v · {data} · fold 0,1 · seed 0 · 3 utterances of 1 speaker"
    assert verdict(table.claims[0]) == "holds: better; ours +0.20 [+0.10, +0.30]; published +0.05"


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("best_practices_table1.csv", 18),
        ("p1_denoising.csv", 3),
        ("p2_defences.csv", 6),
        ("p3_fusion.csv", 20),
        ("p4_mixup.csv", 16),
    ],
)
def test_the_published_figures_are_there(name: str, rows: int) -> None:
    assert len(facts(name)) == rows
