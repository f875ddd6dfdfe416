"""McNemar's exact test and what it can see, against scipy's distributions."""

from __future__ import annotations

import pytest
from scipy.stats import binom, binomtest

from bench.scoring.inference.mcnemar import LEVEL, POWER, fewest_seen, mcnemar_p, smallest_share_seen


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (1, 0), (3, 9), (9, 3), (20, 41), (0, 8), (5, 5)])
def test_p_is_that_of_a_fair_coin(gained: int, lost: int) -> None:
    n = gained + lost
    expected = binomtest(gained, n).pvalue if n else 1.0
    assert mcnemar_p(gained, lost) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n", [8, 24, 100, 1000])
def test_the_smallest_share_seen_is_seen_so_often_and_a_smaller_one_is_not(n: int) -> None:
    share, fewest = smallest_share_seen(n), fewest_seen()
    assert share is not None
    assert binom.sf(fewest - 1, n, share) == pytest.approx(POWER, abs=1e-6)
    assert binom.sf(fewest - 1, n, share * 0.99) < POWER
    assert mcnemar_p(0, fewest) < LEVEL <= mcnemar_p(0, fewest - 1)
    assert smallest_share_seen(fewest - 1) is None
