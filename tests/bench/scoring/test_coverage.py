"""A small part of benchmarks/coverage.py: intervals cover, tests hold their level and see what is there.

The bounds leave room for so few corpora: 0.95 less three standard errors of 150 is 0.90. docs/coverage.md has 2,000.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.coverage import (
    Design,
    comparison,
    corpora,
    latent_correlation,
    main,
    paired_t,
    rank_coverage,
    share_coverage,
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
