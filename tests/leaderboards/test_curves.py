"""Curves: which cells lie on one, what a point says, and a picture that is one."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.core.errors import DataError, UsageError
from bench.scoring.record_files.descriptions import Description, RestsOn
from bench.scoring.record_files.names import CellNames, Setting
from bench.scoring.records import CellRecords
from bench.scoring.scores import uar, war
from leaderboards.curve_plot import FORMATS, check_plot_target, draw
from leaderboards.curves import Curve, curves, titles

LABELS = ("anger", "sadness", "neutral")
Answers = list[tuple[str, str, str | None]]
"""True label, label before, label after or None where the attack did not apply, for each utterance."""

SOME: Answers = [
    ("anger", "anger", "sadness"),
    ("anger", "anger", "anger"),
    ("anger", "sadness", None),
    ("sadness", "sadness", "sadness"),
    ("neutral", "anger", "neutral"),
]


SETTING = Setting("emodb", "folder", "ahsn", "k-fold", None)
RESTS = RestsOn("c0ffee", "decade", "p1", 10.0, 1, "cpu", "code", {"harness": "1"})


def cell(
    epsilon: float | None,
    answers: Answers = SOME,
    category: str = "crowd",
    setting: Setting = SETTING,
    rests_on: RestsOn = RESTS,
    **changes: Any,
) -> CellRecords:
    """One finished cell of an attack that asks once; `None` leaves ε at its default, 1."""
    params = {"category": category} if category != "crowd" else {}
    spec = ",".join(f"{k}={v}" for k, v in (params | ({} if epsilon is None else {"epsilon": epsilon})).items())
    attack = f"real_noise:{spec}" if spec else "real_noise"
    names = CellNames("cnn_gru", "none", attack, setting, fold=0, seed=0)
    given = {"category": category, "epsilon": epsilon or 1.0, "hard": True}
    about = Description(replace(names, **changes), attack, False, ("all",), given, {}, rests_on, text="")
    rows = []
    for number, (truth, before, after) in enumerate(answers):
        asked = {"utterance": str(number), "speaker": f"s{number % 3}", "label_true": truth, "label_before": before}
        rows.append({**asked, "query": 0, "label_after": before, "category": None})
        if after is not None:
            rows.append({**asked, "query": 1, "label_after": after, "category": category})
    return CellRecords(f"{epsilon} {category} {changes}", about, pd.DataFrame(rows))


@given(
    st.lists(
        st.tuples(*[st.sampled_from(LABELS)] * 2, st.sampled_from((*LABELS, None))), min_size=1, max_size=30
    ).filter(lambda answers: any(after is not None for *_, after in answers))
)
def test_a_point_is_the_error_on_the_utterances_to_which_it_applied(answers: Answers) -> None:
    ((point,),) = [one.points for one in curves([cell(0.5, answers)], "epsilon")]
    applied = [(truth, before, after) for truth, before, after in answers if after is not None]
    truth, before, after = zip(*applied, strict=True)
    assert (point.applied, point.of) == (len(applied), len(answers))
    for name, score in (("uar", uar), ("war", war)):
        found = point.errors[name]
        assert found.error.value == pytest.approx(1 - score(truth, after))
        assert found.clean == pytest.approx(1 - score(truth, before))
        assert -1e-9 <= found.error.low <= found.error.value + 1e-9
        assert found.error.value <= found.error.high + 1e-9
        assert found.error.n == point.applied


def test_points_ascend_as_numbers_and_a_default_is_a_value() -> None:
    (one,) = curves([cell(10.0), cell(None), cell(2.0), cell(0.5)], "epsilon")
    assert [point.x for point in one.points] == [0.5, 1.0, 2.0, 10.0]
    assert one.names.attack == "real_noise"
    assert one.names.category == "crowd"


@pytest.mark.parametrize(
    "changes",
    [
        {"victim": "other"},
        {"defense": "multi_condition"},
        {"setting": replace(SETTING, task="aesn")},
        {"setting": replace(SETTING, limit=7)},
        {"rests_on": replace(RESTS, noise_fingerprint="facade")},
        {"rests_on": replace(RESTS, perception="other")},
        {"attack": "real_noise:epsilon=2.0,hard=true"},
    ],
    ids=str,
)
def test_figures_of_another_kind_are_another_curve(changes: dict[str, Any]) -> None:
    found = curves([cell(0.5), cell(1.5), cell(2.0, **changes)], "epsilon")
    assert sorted(len(one.points) for one in found) == [1, 2]


def test_each_category_is_a_curve() -> None:
    found = curves([cell(e, category=c) for e in (0.5, 2.0) for c in ("station", "crowd", "meeting")], "epsilon")
    assert [one.names.category for one in found] == ["crowd", "meeting", "station"]
    assert [one.names.attack for one in found] == [
        "real_noise",
        "real_noise:category=meeting",
        "real_noise:category=station",
    ]
    title, labels = titles(found)
    assert "cnn_gru" in title
    assert "limit" not in title
    assert labels == ["real_noise · crowd", "real_noise:category=meeting", "real_noise:category=station"]


def test_folds_and_seeds_are_pooled() -> None:
    wrong: Answers = [("anger", "anger", "sadness")]
    right: Answers = [("anger", "anger", "anger")]
    (one,) = curves([cell(1.0, wrong), cell(1.0, right, fold=1), cell(1.0, right, seed=1)], "epsilon")
    (point,) = one.points
    assert point.of == 3
    assert point.errors["war"].error.value == pytest.approx(1 / 3)


def test_searches_and_attacks_that_never_applied_are_left_out() -> None:
    search = cell(0.5, category="meeting")
    again = search.rows[search.rows["query"] == 1].assign(query=2)
    search = CellRecords("search", search.description, pd.concat([search.rows, again]))
    nowhere = cell(0.5, [("anger", "anger", None)], category="station")
    (one,) = curves([cell(0.5), search, nowhere], "epsilon")
    assert one.names.category == "crowd"
    with pytest.raises(DataError, match="asks once"):
        curves([search, nowhere], "epsilon")


@pytest.mark.parametrize("parameter", ["epsilom", "category", "hard", ""])
def test_a_parameter_that_is_no_number_of_an_attack_is_named(parameter: str) -> None:
    with pytest.raises(UsageError, match="one of epsilon"):
        curves([cell(0.5)], parameter)


def test_the_json_holds_every_figure() -> None:
    (one,) = curves([cell(0.5)], "epsilon")
    found = json.loads(json.dumps(one.to_json()))
    (point,) = found["points"]
    assert (found["victim"], found["corpus"], found["limit"]) == ("cnn_gru", "emodb", None)
    assert point["x"] == 0.5
    own = one.points[0].errors["uar"]
    assert point["uar"] == {"error": own.error.value, "ci95": list(own.error.ci95), "clean": own.clean}


# ---- the picture


@pytest.fixture
def drawn() -> list[Curve]:
    return curves([cell(e, category=c) for e in (0.5, 2.0) for c in ("crowd", "a $ and _ <b>")], "epsilon")


@pytest.mark.parametrize(("ending", "begins"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_a_picture_in_every_format_and_the_same_twice(
    drawn: list[Curve], tmp_path: Path, ending: str, begins: bytes
) -> None:
    pytest.importorskip("matplotlib")
    assert ending in FORMATS
    for name in ("one", "two"):
        draw(drawn, "epsilon", tmp_path / (name + ending))
    first, second = ((tmp_path / (name + ending)).read_bytes() for name in ("one", "two"))
    assert first.startswith(begins)
    assert first == second
    assert len(list(tmp_path.iterdir())) == 2


def test_a_picture_says_what_it_shows(drawn: list[Curve], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    before = "matplotlib.pyplot" in sys.modules
    draw(drawn, "epsilon", tmp_path / "c.svg")
    svg = (tmp_path / "c.svg").read_text(encoding="utf-8")
    for text in ("epsilon", "1 − UAR", "1 − WAR", "real_noise · crowd", "a $ and _ &lt;b&gt;", "victim cnn_gru"):
        assert text in svg, text
    assert ("matplotlib.pyplot" in sys.modules) == before, "no display is asked for"


@pytest.mark.parametrize("name", ["c.gif", "c", "c.PNG.txt"])
def test_another_format_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"\.png, \.svg, \.pdf"):
        check_plot_target(tmp_path / name)


def test_the_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leaderboards.curve_plot.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"serbench\[plots\]"):
        check_plot_target(tmp_path / "c.png")
