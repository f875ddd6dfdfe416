"""The statistics of randomised smoothing, against SciPy and by what they promise."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.core.types import Utterance
from bench.defending.certificates import (
    Certificate,
    Certifying,
    certified_radius,
    certified_snr_db,
    proven_at,
    share_lower_bound,
    sign_test,
)
from bench.testing import ContraryVictim

VOTES = st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))
ALPHA = st.floats(1e-6, 0.5)


@given(VOTES)
def test_the_sign_test_is_scipys(votes: tuple[int, int]) -> None:
    hits, of = votes
    assert sign_test(hits, of) == pytest.approx(stats.binomtest(hits, of, 0.5).pvalue, rel=1e-9)
    assert sign_test(hits, of) == sign_test(of - hits, of)


def test_the_sign_test_by_hand() -> None:
    assert sign_test(9, 10) == pytest.approx(2 * 11 / 1024)
    assert sign_test(20, 20) == 2**-19
    assert sign_test(0, 0) == sign_test(3, 6) == 1.0


@pytest.mark.parametrize("votes", [(3, 2), (-1, 2)])
def test_votes_that_cannot_be(votes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="of 2"):
        sign_test(*votes)


@given(VOTES, ALPHA)
def test_the_lower_bound_is_scipys(votes: tuple[int, int], alpha: float) -> None:
    hits, n = votes
    exact = stats.binomtest(hits, n, alternative="greater").proportion_ci(1 - alpha, method="exact").low
    assert share_lower_bound(hits, n, alpha) == pytest.approx(exact, abs=1e-7)


@given(st.integers(1, 120), st.floats(0.01, 0.99), st.floats(0.001, 0.5))
def test_the_lower_bound_lies_above_the_truth_no_more_often_than_it_says(n: int, truth: float, alpha: float) -> None:
    wrong = sum(stats.binom.pmf(k, n, truth) for k in range(n + 1) if share_lower_bound(k, n, alpha) > truth)
    assert wrong <= alpha + 1e-9


@pytest.mark.parametrize("wrong", [(3, 2, 0.1), (0, 0, 0.1), (1, 2, 0.0), (1, 2, 1.0), (-1, 2, 0.1)])
def test_bounds_of_nothing(wrong: tuple[int, int, float]) -> None:
    with pytest.raises(ValueError, match="of"):
        share_lower_bound(*wrong)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(1e-4, 1))
def test_the_radius_grows_with_the_share(one: float, two: float, sigma: float) -> None:
    low, high = sorted((one, two))
    assert 0 <= certified_radius(low, sigma) <= certified_radius(high, sigma)
    assert certified_radius(low, 2 * sigma) == pytest.approx(2 * certified_radius(low, sigma))


def test_the_radius_by_hand() -> None:
    assert certified_radius(stats.norm.cdf(2.0), 0.5) == pytest.approx(1.0)
    assert certified_radius(0.5, 1.0) == certified_radius(0.2, 1.0) == 0.0


def test_the_snr_by_hand() -> None:
    assert certified_snr_db(1.0, 1.0) == 0.0
    assert certified_snr_db(3.0, 0.03) == pytest.approx(40.0)
    assert certified_snr_db(1.0, 0.0) is None
    assert certified_snr_db(0.0, 1.0) is None
    assert proven_at(30.0, 30.1)
    assert not proven_at(30.0, 30.0)


def test_noise_at_a_proven_snr_lies_within_the_radius() -> None:
    said = Utterance("a", torch.randn(8000, generator=torch.Generator().manual_seed(0)) * 0.1, "s")
    proof = Certificate.of(said, 2, 990, 1000, sigma=0.02, alpha=0.001)
    assert proof.label == 2
    assert proof.snr_db is not None
    norm = float(said.waveform.norm()) * 10 ** (-proof.snr_db / 20)
    assert norm == pytest.approx(proof.radius, rel=1e-5)
    assert proof.radius == pytest.approx(0.02 * stats.norm.ppf(proof.share))
    assert 0.97 < proof.share < 0.99


def test_a_split_vote_proves_nothing() -> None:
    proof = Certificate.of(Utterance("a", torch.ones(10), "s"), 0, 520, 1000, sigma=0.02, alpha=0.001)
    assert (proof.label, proof.radius, proof.snr_db) == (None, 0.0, None)
    assert not math.isnan(proof.share)


def test_not_every_victim_certifies() -> None:
    assert not isinstance(ContraryVictim(), Certifying)
