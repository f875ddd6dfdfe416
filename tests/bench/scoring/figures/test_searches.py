"""Queries to success, smallest perturbations and optimality, by what they are made of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.contracts.threat_models import COUNTED
from bench.evaluation.runs import read_results
from bench.scoring.figures.searches import median_queries, optimality_gap, quietest_of, smallest_perturbation
from bench.scoring.inference.clustering import Clusters
from bench.scoring.inference.designs import Design
from bench.scoring.inference.half_levels import Growing, where_half_is_open
from bench.scoring.inference.intervals import proportion_interval
from bench.scoring.inference.survival import kaplan_meier
from bench.scoring.results import Results

RUN = Path(__file__).parents[3] / "fixtures" / "run_of_schema_1"
NEVER = float("inf")
QUERIES = st.lists(st.one_of(st.integers(1, 10).map(float), st.just(NEVER)), min_size=12, max_size=60)


@settings(max_examples=40, deadline=None)
@given(QUERIES)
def test_the_median_is_the_first_k_at_which_acc_att_reaches_a_half(queries: list[float]) -> None:
    speakers = [f"s{i % 6}" for i in range(len(queries))]
    found = median_queries(queries, 10, speakers)
    reached = [k for k in range(1, 11) if np.mean([one <= k for one in queries]) >= 0.5]
    assert found.value == (reached[0] if reached else None)
    assert found.seen == sum(np.isfinite(queries))
    if found.value is not None:
        assert found.low is not None
        assert found.low <= found.value
        assert found.high is None or found.value <= found.high
    else:
        assert found.high is None


def test_who_is_lost_from_sight_counts_while_watched() -> None:
    """Two of four left by 2 for reasons of their own: of the two that stay one succeeds at 3."""
    curve = kaplan_meier([2, 2, 3, 5], [False, False, True, False])
    assert curve.at_risk == (4, 2, 1)
    assert curve.survival == (1.0, 0.5, 0.5)
    assert curve.median == 3.0
    with pytest.raises(ValueError, match="as many of both"):
        kaplan_meier([], [])


def test_more_speakers_narrow_the_median() -> None:
    wide = median_queries([2, 4, 6, 8, NEVER] * 6, 10, [f"s{i % 6}" for i in range(30)])
    narrow = median_queries([2, 4, 6, 8, NEVER] * 60, 10, [f"s{i % 60}" for i in range(300)])
    assert wide.high is None or wide.low is None or narrow.high - narrow.low <= wide.high - wide.low  # type: ignore[operator]
    assert narrow.value == 6


@pytest.mark.parametrize("crossed", [False, True])
def test_bounds_are_where_the_intervals_reach_and_leave_a_half(crossed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by the bounds themselves, one level after the other; a few levels at a time, and all at once."""
    rng = np.random.default_rng(3)
    speakers, sounds = np.arange(48) % 8, [np.arange(48) % 5] if crossed else []
    shares = [
        Growing(rng.geometric(chance, 48).astype(float), np.arange(1.0, 12.0)) for chance in (0.02, 0.1, 0.3, 0.6)
    ]
    expected = []
    for one in shares:
        bounds = [proportion_interval(one.values <= level, speakers, crossed=sounds) for level in one.levels]
        above, reached = (one.levels[[bound >= 0.5 for bound in side]] for side in zip(*bounds, strict=True))
        expected.append((next(iter(reached), None), next(iter(above), None)))
    design = Design.even(48, Clusters((speakers, *sounds)))
    assert where_half_is_open(shares, design) == expected
    assert len({*expected}) == len(shares)
    monkeypatch.setattr("bench.scoring.inference.half_levels._AT_ONCE", 3 * 48 * len(shares))
    assert where_half_is_open(shares, design) == expected


def test_an_utterance_without_success_counts_as_below_every_snr() -> None:
    speakers = [f"s{i % 8}" for i in range(80)]
    snrs = np.tile([40.0, 30.0, 20.0, 12.0, np.nan, np.nan, np.nan, np.nan], 10)
    found = smallest_perturbation(snrs, np.repeat(speakers[:8], 10))
    assert (found.value, found.seen, found.n) == (12.0, 40, 80)
    assert found.low is None, "a little fewer, and the median has no SNR"
    assert found.high is not None
    assert found.high >= 12.0
    assert smallest_perturbation(np.full(80, np.nan), speakers).to_json() == {
        "median": None,
        "ci95": [None, None],
        "seen": 0,
        "n": 80,
    }


def test_the_quietest_success_within_k_is_taken() -> None:
    rows = [
        ("u0", 1, 12.0, True, True),
        ("u0", 2, 30.0, True, False),
        ("u0", 3, 40.0, True, True),
        ("u0", 2, 50.0, False, True),
    ]
    columns = ["utterance", "query", "snr_db", "accepted", "imperceptible"]
    frame = pd.DataFrame(rows, columns=columns).assign(fold=0, seed=0, repeat=0, speaker="s", additive=False)
    found = {noises: [quietest_of(frame, k, noises)["snr_db"].item() for k in (1, 2, 3)] for noises in COUNTED}
    assert found == {"imperceptible": [12, 12, 40], "additive": [12, 12, 40], "all": [12, 30, 40]}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.one_of(st.integers(1, 9).map(float), st.just(NEVER))] * 3), min_size=4, max_size=30))
def test_the_gap_is_the_area_between_the_curves(queries: list[tuple[float, float, float]]) -> None:
    """By counting at every k how many fell to any attack, and how many to this one."""
    budget, of = 8, dict(zip("abc", map(list, zip(*queries, strict=True)), strict=True))
    found = optimality_gap(of, budget, [f"s{i % 4}" for i in range(len(queries))])
    for name, own in of.items():
        areas = [
            np.mean([min(q) <= k for q in queries]) - np.mean([one <= k for one in own]) for k in range(1, budget + 1)
        ]
        assert found[name].value == pytest.approx(np.mean(areas))
        assert 0 <= found[name].low <= found[name].value + 1e-9
    assert min(gap.value for gap in found.values()) >= 0


@pytest.fixture(scope="module")
def results() -> Results:
    """An old run."""
    return read_results([RUN])


def test_an_old_run_says_what_its_searches_cost(results: Results) -> None:
    searched = {entry.attack: entry for entry in results.pooled if entry.defense == "none"}
    boundary = searched["boundary"]
    assert {(one.corr, one.noises) for one in boundary.queries} == {(s.corr, s.noises) for s in boundary.scores}
    for one in boundary.queries:
        acc_att = {
            score.k: score.acc_att.value
            for score in boundary.scores
            if (score.corr, score.noises) == (one.corr, one.noises)
        }
        most = max(acc_att)
        assert one.queries.seen == pytest.approx(acc_att[most] * one.queries.n)
        assert (one.queries.value is not None) == (acc_att[most] >= 0.5)
    assert searched["fade_in"].queries == (), "asks once"
    for small in boundary.smallest_perturbation:
        assert small.snr_db.value is None or small.snr_db.value > boundary.rests_on.min_snr_db
    told = json.loads(json.dumps(boundary.to_json()))
    assert {"corr", "noises", "median", "ci95", "seen", "n"} == set(told["queries"][0])


def test_an_old_runs_conditions_are_held_against_the_best_of_them(results: Results) -> None:
    found = [one for one in results.optimality if one.defense == "none"]
    assert {(one.corr, one.noises, one.among) for one in found} == {
        (corr, noises, 2) for corr in (False, True) for noises in ("all", "imperceptible")
    }
    assert all(one.gap.low <= one.gap.value <= one.gap.high for one in found)
    assert json.loads(json.dumps(results.to_json()))["optimality"][0]["gap_ci95"]
