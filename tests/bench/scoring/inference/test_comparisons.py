"""Tests of paired differences: exact where they can be, never at odds with the interval beside them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.scoring.inference.comparisons import PairedComparison, PValue, Untestable, compare
from bench.scoring.inference.intervals import quantiles
from bench.scoring.inference.sign_flip import FEWEST, cluster_sums, sign_flip_test

PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=12)


def of(speakers: list[list[tuple[bool, bool]]]) -> PairedComparison:
    rows = [(float(a), float(b), f"s{number}") for number, own in enumerate(speakers) for a, b in own]
    first, second, names = zip(*rows, strict=True)
    return compare(first, second, list(names))


@given(st.lists(st.integers(-40, 40).map(lambda tenths: tenths / 10), min_size=1, max_size=9))
def test_the_sign_flip_test_tries_all_assignments(sums: list[float]) -> None:
    own = abs(sum(sums)) - 1e-9
    flips = [
        abs(sum(s * d for s, d in zip(signs, sums, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(sums))
    ]
    assert sign_flip_test(sums) == pytest.approx(np.mean([found >= own for found in flips]), abs=1e-9)


def test_the_sign_flip_test_is_scipys_permutation_test_of_paired_samples() -> None:
    rng = np.random.default_rng(2)
    for clusters in (6, 9, 12):
        sums = rng.normal(0.3, 1.0, clusters)
        theirs = stats.permutation_test((sums,), np.sum, permutation_type="samples", n_resamples=np.inf)
        assert sign_flip_test(sums) == pytest.approx(theirs.pvalue, abs=1e-9)


def test_beyond_16_speakers_flips_are_drawn_and_always_the_same() -> None:
    sums = np.random.default_rng(4).normal(0.2, 1.0, 17)
    exact = np.abs((1 - 2 * ((np.arange(2**16)[:, None] >> np.arange(17)) & 1)) @ sums) >= abs(sums.sum()) - 1e-12
    assert sign_flip_test(sums) == pytest.approx(exact.mean(), abs=0.015)
    assert sign_flip_test(sums) == sign_flip_test(sums.copy())
    assert sign_flip_test(np.ones(40)) == 1e-4, "never 0"


@pytest.mark.parametrize("speakers", [12, 17, 50])
def test_the_order_of_speakers_does_not_move_p(speakers: int) -> None:
    rng = np.random.default_rng(speakers)
    sums = rng.normal(0.25, 1.0, speakers)
    turned = sums * rng.permutation([-1, 1] * speakers)[:speakers]
    assert len({sign_flip_test(rng.permutation(sums)) for _ in range(20)}) == 1
    assert sign_flip_test(sums) == sign_flip_test(-sums)
    assert 0 < sign_flip_test(turned) <= 1


def test_sums_of_speakers() -> None:
    assert cluster_sums([1, 1, -1], [0.5, 0.25, 0.25], ["b", "a", "b"]).tolist() == [0.25, 0.25]


@pytest.mark.parametrize("speakers", range(1, FEWEST))
def test_below_six_speakers_no_test_is_possible(speakers: int) -> None:
    found = of([[(True, False)] * 20] * speakers)
    assert found.test == Untestable(speakers)
    assert found.p is None
    assert found.to_json()["p"] is None
    assert str(found.test).startswith("no test possible")


def test_six_speakers_who_agree_are_just_enough() -> None:
    found = of([[(True, False)] * 20] * 6)
    assert found.test == PValue(pytest.approx(2 / 2**6))
    assert found.difference.low > 0


@settings(max_examples=150, deadline=None)
@given(st.lists(PAIRS, min_size=FEWEST, max_size=12))
def test_a_p_never_contradicts_the_interval_beside_it(speakers: list[list[tuple[bool, bool]]]) -> None:
    found = of(speakers)
    low, high = found.difference.ci95
    assert found.p is not None
    assert 0 < found.p <= 1
    assert (found.p <= 0.05) == (low > 0 or high < 0)
    assert low < high
    assert 0 < found.detectable <= 1


@settings(max_examples=50, deadline=None)
@given(st.lists(PAIRS, min_size=FEWEST, max_size=12))
def test_the_other_way_round_is_the_same_with_the_other_sign(speakers: list[list[tuple[bool, bool]]]) -> None:
    one, other = of(speakers), of([[(b, a) for a, b in own] for own in speakers])
    assert one.p == pytest.approx(other.p, abs=1e-9)
    assert one.difference.ci95 == pytest.approx((-other.difference.high, -other.difference.low), abs=1e-9)


def test_a_sound_that_all_speakers_heard_is_no_proof() -> None:
    """One of eight sounds does all the harm: flipping speakers' signs alone would find it certain."""
    first = [1.0] * 80
    second = [0.0 if i % 8 == 0 else 1.0 for i in range(80)]
    speakers, sounds = [f"s{i // 8}" for i in range(80)], [f"n{i % 8}" for i in range(80)]
    alone, with_sounds = compare(first, second, speakers), compare(first, second, speakers, crossed=[sounds])
    assert alone.p is not None
    assert alone.p < 0.01
    assert with_sounds.p is not None
    assert with_sounds.p > 0.05
    assert with_sounds.difference.low <= 0


@pytest.mark.parametrize("count", [6, 7, 8, 11])
def test_any_number_of_speakers_of_as_many_utterances_can_be_compared(count: int) -> None:
    """Of seven there are 6 degrees of freedom, of which scipy's t near the middle is 0: a run had no scores at all."""
    speakers = [f"s{place % count}" for place in range(4 * count)]
    first, second = (np.arange(4 * count) % 3 == 0).astype(float), (np.arange(4 * count) % 5 == 0).astype(float)
    found = compare(first, second, speakers)
    assert found.p is not None
    assert 0 < found.p <= 1
    z, t = quantiles(1e-9, count - 1.0)
    assert z / t == pytest.approx(stats.t.pdf(0, count - 1) / stats.norm.pdf(0), rel=1e-6)
