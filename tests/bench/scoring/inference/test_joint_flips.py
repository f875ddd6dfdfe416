"""Families of tests, adjusted by signs that are flipped for all of them at once."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from bench.scoring.statistics import SpeakerTest, holm, sign_flip_test, westfall_young
from benchmarks.simulation.corpora import Design
from benchmarks.simulation.families import adjusted_at_once, family_errors, flipped_shares


def named(sums: Sequence[float], student: float = 0.0, corpus: str = "c") -> SpeakerTest:
    """A test of speakers who are called by their place."""
    return SpeakerTest(tuple(f"{corpus}/{place:02d}" for place in range(len(sums))), tuple(map(float, sums)), student)


def drawn(seed: int, speakers: int, tests: int, shift: float = 0.0) -> list[SpeakerTest]:
    """Tests whose speakers agree more or less, every other about nothing."""
    rng = np.random.default_rng(seed)
    sums = rng.normal(size=(tests, speakers)) + rng.normal(size=speakers) + shift * (np.arange(tests) % 2 == 0)[:, None]
    return [named(one, float(stats.ttest_1samp(one, 0.0).pvalue)) for one in sums]


def every_u(tests: Sequence[SpeakerTest]) -> tuple[np.ndarray, np.ndarray]:
    """Student's p of each test (a column) for all 2^G signs, and what each reached."""
    sums = np.array([one.sums for one in tests]).T
    flips = np.array(list(itertools.product((1.0, -1.0), repeat=len(sums))))
    mean = flips @ sums / len(sums)
    square = np.square(sums).sum(axis=0) / len(sums) - mean**2
    t = mean / np.sqrt(square / (len(sums) - 1))
    u = 2 * stats.t.sf(np.abs(t), len(sums) - 1)
    return u, np.maximum(u[0], [one.student for one in tests])


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_closed_test_of_all_intersections(seed: int) -> None:
    """The p of a test is the largest of all hypotheses that hold it: why the family's level holds whatever is true."""
    tests = drawn(seed, speakers=7, tests=4, shift=1.5)
    u, reached = every_u(tests)
    largest = np.zeros(len(tests))
    for size in range(1, len(tests) + 1):
        for some in map(list, itertools.combinations(range(len(tests)), size)):
            least = u[:, some].min(axis=1)
            p = float((least <= reached[some].min() * (1 + 1e-7)).mean())
            largest[some] = np.maximum(largest[some], p)
    assert westfall_young(tests) == pytest.approx(largest.tolist(), abs=1e-12)


def test_a_test_alone_is_the_sign_flip_test_where_t_does_not_say_less() -> None:
    for seed in range(8):
        (one,) = drawn(seed, speakers=9, tests=1, shift=1.0)
        (p,) = westfall_young([SpeakerTest(one.speakers, one.sums, 0.0)])
        assert p == pytest.approx(sign_flip_test(one.sums), abs=1e-12)
        assert westfall_young([one])[0] >= p


def test_forty_claims_of_ten_speakers_can_be_decided_where_holm_decides_none() -> None:
    tests = [named(1 + 0.3 * np.random.default_rng(seed).normal(size=10), 1e-5) for seed in range(20)]
    nothing = drawn(3, speakers=10, tests=20)
    found = westfall_young([*tests, *nothing])
    assert max(found[:20]) < 0.05
    assert min(holm([max(one.student, sign_flip_test(one.sums)) for one in [*tests, *nothing]])) > 0.05


def test_it_asks_for_more_than_one_test_would_and_goes_in_their_order() -> None:
    tests = drawn(1, speakers=8, tests=12, shift=1.0)
    found = westfall_young(tests)
    for one, p in zip(tests, found, strict=True):
        assert p >= max(sign_flip_test(one.sums), 0.0) - 1e-12
    reached = every_u(tests)[1]
    assert (np.diff(np.array(found)[np.argsort(reached)]) >= 0).all()
    assert westfall_young(tests[::-1]) == pytest.approx(found[::-1])


def test_speakers_of_two_corpora_turn_apart_and_those_of_one_together() -> None:
    agreed = [0.9, 1.0, 1.1, 1.0, 0.8, 1.2, 1.0]
    together = westfall_young([named(agreed), named(agreed)])
    apart = westfall_young([named(agreed), named(agreed, corpus="other")])
    assert together == pytest.approx([2 / 2**7] * 2), "the same test twice is one test"
    exact = 1 - (1 - 2 / 2**7) ** 2
    assert apart == pytest.approx([exact] * 2, abs=1e-12), "14 speakers: all signs are tried"
    half = SpeakerTest(named(agreed).speakers[:6], tuple(agreed[:6]), 0.0)
    assert westfall_young([named(agreed), half])[1] == pytest.approx(2 / 2**6)


def test_beyond_sixteen_speakers_signs_are_drawn_the_same_each_time_and_p_is_never_0() -> None:
    tests = [named(np.ones(50)), *drawn(2, speakers=50, tests=5)]
    found = westfall_young(tests)
    assert found[0] == pytest.approx(1e-4)
    assert found == westfall_young(tests)


@pytest.mark.filterwarnings("error")
def test_where_nothing_differs_nothing_is_found() -> None:
    assert westfall_young([named([0.0] * 8), named([1.0] * 8)]) == pytest.approx([1.0, 2 / 2**8])
    assert westfall_young([named([1e-320] * 6)]) == pytest.approx([2 / 2**6])
    assert westfall_young([named([0.5])]) == [1.0]
    assert westfall_young([]) == []


def test_what_t_says_counts() -> None:
    """A p of t that is larger than the speakers alone would give is judged by the same signs."""
    tests = drawn(4, speakers=10, tests=8, shift=2.0)
    doubtful = [SpeakerTest(one.speakers, one.sums, 0.2) for one in tests]
    assert min(westfall_young(doubtful)) > 0.15
    assert min(westfall_young(tests)) < 0.01


def test_the_simulation_judges_as_claims_are_judged() -> None:
    for speakers in (7, 20):
        tests = drawn(speakers, speakers, tests=9, shift=1.0)
        shares = flipped_shares(np.array([one.sums for one in tests]).T)
        at_once = adjusted_at_once(shares, np.array([one.student for one in tests]), speakers)
        assert westfall_young(tests) == pytest.approx(at_once.tolist(), abs=1e-12)


@pytest.mark.parametrize(("design", "uneven"), [(Design(8, 0, 0.1), True), (Design(10, 12, 0.2), False)])
def test_no_more_families_than_allowed_have_a_claim_called_true_that_is_not(design: Design, uneven: bool) -> None:
    """A small part of benchmarks/coverage.py's sixth table; 0.05 and three standard errors of 120 are 0.11."""
    found = family_errors(np.random.default_rng(7), design, 0.5, uneven, 120)
    assert found.wrong["together"] <= 0.11
    assert found.half_wrong["together"] <= 0.11
    assert found.power["together"] > found.power["holm"] + 0.1
    if design.sounds:
        assert found.wrong["flips alone"] > 0.11, "sounds that speakers share: t is needed"
