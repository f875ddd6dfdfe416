"""Figures on clean speech, and their intervals by their properties."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.core.types import REFUSED
from bench.scoring.clean_scores import CleanReport, clean_report
from bench.scoring.figures.confusion import confusion_matrix, weighted_f1
from bench.scoring.inference.estimates import Estimate
from bench.scoring.scores import uar, war
from bench.scoring.statistics import jackknife_interval

LABELS = ["a", "b"]
ROWS = st.lists(
    st.tuples(st.sampled_from([0, 1]), st.sampled_from("12345"), st.sampled_from(LABELS), st.sampled_from(LABELS)),
    min_size=2,
    max_size=40,
)


def frame(rows: list[tuple[int, str, str, str]]) -> pd.DataFrame:
    columns = ["fold", "speaker", "label_true", "label_before"]
    found = pd.DataFrame(rows, columns=columns).assign(seed=0, repeat=0)
    return found.assign(utterance=found.index.astype(str))


def estimates(told: CleanReport) -> dict[str, Estimate]:
    return {
        "uar": told.uar,
        "war": told.war,
        "weighted_precision": told.weighted_precision,
        "weighted_f1": told.weighted_f1,
        "macro_f1": told.macro_f1,
    }


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_a_report_holds_together(rows: list[tuple[int, str, str, str]]) -> None:
    found, told = frame(rows), clean_report(frame(rows), LABELS)
    cells = [part for _, part in found.groupby("fold")]
    for name, score in (("uar", uar), ("war", war)):
        assert estimates(told)[name].value == pytest.approx(
            np.mean([score(one["label_true"], one["label_before"]) for one in cells])
        )
    written = json.loads(json.dumps(told.to_json()))
    assert written["weighted_recall"] == written["war"]
    assert written["weighted_recall_ci95"] == written["war_ci95"]
    for name, one in estimates(told).items():
        assert 0 <= one.low <= one.value + 1e-9
        assert one.value - 1e-9 <= one.high <= 1
        assert one.n == len(rows)
        assert (written[name], written[f"{name}_ci95"]) == (one.value, [one.low, one.high])
    counts = np.array(told.confusion.counts)
    assert counts.sum() == len(rows) == told.n
    for label, row in zip(told.classes, counts, strict=True):
        assert label.n == row.sum()
        assert (label.recall is None) == (row.sum() == 0)
    if len(cells) == 1:
        assert told.weighted_f1.value == pytest.approx(float(weighted_f1(counts)))
        heard = [label.recall.value for label in told.classes if label.recall is not None]
        assert told.uar.value == pytest.approx(np.mean(heard))


def test_one_speaker_says_nothing_about_others() -> None:
    told = clean_report(frame([(0, "1", "a", "a"), (0, "1", "b", "a"), (0, "1", "b", "b")]), ["a", "b"])
    assert {one.ci95 for one in estimates(told).values()} == {(0.0, 1.0)}


def test_a_refusal_is_an_error_with_a_column_of_its_own() -> None:
    rows = [(0, str(n % 4), "ab"[n % 2], REFUSED if n % 3 == 0 else "ab"[n % 2]) for n in range(24)]
    told = clean_report(frame(rows), ["a", "b"])
    assert told.confusion.to_json() == {
        "true": ["a", "b"],
        "predicted": ["a", "b", REFUSED],
        "counts": [[8, 0, 4], [0, 8, 4]],
    }
    assert told.war.value == pytest.approx(2 / 3)
    assert told.weighted_precision.value == 1.0
    assert told.weighted_f1.value == pytest.approx(0.8)


def test_where_all_are_right_the_interval_is_that_of_a_share() -> None:
    told = clean_report(frame([(0, str(n % 10), "ab"[n % 2], "ab"[n % 2]) for n in range(40)]), ["a", "b"])
    assert told.weighted_f1.value == told.weighted_precision.value == told.war.value == 1.0
    for one in (told.weighted_f1, told.weighted_precision):
        assert one.ci95 == pytest.approx(told.war.ci95)
    assert 0.8 < told.war.low < 1.0


def test_the_intervals_cover_what_they_should() -> None:
    """Drawn from speakers of different quality, 95 % intervals hold the figure of a great sample in most samples."""
    rng = np.random.default_rng(0)

    def sample(speakers: int) -> pd.DataFrame:
        rows = []
        for speaker in range(speakers):
            skill = rng.beta(12, 6)
            for n in range(20):
                right = rng.random() < skill
                rows.append((0, str(speaker), "ab"[n % 2], "ab"[(n + (not right)) % 2]))
        return frame(rows)

    truth = clean_report(sample(600), ["a", "b"]).weighted_f1.value
    intervals = [clean_report(sample(12), ["a", "b"]).weighted_f1.ci95 for _ in range(60)]
    assert np.mean([low <= truth <= high for low, high in intervals]) >= 0.88


def test_f1_and_precision_heed_sounds_as_accuracy_does() -> None:
    """P4's precision and F1 under noise stood beside an accuracy whose interval heeds the sounds of its utterances."""
    rng = np.random.default_rng(3)
    rows = pd.DataFrame(
        {
            **dict.fromkeys(("fold", "seed", "repeat"), 0),
            "utterance": [f"u{n}" for n in range(120)],
            "speaker": [f"s{n % 8}" for n in range(120)],
            "label_true": rng.choice(["a", "b"], 120),
        }
    )
    sound = rng.integers(0, 5, 120)
    right = rng.random(120) < np.array([0.95, 0.9, 0.5, 0.4, 0.2])[sound]
    other = np.where(rows["label_true"] == "a", "b", "a")
    rows["label_before"] = np.where(right, rows["label_true"], other)

    def f1(some: pd.DataFrame) -> float:
        return float(weighted_f1(confusion_matrix(some["label_true"], some["label_before"], ("a", "b"))))

    def left(way: pd.Series) -> list[float]:
        return [f1(rows[way != one]) for one in way.unique()]

    sounds = pd.Series(sound.astype(str))
    both = left(rows["speaker"] + sounds)
    wanted = jackknife_interval(f1(rows), left(rows["speaker"]), 120, crossed=[left(sounds)], both=[(-1, both)])
    heeded, alone = (clean_report(rows, ("a", "b"), crossed) for crossed in ([sounds.to_numpy(object)], []))
    assert heeded.weighted_f1.ci95 == pytest.approx(wanted, abs=1e-12)
    assert alone.weighted_f1.ci95 == pytest.approx(jackknife_interval(f1(rows), left(rows["speaker"]), 120), abs=1e-12)
    for name in ("war", "weighted_f1", "macro_f1", "weighted_precision"):
        widths = [getattr(one, name).high - getattr(one, name).low for one in (heeded, alone)]
        assert widths[0] > 1.3 * widths[1], name
    assert heeded.weighted_f1.value == alone.weighted_f1.value == pytest.approx(f1(rows))
