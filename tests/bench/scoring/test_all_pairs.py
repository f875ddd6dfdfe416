"""Many pairs at once: the p of each is the one that it has by itself."""

from __future__ import annotations

import numpy as np
import pytest

from bench.scoring.all_pairs import pair_differences, told_apart
from bench.scoring.clustering import Clusters
from bench.scoring.differences import paired_difference
from bench.scoring.p_values import holm


@pytest.mark.parametrize("repeated", [1, 2])
@pytest.mark.parametrize("even", [True, False])
def test_each_p_is_that_of_the_pair_alone(repeated: int, even: bool) -> None:
    rng = np.random.default_rng(repeated)
    speakers = np.repeat(np.arange(8), [5] * 8 if even else range(2, 10))
    units = np.tile(np.arange(len(speakers)), repeated)
    speakers = np.tile(speakers, repeated)
    chances = (0.05, 0.3, 0.5, 0.5, 0.8, 0.95, 1.0)
    rows = np.stack([(rng.random(len(units)) < chance).astype(float) for chance in chances])
    rows[2, ::3] = 0.5  # some repeats of three were lost
    rows = np.vstack([rows, rows[-1]])
    found = pair_differences(rows, speakers, units)
    alone = np.array(
        [
            paired_difference(rows[a], rows[b], Clusters((speakers,), units)).p_value()
            for a, b in zip(*np.triu_indices(len(rows), 1), strict=True)
        ]
    )
    for tail in (0.05, 0.01, 1e-3, 1e-6):
        sure = np.abs(alone / tail - 1) > 1e-6
        assert (found.beyond(tail) >= 0)[sure].tolist() == (alone <= tail)[sure].tolist()
    assert 5 < (alone <= 0.05).sum() < 28, "some can be told apart, some not"
    adjusted = np.array(holm(alone.tolist()))
    of_pairs, others = told_apart(found.some(np.arange(20)), alone[20:], len(alone))
    assert [*of_pairs, *others] == (adjusted <= 0.05).tolist()


@pytest.mark.parametrize("family", [1, 10, 11, 22, 66])
def test_what_lies_far_below_is_told_apart_whatever_the_number_of_tests(family: int) -> None:
    """11 · (0.05 / 11) is above 0.05 in floating point."""
    assert told_apart(None, np.full(family, 0.05 / family), family)[1].all()
    assert not told_apart(None, np.full(family, 0.0501), family)[1].any()
    assert told_apart(None, np.array([]), 0)[1].tolist() == []
