"""Scores against scikit-learn, and by their properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from bench.scoring.scores import CELL, acc_att, queries_to_success, successes, uar, war

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
    return frame.astype({"imperceptible": "object"}).assign(seed=0, repeat=0)


SEARCHES = st.lists(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=8), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(SEARCHES)
def test_acc_att_never_falls_as_k_grows_and_imperceptible_never_exceeds_all(
    searches: list[list[tuple[bool, bool]]],
) -> None:
    rows = frame(searches)
    fair, every = ([acc_att(rows, k, imperceptible) for k in range(1, 10)] for imperceptible in (True, False))
    assert fair == sorted(fair)
    assert every == sorted(every)
    assert all(0 <= low <= high <= 1 for low, high in zip(fair, every, strict=True))


@given(SEARCHES, st.integers(1, 9), st.booleans())
def test_success_is_the_first_query_that_succeeded(
    searches: list[list[tuple[bool, bool]]], k: int, imperceptible: bool
) -> None:
    rows = frame(searches)
    expected = [any(a and (i or not imperceptible) for a, i in queries[:k]) for queries in searches]
    assert successes(rows, k, imperceptible)["success"].tolist() == expected
    first = queries_to_success(rows, imperceptible)
    assert [number <= k for number in first] == expected


def test_an_utterance_never_attacked_counts_as_a_failure() -> None:
    assert acc_att(frame([[], [(True, True)]]), 5, False) == 0.5


def test_k_below_one_is_an_error() -> None:
    with pytest.raises(ValueError, match="k = 0"):
        successes(frame([[]]), 0, False)


@pytest.mark.parametrize("place", CELL)
def test_one_utterance_in_two_cells_counts_twice(place: str) -> None:
    rows = pd.concat([frame([[(True, True)]]), frame([[(False, True)]]).assign(**{place: 1})])
    assert np.isclose(acc_att(rows, 5, False), 0.5)
