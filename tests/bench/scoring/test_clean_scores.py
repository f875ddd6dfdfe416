"""Figures on clean speech against scikit-learn, and their intervals by their properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as theirs
from sklearn.metrics import f1_score, precision_score

from bench.core.types import REFUSED
from bench.scoring.clean_scores import (
    clean_report,
    confusion_matrix,
    jackknife_interval,
    weighted_f1,
    weighted_precision,
)
from bench.scoring.scores import uar, war
from bench.scoring.statistics import proportion_interval

LABELS = ["a", "b", "c", "d"]
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=60)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["x", "y"]), st.sampled_from("12345"), st.sampled_from(LABELS[:2]), st.sampled_from(LABELS[:2])
    ),
    min_size=2,
    max_size=40,
)


def frame(rows: list[tuple[str, str, str, str]]) -> pd.DataFrame:
    columns = ["cell", "speaker", "label_true", "label_before"]
    return pd.DataFrame(rows, columns=columns).assign(utterance=lambda found: found.index.astype(str))


@given(PAIRS)
def test_they_agree_with_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth, predicted = zip(*pairs, strict=True)
    ours = confusion_matrix(truth, predicted, LABELS)
    assert ours.tolist() == theirs(truth, predicted, labels=LABELS).tolist()
    options = {"average": "weighted", "zero_division": 0}
    assert weighted_precision(ours) == pytest.approx(precision_score(truth, predicted, **options))
    assert weighted_f1(ours) == pytest.approx(f1_score(truth, predicted, **options))


def test_labels_that_are_none_are_errors() -> None:
    with pytest.raises(ValueError, match="none of a, b"):
        confusion_matrix(["a"], ["c"], ["a", "b"])
    with pytest.raises(ValueError, match="as many of both"):
        confusion_matrix(["a", "b"], ["a"], ["a", "b"])


@settings(max_examples=60)
@given(ROWS)
def test_a_report_holds_together(rows: list[tuple[str, str, str, str]]) -> None:
    found, told = frame(rows), clean_report(frame(rows), LABELS[:2])
    cells = [part for _, part in found.groupby("cell")]
    for name, score in (("uar", uar), ("war", war)):
        assert told[name] == pytest.approx(np.mean([score(one["label_true"], one["label_before"]) for one in cells]))
    assert told["weighted_recall"] == told["war"]
    for name in ("uar", "war", "weighted_precision", "weighted_recall", "weighted_f1"):
        low, high = told[f"{name}_ci95"]
        assert 0 <= low <= told[name] + 1e-9
        assert told[name] - 1e-9 <= high <= 1
    counts = np.array(told["confusion"]["counts"])
    assert counts.sum() == len(rows) == told["n"]
    for one, row in zip(told["classes"], counts, strict=True):
        assert one["n"] == row.sum()
        assert (one["recall"] is None) == (row.sum() == 0)
    if len(cells) == 1:
        assert told["weighted_f1"] == pytest.approx(float(weighted_f1(counts)))
        heard = [one["recall"] for one in told["classes"] if one["recall"] is not None]
        assert told["uar"] == pytest.approx(np.mean(heard))


def test_one_speaker_says_nothing_about_others() -> None:
    told = clean_report(frame([("x", "1", "a", "a"), ("x", "1", "b", "a"), ("x", "1", "b", "b")]), ["a", "b"])
    for name in ("uar", "war", "weighted_precision", "weighted_f1"):
        assert told[f"{name}_ci95"] == [0.0, 1.0]


def test_a_refusal_is_an_error_with_a_column_of_its_own() -> None:
    rows = [("x", str(n % 4), "ab"[n % 2], REFUSED if n % 3 == 0 else "ab"[n % 2]) for n in range(24)]
    told = clean_report(frame(rows), ["a", "b"])
    assert told["confusion"] == {"true": ["a", "b"], "predicted": ["a", "b", REFUSED], "counts": [[8, 0, 4], [0, 8, 4]]}
    assert told["war"] == pytest.approx(2 / 3)
    assert told["weighted_precision"] == 1.0
    assert told["weighted_f1"] == pytest.approx(0.8)


@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=2, max_size=12))
def test_the_jackknife_of_a_share_gives_the_interval_of_a_share(hits: list[list[bool]]) -> None:
    means = np.mean(hits, axis=1)
    without = [np.delete(means, place).mean() for place in range(len(means))]
    clusters = [str(speaker) for speaker, own in enumerate(hits) for _ in own]
    interval = jackknife_interval(float(means.mean()), without, n=len(clusters))
    assert interval == pytest.approx(proportion_interval(np.concatenate(hits), clusters), abs=1e-6)


def test_speakers_who_agree_by_chance_do_not_make_it_certain() -> None:
    low, high = jackknife_interval(0.3, [0.3, 0.3], n=16)
    assert low < 0.05
    assert high > 0.7


def test_where_all_are_right_the_interval_is_that_of_a_share() -> None:
    told = clean_report(frame([("x", str(n % 10), "ab"[n % 2], "ab"[n % 2]) for n in range(40)]), ["a", "b"])
    assert told["weighted_f1"] == told["weighted_precision"] == told["war"] == 1.0
    for name in ("weighted_f1_ci95", "weighted_precision_ci95"):
        assert told[name] == pytest.approx(told["war_ci95"])
    assert 0.8 < told["war_ci95"][0] < 1.0


def test_the_intervals_cover_what_they_should() -> None:
    """Drawn from speakers of different quality, 95 % intervals hold the figure of a great sample in most samples."""
    rng = np.random.default_rng(0)

    def sample(speakers: int) -> pd.DataFrame:
        rows = []
        for speaker in range(speakers):
            skill = rng.beta(12, 6)
            for n in range(20):
                right = rng.random() < skill
                rows.append(("x", str(speaker), "ab"[n % 2], "ab"[(n + (not right)) % 2]))
        return frame(rows)

    truth = clean_report(sample(600), ["a", "b"])["weighted_f1"]
    intervals = [clean_report(sample(12), ["a", "b"])["weighted_f1_ci95"] for _ in range(60)]
    assert np.mean([low <= truth <= high for low, high in intervals]) >= 0.88
