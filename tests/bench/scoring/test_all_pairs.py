"""Many pairs at once: the p of each is the one that it has by itself."""

from __future__ import annotations

import numpy as np
import pytest

from bench.scoring.all_pairs import pair_p_values
from bench.scoring.clustering import Clusters
from bench.scoring.differences import paired_difference


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
    found = pair_p_values(np.vstack([rows, rows[-1]]), speakers, units, family=10**9)
    rows = np.vstack([rows, rows[-1]])
    usual, below = pair_p_values(rows, speakers, units), 0
    for a in range(len(rows)):
        for b in range(a + 1, len(rows)):
            alone = paired_difference(rows[a], rows[b], Clusters((speakers,), units)).p_value()
            assert found[a, b] == found[b, a]
            assert found[a, b] == (pytest.approx(alone, rel=1e-5, abs=2e-9) if alone <= 0.05 else 1.0)
            assert usual[a, b] == pytest.approx(max(found[a, b], 0.05 / 28), rel=1e-5), "what decides is exact"
            below += alone <= 0.05
    assert 5 < below < 28, "some can be told apart, some not"
