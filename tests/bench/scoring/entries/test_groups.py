"""Figures by group: parts of the whole, by what records tell of the people who speak."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.core.errors import DataError
from bench.evaluation.runs import read_entries, read_results
from bench.scoring.entries.groups import NOT_TOLD, GroupScore, group_scores
from benchmarks.made_records import MadeUp

WOMEN, MEN = ("s0", "s2", "s4"), ("s1", "s3", "s5")


def run_of(folder: Path, people: Mapping[str, Mapping[str, object]] | None) -> Path:
    found = {} if people is None else {"found": {"unknown_speakers": 0, "people": people}}
    told = {"noises": ["all"], **found}
    return MadeUp({"cnn_gru": 0.8}, {"none": 0.0}, ["boundary"], takes=2, k=3, told=told).write(folder)


def by_sex(folder: Path) -> list[GroupScore]:
    (entry,) = read_entries([folder], [3])
    return group_scores(entry, "sex")


def test_a_group_of_everybody_has_the_figures_of_the_run(tmp_path: Path) -> None:
    run = run_of(tmp_path, {"sex": {"female": [f"s{number}" for number in range(8)]}})
    (pooled,) = read_results([run], [3]).pooled
    found = by_sex(run)
    assert [(one.group, one.speakers) for one in found] == [("female", 8)]
    assert [(one.noises, one.k, one.acc_att, one.robust_accuracy) for one in found] == [
        (one.noises, one.k, one.acc_att, one.robust_accuracy) for one in pooled.scores
    ]
    assert {one.recognised.value for one in found} == {pooled.clean.war.value}


def test_groups_are_parts_of_the_whole(tmp_path: Path) -> None:
    run = run_of(tmp_path, {"sex": {"male": [*MEN], "female": [*WOMEN]}})
    (pooled,) = read_results([run], [3]).pooled
    last = by_sex(run)
    assert [(one.group, one.speakers, one.acc_att.n) for one in last] == [
        ("female", 3, 24),
        ("male", 3, 24),
        (NOT_TOLD, 2, 16),
    ]
    whole = pooled.scores[-1]
    for name, expected in (("acc_att", whole.acc_att), ("robust_accuracy", whole.robust_accuracy)):
        parts = [vars(one)[name] for one in last]
        assert sum(one.value * one.n for one in parts) == pytest.approx(expected.value * expected.n)
        assert all(one.low <= one.value <= one.high for one in parts)
    assert all(one.acc_att.high - one.acc_att.low > whole.acc_att.high - whole.acc_att.low for one in last)


def test_emotions_need_no_metadata(tmp_path: Path) -> None:
    (entry,) = read_entries([run_of(tmp_path, None)], [3])
    assert entry.tells("emotion")
    assert not entry.tells("sex")
    found = group_scores(entry, "emotion")
    assert {one.group for one in found} == {"anger", "happiness", "sadness", "neutral"}
    assert all(one.acc_att.n == 16 for one in found)


@pytest.mark.parametrize(
    ("people", "found"),
    [
        ({"sex": {"female": ["s0"], "male": ["s0"]}}, "field found.people.sex with a speaker twice"),
        ({"sex": {"female": "s0"}}, "female with a text"),
        ({"sex": ["s0"]}, "sex with a list"),
    ],
)
def test_what_is_said_of_people_is_not_believed(tmp_path: Path, people: dict, found: str) -> None:
    run = run_of(tmp_path, people)
    with pytest.raises(DataError) as refused:
        read_results([run])
    assert found in str(refused.value)
