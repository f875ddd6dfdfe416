"""Reports on attacks: figures of different code or data never mix, whatever lies in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.scoring.entries.attack_reports import attack_reports
from bench.scoring.entries.groups import group_scores, told_entries
from bench.scoring.entries.several_runs import believed_of
from bench.scoring.entries.sources import sources_in
from bench.scoring.figures.conditions import scores
from bench.scoring.record_files.believing import determined_key
from bench.scoring.record_files.rows import Row
from bench.scoring.records import Store


def test_what_two_versions_measured_is_reported_on_apart(
    tmp_path: Path, about: dict[str, Any], rows: list[Row]
) -> None:
    """An utterance that both attacked was counted twice."""
    store = Store(tmp_path / "run")
    store.write(determined_key(about), about, rows)
    (alone,) = attack_reports(believed_of([store.folder]))
    fitting = {**about["fitting"], "versions": {**about["fitting"]["versions"], "torch": "0.0"}}
    other = {**about, "fitting": fitting}
    store.write(determined_key(other), other, rows)
    found = [one.to_json() for one in attack_reports(believed_of([store.folder]))]
    assert found == [alone.to_json()] * 2


def test_a_group_in_which_all_fell_at_once_was_searched_all_the_same(tmp_path: Path, about: dict[str, Any]) -> None:
    """Its interval is that of `bench score --by`: it was taken for an effect that asks once, with sounds in common."""
    rows = []
    for place in range(48):
        said, label = (f"u{place}", f"s{place // 6}"), "anger" if place % 2 else "sadness"
        queries = 1 if label == "anger" else 3
        rows.append(Row(*said, 0, label, label, label))
        for query in range(1, queries + 1):
            fell = query == queries and place % 3 > 0
            answer = "neutral" if fell else label
            sound = f"cough-{place % 4 // 2}"
            rows.append(
                Row(*said, query, label, label, answer, 20.0, "noise", "human", sound, True, fell, additive=True)
            )
    store = Store(tmp_path / "run")
    store.write(determined_key(about), about, rows)
    (report,) = attack_reports(believed_of([store.folder]))
    (entry,) = told_entries([*sources_in(store.folder).values()], [8])
    wanted = {one.group: one.acc_att for one in group_scores(entry, "emotion")}
    assert {one.group: one.acc_att for one in report.emotions} == wanted
    assert report.curve[8] == next(scores(entry.own.conditions, [8])).acc_att


def test_an_attack_that_knows_its_budget_is_read_off_where_it_was_run(tmp_path: Path, about: dict[str, Any]) -> None:
    """With 5 queries half fall at the first one, with 1 none does: at k = 1 the report said half, and a table none."""
    store = Store(tmp_path / "run")
    for budget in (1, 5):
        rows = []
        for place in range(24):
            said, label = (f"u{place}", f"s{place // 3}"), "anger"
            fell = budget == 5 and place % 2 == 0
            tried = Row(
                *said, 1, label, label, "neutral" if fell else label, 20.0, "noise", "human", "cough", True, fell
            )
            rows += [Row(*said, 0, label, label, label), tried]
        told = {**about, "max_queries": budget, "anytime": False}
        store.write(determined_key(told), told, rows)
    (report,) = attack_reports(believed_of([store.folder]))
    (entry,) = told_entries([*sources_in(store.folder).values()], [1, 5])
    assert report.curve == {one.k: one.acc_att for one in scores(entry.own.conditions, [1, 5])}
    assert [round(one.value, 2) for one in report.curve.values()] == [0.0, 0.5]
