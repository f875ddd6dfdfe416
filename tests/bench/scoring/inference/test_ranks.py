"""Ranks with intervals: what is not told apart stays open."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.scoring.inference.ranks import Rank, rank_intervals

SPEAKERS = [f"s{i // 12}" for i in range(120)]


def figures(*shares: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((len(shares), 120)) < np.array(shares)[:, None]


def test_victims_far_apart_are_told_apart() -> None:
    assert rank_intervals(figures(0.1, 0.9, 0.5), SPEAKERS) == [Rank(3, 3, 3), Rank(1, 1, 1), Rank(2, 2, 2)]


def test_equal_figures_share_a_rank_and_leave_all_open() -> None:
    same = figures(0.5)[0]
    assert rank_intervals([same, same, same], SPEAKERS) == [Rank(1, 1, 3)] * 3


def test_a_victim_between_two_that_are_told_apart_may_be_either() -> None:
    low, middle, high = rank_intervals(figures(0.35, 0.46, 0.62, seed=3), SPEAKERS)
    assert (low.value, middle.value, high.value) == (3, 2, 1)
    assert high.high < low.low or (low.low, high.high) == (2, 2)
    assert middle.low < middle.high


def test_fewer_than_six_speakers_leave_every_rank_open() -> None:
    speakers = [f"s{i // 24}" for i in range(120)]
    assert rank_intervals(figures(0.1, 0.9), speakers) == [Rank(2, 1, 2), Rank(1, 1, 2)]


def test_one_entry_is_first() -> None:
    assert rank_intervals(figures(0.4), SPEAKERS) == [Rank(1, 1, 1)]
    with pytest.raises(ValueError, match="row an entry"):
        rank_intervals(np.zeros((0, 5)), SPEAKERS[:5])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.02, 0.98), min_size=1, max_size=6), st.integers(0, 99))
def test_every_interval_holds_its_rank_and_the_order_of_entries_does_not_matter(shares: list[float], seed: int) -> None:
    made = figures(*shares, seed=seed)
    found = rank_intervals(made, SPEAKERS)
    assert all(1 <= rank.low <= rank.value <= rank.high <= len(shares) for rank in found)
    assert rank_intervals(made[::-1], SPEAKERS) == found[::-1]
