"""Many pairs at once: the p of each is the one that it has by itself."""

from __future__ import annotations

import numpy as np
import pytest

from bench.scoring.inference.all_pairs import pair_differences, told_apart
from bench.scoring.inference.clustering import Clusters
from bench.scoring.inference.designs import Design
from bench.scoring.inference.differences import paired_difference
from bench.scoring.inference.p_values import holm
from bench.scoring.inference.pair_sums import PairSums


@pytest.mark.parametrize("repeated", [1, 2])
@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("ways", [1, 2, 3])
def test_each_p_is_that_of_the_pair_alone(
    repeated: int, even: bool, ways: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(repeated)
    speakers = np.repeat(np.arange(8), [5] * 8 if even else range(2, 10))
    units = np.tile(np.arange(len(speakers)), repeated)
    speakers = np.tile(speakers, repeated)
    chances = (0.05, 0.3, 0.5, 0.5, 0.8, 0.95, 1.0)
    rows = np.stack([(rng.random(len(units)) < chance).astype(float) for chance in chances])
    rows[2, ::3] = 0.5  # some repeats of three were lost
    rows = np.vstack([rows, rows[-1]])
    by = Clusters((speakers, np.arange(len(units)) % 3, np.arange(len(units)) % 5)[:ways], units)
    first, second = np.triu_indices(len(rows), 1)
    monkeypatch.setattr("bench.scoring.inference.pair_sums._AT_ONCE", 6 * len(units))  # in several pieces
    sums = PairSums.of(rows, Design.paired(len(units), by))
    found = pair_differences(sums, sums, first, second)
    alone = np.array([paired_difference(rows[a], rows[b], by).p_value() for a, b in zip(first, second, strict=True)])
    for tail in (0.05, 0.01, 1e-3, 1e-6):
        sure = np.abs(alone / tail - 1) > 1e-6
        assert (found.beyond(tail) >= 0)[sure].tolist() == (alone <= tail)[sure].tolist()
    assert 5 < (alone <= 0.05).sum() < 28, "some can be told apart, some not"
    told = told_apart([found.some(np.arange(20)), found.some(np.arange(20, 28))], len(alone))
    assert [*told[0], *told[1]] == (np.array(holm(alone.tolist())) <= 0.05).tolist()
    assert told_apart([], 3) == []


@pytest.mark.parametrize("family", [1, 10, 11, 22, 66])
def test_what_lies_far_below_is_told_apart_whatever_the_number_of_tests(family: int) -> None:
    """11 · (0.05 / 11) is above 0.05 in floating point."""
    rows = np.stack([np.ones(120), np.zeros(120)])
    sums = PairSums.of(rows, Design.paired(120, Clusters((np.arange(120) // 10,))))
    first = np.zeros(family, dtype=np.intp)
    for other, told in ((first + 1, True), (first, False)):
        (found,) = told_apart([pair_differences(sums, sums, first, other)], family)
        assert found.tolist() == [told] * family
