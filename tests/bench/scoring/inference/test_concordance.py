"""CCC against an outside reference, and its interval against leaving each speaker out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.scoring.figures.agreements import agreement, ccc_change, ccc_estimate
from bench.scoring.inference.concordance import ccc, mae, rmse

REFERENCE = (
    ([1.5, 2.25, 3.0, 3.5, 4.75, 2.0, 3.25, 4.0], [2.0, 2.0, 2.75, 3.75, 4.25, 2.5, 3.0, 3.5], 0.9030303030303031),
    ([1.0, 2.0, 3.0, 4.0, 5.0], [4.5, 4.0, 3.0, 2.5, 1.0], -0.9714285714285714),
    ([1000.1, 1000.2, 1000.4, 1000.3], [1000.2, 1000.2, 1000.5, 1000.2], 0.7499999999999288),
    ([-0.9, -0.2, 0.1, 0.4, 0.8, 0.3], [-0.1, 0.0, 0.05, 0.1, 0.1, 0.2], 0.27869626830420413),
)
"""Ratings, answers, and `audmetric.concordance_cc` of them, version 1.4.2."""
OF_200 = 0.7997923238806964
"""The same of `drawn()`."""


def drawn() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(66)
    truth = np.round(rng.uniform(1, 7, 200), 2)
    return truth, np.round(0.6 * truth + 1.2 + rng.normal(0, 0.7, 200), 3)


@pytest.mark.parametrize(("truth", "answered", "expected"), REFERENCE)
def test_ccc_is_audmetrics(truth: list[float], answered: list[float], expected: float) -> None:
    assert ccc(truth, answered) == pytest.approx(expected, abs=1e-9)
    assert mae(truth, answered) == pytest.approx(float(np.mean(np.abs(np.subtract(truth, answered)))), abs=1e-12)


def test_ccc_is_audmetrics_of_many() -> None:
    truth, answered = drawn()
    assert ccc(truth, answered) == pytest.approx(OF_200, abs=1e-9)


def test_ccc_is_that_of_the_paper() -> None:
    """Lin's equation with Pearson's correlation, as SciPy has it."""
    truth, answered = drawn()
    shared = 2 * stats.pearsonr(truth, answered).statistic * truth.std() * answered.std()
    spread = truth.var() + answered.var() + (truth.mean() - answered.mean()) ** 2
    assert ccc(truth, answered) == pytest.approx(shared / spread, abs=1e-12)
    assert rmse(truth, answered) ** 2 == pytest.approx(np.mean((truth - answered) ** 2), abs=1e-12)


def test_what_nothing_can_be_told_of() -> None:
    assert math.isnan(ccc([2.0], [2.0]))
    assert math.isnan(ccc([2.0, 2.0], [2.0, 2.0]))
    assert ccc([1.0, 2.0, 3.0], [2.0, 2.0, 2.0]) == 0
    for wrong in (([], []), ([1.0], [1.0, 2.0])):
        with pytest.raises(ValueError, match="as many of both"):
            ccc(*wrong)


def records(cells: int = 2, speakers: int = 6, each: int = 4) -> pd.DataFrame:
    rng, found = np.random.default_rng(1), []
    for cell in range(cells):
        for speaker in range(speakers):
            off = rng.normal(0, 0.4)
            for number in range(each):
                truth = float(rng.uniform(1, 5))
                said = 0.7 * truth + 0.9 + off + rng.normal(0, 0.3)
                place = {"fold": cell, "seed": 0, "repeat": 0, "utterance": f"{cell} {speaker} {number}"}
                numbers = {"value_true": truth, "value_before": said, "after": said + rng.normal(0, 1.0)}
                found.append({**place, "speaker": f"{cell} {speaker}", **numbers})
    return pd.DataFrame(found)


def mean_ccc(rows: pd.DataFrame, column: str) -> float:
    return float(np.mean([ccc(one["value_true"], one[column]) for _, one in rows.groupby("fold")]))


def test_a_figure_is_the_mean_over_cells() -> None:
    rows = records()
    found = agreement(rows, "value_before")
    assert found.ccc.value == pytest.approx(mean_ccc(rows, "value_before"), abs=1e-12)
    assert found.mae == pytest.approx(np.mean(np.abs(rows["value_true"] - rows["value_before"])), abs=1e-12)


def test_the_interval_is_that_of_the_jackknife_over_speakers() -> None:
    rows = records()
    left = [mean_ccc(rows[rows["speaker"] != who], "value_before") for who in rows["speaker"].unique()]
    z, groups = np.arctanh(left), len(left)
    error = math.sqrt((groups - 1) / groups * np.square(z - z.mean()).sum())
    half, middle = stats.t.ppf(0.975, groups - 1) * error, np.arctanh(mean_ccc(rows, "value_before"))
    found = ccc_estimate(rows, "value_before")
    assert found.ci95 == pytest.approx((np.tanh(middle - half), np.tanh(middle + half)), abs=1e-9)
    crossed = ccc_estimate(rows, "value_before", [rows["fold"].to_numpy()])
    assert crossed.low < found.low, "what rows have in common beside their speaker makes it wider"


def test_a_change_is_paired() -> None:
    rows = records()
    found = ccc_change(rows, "after", "value_before")
    assert found.value == pytest.approx(mean_ccc(rows, "after") - mean_ccc(rows, "value_before"), abs=1e-12)
    assert -2 < found.low < found.value < found.high < 0
    assert ccc_change(rows, "after", "after").ci95 == (0, 0)


def test_what_all_or_none_have_in_common_changes_no_interval() -> None:
    """An effect with one setting, and utterances that it drew no sound for: the interval was all of [-1, 1]."""
    rows = records()
    told = ccc_estimate(rows, "value_before")
    none = np.full(len(rows), np.nan, dtype=object)
    for way in (["2%/s"] * len(rows), none):
        assert ccc_estimate(rows, "value_before", [way]) == told
        assert ccc_change(rows, "after", "value_before", [way]) == ccc_change(rows, "after", "value_before")
    some = np.where(np.arange(len(rows)) % 4 < 2, np.array(["cough", "rain"] * (len(rows) // 2), dtype=object), none)
    wider = ccc_estimate(rows, "value_before", [some])
    assert wider.high - wider.low > told.high - told.low


def test_one_speaker_says_nothing_about_others() -> None:
    one = records(cells=1, speakers=1)
    assert ccc_estimate(one, "value_before").ci95 == (-1, 1)
    assert ccc_change(one, "after", "value_before").ci95 == (-2, 2)
    flat = records(cells=1).assign(value_true=2.0, value_before=2.0)
    assert (ccc_estimate(flat, "value_before").value, ccc_estimate(flat, "value_before").ci95) == (0, (-1, 1))
