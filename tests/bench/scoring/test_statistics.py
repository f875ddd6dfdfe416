"""Intervals by their properties; test_coverage.py has their coverage, test_statistics_peers.py what others compute."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.scoring.statistics import (
    cluster_variance,
    difference_interval,
    holm,
    jackknife_interval,
    paired_t_test,
    proportion_interval,
    shown_p,
)

DATA = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 6)), min_size=1, max_size=80)


def test_without_clustering_it_is_clopper_pearsons_with_few_degrees_lost() -> None:
    hits = np.array([1] * 30 + [0] * 70)
    low, high = proportion_interval(np.random.default_rng(0).permutation(hits), [f"s{i}" for i in range(100)])
    exact = stats.binomtest(30, 100).proportion_ci(method="exact")
    assert low == pytest.approx(exact.low, abs=0.01)
    assert high == pytest.approx(exact.high, abs=0.01)


@given(DATA)
def test_intervals_lie_within_what_is_possible_around_the_figure_and_are_never_certain(
    data: list[tuple[bool, bool, int]],
) -> None:
    first, second = ([float(row[place]) for row in data] for place in (0, 1))
    speakers = [str(row[2]) for row in data]
    low, high = proportion_interval(first, speakers)
    assert 0 <= low <= np.mean(first) + 1e-9
    assert np.mean(first) - 1e-9 <= high <= 1
    least, most = difference_interval(first, second, speakers)
    difference = np.mean(first) - np.mean(second)
    assert -1 <= least <= difference + 1e-9
    assert difference - 1e-9 <= most <= 1
    assert high > low
    assert most > least


def test_one_speaker_says_nothing_about_others() -> None:
    assert proportion_interval([1, 0, 1], ["a", "a", "a"]) == (0.0, 1.0)
    assert difference_interval([1, 0, 1], [0, 0, 1], ["a", "a", "a"]) == (-1.0, 1.0)


def test_nothing_to_count_is_an_error() -> None:
    with pytest.raises(ValueError, match="no utterances"):
        proportion_interval([], [])
    with pytest.raises(ValueError, match="from 0 to 1"):
        difference_interval([3.0, 1.0], [0.0, 1.0], ["a", "b"])


def test_speakers_who_differ_widen_the_interval() -> None:
    speakers = [f"s{i // 10}" for i in range(100)]
    alike = proportion_interval([i % 2 for i in range(100)], speakers)
    unlike = proportion_interval([int(i < 50) for i in range(100)], speakers)
    assert unlike[1] - unlike[0] > 2 * (alike[1] - alike[0])


def test_sounds_that_differ_widen_the_interval_and_one_sound_is_no_sample() -> None:
    speakers = [f"s{i // 12}" for i in range(120)]
    sounds = [f"n{i % 12}" for i in range(120)]
    hits = [int(i % 12 < 6) for i in range(120)]
    alone = proportion_interval(hits, speakers)
    assert proportion_interval(hits, speakers, crossed=[["n0"] * 120]) == alone
    low, high = proportion_interval(hits, speakers, crossed=[sounds])
    assert high - low > 3 * (alone[1] - alone[0])


def test_an_utterance_measured_thrice_counts_once() -> None:
    """Seeds of one training setup add no utterances: where nothing varies, three times as many rows say no more."""
    speakers, units = [f"s{i // 6}" for i in range(48)], list(range(48))
    once = proportion_interval([0] * 48, speakers, units=units)
    thrice = proportion_interval([0] * 144, speakers * 3, units=units * 3)
    assert thrice == pytest.approx(once)
    assert difference_interval([0] * 144, [0] * 144, speakers * 3, units=units * 3) == pytest.approx(
        difference_interval([0] * 48, [0] * 48, speakers, units=units)
    )


def test_where_nothing_differs_more_speakers_say_more() -> None:
    widths = []
    for speakers in (4, 8, 20):
        low, high = difference_interval(
            [1] * 10 * speakers, [1] * 10 * speakers, [str(i % speakers) for i in range(10 * speakers)]
        )
        assert low == -high
        widths.append(high - low)
    assert widths[0] > widths[1] > widths[2] > 0.01


def test_a_contrast_of_more_than_two_means_may_exceed_one() -> None:
    """Weights of both signs, whose sizes sum to 2: (a − b) − (c − d) lies within −2 and 2."""
    speakers = [f"s{i % 10}" for i in range(80)]
    weights = np.concatenate([np.full(40, 1 / 40), np.full(40, -1 / 40)])
    later = np.concatenate([np.ones(40), np.zeros(40)])
    low, high = difference_interval(later, 1 - later, speakers, weights=weights)
    assert low < 2 == pytest.approx(high)


def test_single_utterance_clusters_have_the_usual_variance() -> None:
    values = np.random.default_rng(1).random(50)
    found = cluster_variance(values, np.full(50, 1 / 50), [str(i) for i in range(50)])
    assert found.value == pytest.approx(values.var(ddof=1) / 50)
    assert found.freedom == pytest.approx(49)


def test_a_weighted_mean_of_means_has_the_variance_of_its_strata() -> None:
    """Two classes of unlike size and recall: over many corpora the linearised variance is the empirical one."""
    rng = np.random.default_rng(5)
    strata = ["a"] * 60 + ["b"] * 20
    weights = np.array([1 / 120] * 60 + [1 / 40] * 20)
    clusters = [str(i) for i in range(80)]
    samples = rng.random((2000, 80)) < np.array([0.9] * 60 + [0.4] * 20)
    estimated = np.mean([cluster_variance(one.astype(float), weights, clusters, strata).value for one in samples[:300]])
    assert estimated == pytest.approx((samples @ weights).var(), rel=0.08)


@pytest.mark.parametrize("hits", [[1] * 20, [0] * 20, [0, 1] * 10])
def test_speakers_who_agree_by_chance_do_not_make_it_certain(hits: list[int]) -> None:
    low, high = proportion_interval(hits, ["a"] * 10 + ["b"] * 10)
    assert high - low > 0.2


def test_p1s_paired_t_test_is_never_certain() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 2, 40), rng.integers(0, 2, 40)
    assert paired_t_test(first, second) == pytest.approx(stats.ttest_rel(first, second).pvalue)
    assert paired_t_test(first, first) == 1.0
    assert 0 < paired_t_test([1, 1, 1], [0, 0, 0]) < 1e-300
    assert paired_t_test([1], [0]) == 1.0


def test_no_p_is_printed_as_0() -> None:
    assert shown_p(1e-300) == "< 0.001"
    assert [shown_p(p) for p in (0.001, 0.0499, 0.0996, 0.25, 1.0)] == [
        "= 0.001",
        "= 0.050",
        "= 0.10",
        "= 0.25",
        "= 1.00",
    ]


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


@settings(deadline=None)
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
