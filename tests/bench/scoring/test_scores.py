"""Scores against scikit-learn, and by their properties."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from bench.contracts.threat_models import COUNTED, Counted
from bench.scoring.figures.conditions import Condition
from bench.scoring.record_files.columns import Columns
from bench.scoring.record_files.pooled import PooledRecords
from bench.scoring.record_files.rows import Row, as_table
from bench.scoring.scores import CELL, acc_att, first_successes, robustness, successes, uar, war, within

LABELS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1, max_size=60)


@given(LABELS)
def test_uar_and_war_agree_with_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth, predicted = zip(*pairs, strict=True)
    if set(predicted) <= set(truth) and len(set(truth)) > 1:  # beyond that scikit-learn warns
        assert uar(truth, predicted) == pytest.approx(balanced_accuracy_score(truth, predicted))
    assert war(truth, predicted) == pytest.approx(accuracy_score(truth, predicted))


@pytest.mark.parametrize("score", [uar, war])
def test_nothing_to_score_is_an_error(score: object) -> None:
    with pytest.raises(ValueError, match="some"):
        score([], [])  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"\(2,\) true"):
        score(["a", "b"], ["a"])  # type: ignore[operator]


def frame(searches: list[list[tuple[bool, bool]]]) -> pd.DataFrame:
    """One search an utterance: for each query whether it was accepted and whether it is imperceptible."""
    rows = []
    for number, queries in enumerate(searches):
        rows.append((0, f"u{number}", f"s{number % 3}", 0, False, None))
        rows += [(0, f"u{number}", f"s{number % 3}", q, *found) for q, found in enumerate(queries, 1)]
    frame = pd.DataFrame(rows, columns=["fold", "utterance", "speaker", "query", "accepted", "imperceptible"])
    return frame.astype({"imperceptible": "object"}).assign(seed=0, repeat=0, snr_db=12.0, additive=None)


SEARCHES = st.lists(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=8), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(SEARCHES, st.lists(st.integers(1, 9), min_size=2, max_size=2).map(sorted))
def test_acc_att_never_falls_as_k_grows_and_imperceptible_never_exceeds_all(
    searches: list[list[tuple[bool, bool]]], ks: list[int]
) -> None:
    rows = frame(searches)
    fair, every = ([acc_att(rows, k, counted) for k in ks] for counted in ("imperceptible", "all"))
    assert fair == sorted(fair)
    assert every == sorted(every)
    assert all(0 <= low <= high <= 1 for low, high in zip(fair, every, strict=True))


@given(SEARCHES, st.integers(1, 9), st.sampled_from(["all", "imperceptible"]))
def test_success_is_the_first_query_that_succeeded(
    searches: list[list[tuple[bool, bool]]], k: int, counted: Counted
) -> None:
    rows = frame(searches)
    expected = [any(a and (i or counted == "all") for a, i in queries[:k]) for queries in searches]
    assert successes(rows, k, counted)["success"].tolist() == expected
    assert (first_successes(rows, counted)["first"] <= k).tolist() == expected


def test_an_utterance_never_attacked_counts_as_a_failure() -> None:
    assert acc_att(frame([[], [(True, True)]]), 5, "all") == 0.5


def test_k_below_one_is_an_error() -> None:
    with pytest.raises(ValueError, match="k = 0"):
        successes(frame([[]]), 0, "all")


@pytest.mark.parametrize("place", CELL)
def test_one_utterance_in_two_cells_counts_twice(place: str) -> None:
    rows = pd.concat([frame([[(True, True)]]), frame([[(False, True)]]).assign(**{place: 1})])
    assert np.isclose(acc_att(rows, 5, "all"), 0.5)


def columns(*rows: tuple[bool | None, bool | None, float | None]) -> pd.DataFrame:
    """Queries by whether they are imperceptible, whether additive, and their SNR."""
    made = [Row("u", "s", 0, "a", "a", "a")]
    for number, (imperceptible, additive, snr_db) in enumerate(rows, 1):
        told = Row("u", "s", number, "a", "a", "b", snr_db, accepted=True)
        made.append(replace(told, imperceptible=imperceptible, additive=additive))
    return as_table(made).to_pandas().assign(fold=0, seed=0, repeat=0)


def test_what_is_additive_is_said_by_the_record() -> None:
    rows = columns((True, True, 12.0), (False, True, 12.0), (False, False, 12.0), (False, False, None))
    assert within(rows, "additive").tolist()[1:] == [True, True, False, False]
    assert within(rows, "imperceptible").tolist()[1:] == [True, False, False, False]
    assert within(rows, "all").all()


def test_a_record_that_does_not_say_what_is_additive_goes_by_the_snr() -> None:
    rows = columns((True, None, None), (False, None, 12.0), (False, None, None))
    assert within(rows, "additive").tolist()[1:] == [True, True, False]


TOLD = st.sampled_from([True, False, None])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(TOLD, TOLD, st.sampled_from([12.0, None])), max_size=6))
def test_each_kind_lies_within_the_next(rows: list[tuple[bool | None, bool | None, float | None]]) -> None:
    found = [within(columns(*rows), counted) for counted in COUNTED]
    for narrow, wide in pairwise(found):
        assert (~narrow | wide).all()


def test_another_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="noises 'loud': one of imperceptible, additive, all"):
        within(columns(), "loud")  # type: ignore[arg-type]


def test_robust_is_what_is_right_and_was_never_fooled_by_what_counts() -> None:
    """Wrong when clean, fooled at 2, fooled at 3, fooled at 1 by what people hear, never fooled."""
    told = [("a", "b", 1, True), ("a", "a", 2, True), ("a", "a", 3, True), ("a", "a", 1, False), ("a", "a", 9, True)]
    rows = []
    for number, (true, before, at, fair) in enumerate(told):
        rows.append(Row(f"u{number}", "s", 0, true, before, before))
        for query in (1, 2, 3):
            after, hit = ("c", True) if query == at else (before, False)
            asked = Row(f"u{number}", "s", query, true, before, after, 12.0, accepted=hit)
            rows.append(replace(asked, imperceptible=fair))
    found = as_table(rows).to_pandas().assign(fold=0, seed=0, repeat=0)
    assert robustness(found, 2, "imperceptible")["robust"].tolist() == [False, False, True, True, True]
    assert robustness(found, 2, "all")["robust"].tolist() == [False, False, True, False, True]
    assert robustness(found, 3, "imperceptible")["robust"].tolist() == [False, False, False, True, True]


@pytest.mark.parametrize(("share", "robust"), [(None, True), (0.4, True), (0.6, False)])
def test_what_is_right_by_chance_is_not_robust(share: float | None, robust: bool) -> None:
    """No other label of it is a success: a victim that draws its answers would be robust where it decides nothing."""
    rows = [Row("u", "s", 0, "a", "a", "a", flip_share=share), Row("u", "s", 1, "a", "a", "b", 12.0, flip_share=0.2)]
    columns = Columns.of(as_table(rows).to_pandas())
    found = robustness(as_table(rows).to_pandas().assign(fold=0, seed=0, repeat=0), 1, "all")
    assert found["robust"].tolist() == [robust]
    condition = Condition(False, "all", PooledRecords.together([(columns, (0, 0, 0))], False))
    assert condition.withstood(1).tolist() == [robust]
