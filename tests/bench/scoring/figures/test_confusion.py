"""Confusion matrices, and precision and F1 made of them, against scikit-learn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as theirs
from sklearn.metrics import f1_score, precision_score

from bench.scoring.figures.confusion import confusion_matrix, macro_f1, weighted_f1, weighted_precision

LABELS = ["a", "b", "c", "d"]
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=60)


@given(PAIRS)
def test_they_agree_with_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth, predicted = zip(*pairs, strict=True)
    ours = confusion_matrix(truth, predicted, LABELS)
    assert ours.tolist() == theirs(truth, predicted, labels=LABELS).tolist()
    options = {"average": "weighted", "zero_division": 0}
    assert weighted_precision(ours) == pytest.approx(precision_score(truth, predicted, **options))
    assert weighted_f1(ours) == pytest.approx(f1_score(truth, predicted, **options))
    macro = {"labels": sorted(set(truth)), "average": "macro", "zero_division": 0}
    assert macro_f1(ours) == pytest.approx(f1_score(truth, predicted, **macro))


def test_labels_that_are_none_are_errors() -> None:
    with pytest.raises(ValueError, match="none of a, b"):
        confusion_matrix(["a"], ["c"], ["a", "b"])
    with pytest.raises(ValueError, match="as many of both"):
        confusion_matrix(["a", "b"], ["a"], ["a", "b"])
