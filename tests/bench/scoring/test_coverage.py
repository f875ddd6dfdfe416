"""A small part of benchmarks/coverage.py: intervals cover, tests hold their level and see what is there.

The bounds leave room for so few corpora: 0.95 less three standard errors of 150 is 0.90. docs/coverage.md has 2,000.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from bench.scoring.inference.ranks import rank_intervals
from bench.scoring.statistics import compare, proportion_interval
from benchmarks.coverage import main
from benchmarks.simulation import batched
from benchmarks.simulation.corpora import Design, corpora, crossed, latent_correlation
from benchmarks.simulation.figures import comparison, paired_t, rank_coverage, share_coverage
from benchmarks.simulation.search_coverage import search_coverage
from benchmarks.simulation.searches import (
    BUDGET,
    Bank,
    Draws,
    against_the_attack,
    calibrated,
    measured_alike,
    queries_to_success,
)

CORPORA = 150


@pytest.mark.parametrize("sounds", [0, 12])
@pytest.mark.parametrize(("share", "alike"), [(0.05, 0.2), (0.5, 0.0), (0.9, 0.2)])
def test_intervals_of_shares_cover(sounds: int, share: float, alike: float) -> None:
    found = share_coverage(np.random.default_rng(1), Design(8, sounds, alike), share, CORPORA)
    assert found.covered >= 0.90
    assert found.width < 0.6


@pytest.mark.parametrize("sounds", [0, 12])
def test_tests_hold_their_level_where_p1s_does_not(sounds: int) -> None:
    found = comparison(np.random.default_rng(2), Design(10, sounds, 0.2), (0.5, 0.5), CORPORA)
    assert found.rejected <= 0.1
    assert found.covered >= 0.90
    assert found.p1_rejected > 0.25


def test_a_difference_is_seen_and_its_interval_holds_it() -> None:
    found = comparison(np.random.default_rng(3), Design(10, 0, 0.05), (0.9, 0.6), CORPORA)
    assert found.rejected >= 0.9
    assert found.covered >= 0.90
    assert found.detectable < 0.3


def test_rank_intervals_hold_the_true_ranks() -> None:
    found = rank_coverage(np.random.default_rng(4), Design(8, 0, 0.1), (0.9, 0.5, 0.5), 60)
    assert found.all_covered >= 0.9
    assert found.least_covered >= found.all_covered


@pytest.mark.parametrize("share", [0.05, 0.9])
def test_the_simulation_makes_what_it_says(share: float) -> None:
    """The true share, and the correlation of two utterances of one speaker, and of one sound."""
    figures, heard = corpora(np.random.default_rng(5), Design(2, 12, 0.2, utterances=30), [share, share], 3000)
    assert figures.mean() == pytest.approx(share, abs=0.01)
    first, sounds = figures[:, 0].reshape(-1, 2, 30), heard.reshape(-1, 2, 30)
    apart = sounds[:, :, :-1] != sounds[:, :, 1:]
    one_speaker = np.corrcoef(first[:, :, :-1][apart], first[:, :, 1:][apart])[0, 1]
    same = sounds[:, 0] == sounds[:, 1]
    one_sound = np.corrcoef(first[:, 0][same], first[:, 1][same])[0, 1]
    assert (one_speaker, one_sound) == pytest.approx((0.2, 0.2), abs=0.03)
    assert latent_correlation(share, 0.0) == 0.0


def test_its_t_test_is_p1s() -> None:
    differences = np.random.default_rng(6).integers(-1, 2, (4, 30)).astype(float)
    assert paired_t(differences) == pytest.approx(stats.ttest_1samp(differences, 0.0, axis=1).pvalue)
    assert paired_t(np.array([[0.0, 0.0], [1.0, 1.0]])).tolist() == [1.0, 0.0]


def test_it_prints_tables(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.coverage.SPEAKERS", (8,))
    monkeypatch.setattr("benchmarks.coverage.ALIKE", (0.0,))
    main(["--corpora", "2", "--tables", "1,2", "--markdown"])
    printed = capsys.readouterr().out
    assert printed.count("| 8 | none | 0 |") == 2
    assert "## Intervals of a share: coverage (mean width)" in printed


@pytest.mark.parametrize(
    "design", [Design(8, 0, 0.1), Design(8, 12, 0.2), Design(20, 40, 0.0), Design(10, 12, 0.05, 5)]
)
def test_what_is_said_of_all_corpora_at_once_is_what_scores_say_of_each(design: Design) -> None:
    figures, heard = corpora(np.random.default_rng(7), design, (0.9, 0.5, 0.5, 0.05), 25)
    sounds = heard if design.sounds else None
    low, high = batched.share_intervals(figures[:, 3], design.speakers, sounds)
    pair = batched.compared(figures[:, 0] - figures[:, 1], design.speakers, sounds)
    best, worst = batched.open_ranks(figures, design.speakers, sounds)
    told = set()
    for place, (one, names) in enumerate(zip(figures, heard, strict=True)):
        ways = crossed(design, names)
        real = proportion_interval(one[3], design.names, crossed=ways)
        assert (low[place], high[place]) == pytest.approx(real, abs=1e-9)
        found = compare(one[0], one[1], design.names, crossed=ways)
        assert pair.detectable[place] == pytest.approx(found.detectable, abs=1e-9)
        assert pair.covers(0.3)[place] == (found.difference.low <= 0.3 <= found.difference.high)
        assert pair.rejected[place] == (found.p is not None and found.p <= 0.05)
        told.add(bool(pair.rejected[place]))
        ranks = rank_intervals(one, design.names, crossed=ways)
        assert [(rank.low, rank.high) for rank in ranks] == list(zip(best[place], worst[place], strict=True))
    assert True in told


def test_a_simulated_search_ends_where_the_attack_itself_does() -> None:
    rng = np.random.default_rng(8)
    for sounds in (12, 40, 4):
        bank = Bank.drawn(rng, sounds)
        draws = Draws.drawn(rng, bank, 50, 10, 0.3)
        won = queries_to_success(draws, bank, 4.0)
        assert against_the_attack(draws, bank, 4.0, np.arange(500)) == won.tolist()
        assert 0 < (won > 0).mean() < 1
        assert won.max() <= BUDGET
        assert len(set(won.tolist())) > 5, "some fall at once and some late"


def test_simulated_searches_are_as_successful_and_as_alike_as_they_are_meant_to_be() -> None:
    rng = np.random.default_rng(9)
    bank = Bank.drawn(rng, 12)
    for share, alike in ((0.5, 0.2), (0.9, 0.0)):
        draws = Draws.drawn(rng, bank, 600, 24, latent_correlation(share, alike))
        won = queries_to_success(draws, bank, calibrated(draws, bank, share))
        assert (won > 0).mean() == pytest.approx(share, abs=0.005)
        assert measured_alike(won, 24) == pytest.approx(alike, abs=0.04)


def test_intervals_hold_what_searches_find() -> None:
    few, many = search_coverage(np.random.default_rng(10), (8, 20), 12, 0.1, 0.5, CORPORA)
    for found in (few, many):
        assert all(covered >= 0.90 for covered in found.covered.values())
        assert found.truth[BUDGET] == pytest.approx(0.5, abs=0.03)
        assert found.truth[5] < found.truth[BUDGET]
    assert many.width[BUDGET] < few.width[BUDGET] < 0.4


def test_all_figures_stand_in_its_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.coverage.SPEAKERS", (8,))
    monkeypatch.setattr("benchmarks.coverage.ALIKE", (0.0,))
    monkeypatch.setattr("benchmarks.coverage.SOUNDS", (12,))
    main(["--corpora", "4", "--json", f"{tmp_path}/figures.json"])
    found = json.loads((tmp_path / "figures.json").read_text())
    assert Counter(one["table"] for one in found["points"]) == {
        **{"shares": 3, "nulls": 3, "effects": 3, "searches": 3, "one way": 3},
        "ranks": 2,
    }
    assert found["corpora"] == 4
