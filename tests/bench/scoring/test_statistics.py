"""Intervals by their coverage, tests against SciPy and statsmodels' published examples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.scoring.statistics import clustered_variance, holm, jackknife_interval, paired_t_test, proportion_interval


def test_without_clustering_it_is_clopper_pearsons_with_few_degrees_lost() -> None:
    hits = np.array([1] * 30 + [0] * 70)
    low, high = proportion_interval(np.random.default_rng(0).permutation(hits), [f"s{i}" for i in range(100)])
    exact = stats.binomtest(30, 100).proportion_ci(method="exact")
    assert low == pytest.approx(exact.low, abs=0.01)
    assert high == pytest.approx(exact.high, abs=0.01)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=1, max_size=80))
def test_intervals_lie_within_0_and_1_around_the_share(data: list[tuple[bool, int]]) -> None:
    hits, speakers = [float(hit) for hit, _ in data], [str(speaker) for _, speaker in data]
    low, high = proportion_interval(hits, speakers)
    assert 0 <= low <= np.mean(hits) + 1e-9
    assert np.mean(hits) - 1e-9 <= high <= 1


def test_one_speaker_says_nothing_about_others() -> None:
    assert proportion_interval([1, 0, 1], ["a", "a", "a"]) == (0.0, 1.0)


def test_nothing_to_count_is_an_error() -> None:
    with pytest.raises(ValueError, match="no utterances"):
        proportion_interval([], [])


def test_speakers_who_differ_widen_the_interval() -> None:
    speakers = [f"s{i // 10}" for i in range(100)]
    alike = proportion_interval([i % 2 for i in range(100)], speakers)
    unlike = proportion_interval([int(i < 50) for i in range(100)], speakers)
    assert unlike[1] - unlike[0] > 2 * (alike[1] - alike[0])


@pytest.mark.parametrize("speakers", [5, 10, 24])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_coverage_where_speakers_differ(speakers: int, spread: float) -> None:
    """Over 600 simulated corpora the interval holds the true share at least 93 % of the time."""
    rng = np.random.default_rng(7)
    truth = float(np.mean(1 / (1 + np.exp(-(0.8 + spread * rng.normal(size=200_000))))))
    clusters = [str(speaker) for speaker in range(speakers) for _ in range(20)]
    held = 0
    for _ in range(600):
        chance = 1 / (1 + np.exp(-(0.8 + spread * rng.normal(size=speakers))))
        hits = rng.random((speakers, 20)) < chance[:, None]
        low, high = proportion_interval(hits.ravel(), clusters)
        held += low <= truth <= high
    assert held / 600 >= 0.93


def test_clustered_variance_of_single_utterance_clusters_is_the_usual_one() -> None:
    values = np.random.default_rng(1).random(50)
    found = clustered_variance(values, np.full(50, 1 / 50), [str(i) for i in range(50)], [""] * 50)
    assert found == pytest.approx(values.var(ddof=1) / 50)


def test_a_weighted_mean_of_means_has_the_variance_of_its_strata() -> None:
    """Two classes of unlike size and recall: over many corpora the linearised variance is the empirical one."""
    rng = np.random.default_rng(5)
    strata = ["a"] * 60 + ["b"] * 20
    weights = np.array([1 / 120] * 60 + [1 / 40] * 20)
    clusters = [str(i) for i in range(80)]
    samples = rng.random((2000, 80)) < np.array([0.9] * 60 + [0.4] * 20)
    estimated = np.mean(
        [clustered_variance(sample.astype(float), weights, clusters, strata) for sample in samples[:300]]
    )
    assert estimated == pytest.approx((samples @ weights).var(), rel=0.08)


@pytest.mark.parametrize("hits", [[1] * 20, [0] * 20, [0, 1] * 10])
def test_speakers_who_agree_by_chance_do_not_make_it_certain(hits: list[int]) -> None:
    low, high = proportion_interval(hits, ["a"] * 10 + ["b"] * 10)
    assert high - low > 0.2


def test_paired_t_test_agrees_with_scipy() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 2, 40), rng.integers(0, 2, 40)
    assert paired_t_test(first, second) == pytest.approx(stats.ttest_rel(first, second).pvalue)
    assert paired_t_test(first, first) == 1.0
    assert paired_t_test([1, 1, 1], [0, 0, 0]) == 0.0
    assert paired_t_test([1], [0]) == 1.0


def test_holm_of_the_published_example() -> None:
    """Holm 1979: p = 0.01, 0.04, 0.03, 0.005 become 0.03, 0.06, 0.06, 0.02."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_lowers_a_p_and_keeps_their_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    pairs = sorted(zip(p_values, adjusted, strict=True))
    assert [a for _, a in pairs] == sorted(a for _, a in pairs)


@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=2, max_size=12))
def test_the_jackknife_of_a_share_gives_the_interval_of_a_share(hits: list[list[bool]]) -> None:
    means = np.mean(hits, axis=1)
    without = [np.delete(means, place).mean() for place in range(len(means))]
    clusters = [str(speaker) for speaker, own in enumerate(hits) for _ in own]
    interval = jackknife_interval(float(means.mean()), without, n=len(clusters))
    assert interval == pytest.approx(proportion_interval(np.concatenate(hits), clusters), abs=1e-6)


def test_speakers_who_agree_by_chance_do_not_make_a_jackknife_certain() -> None:
    low, high = jackknife_interval(0.3, [0.3, 0.3], n=16)
    assert low < 0.05
    assert high > 0.7
