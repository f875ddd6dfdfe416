"""The simulation of many workers: what it says follows from what it is given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.fleet.model import BEFORE, NOW, Costs, Fleet, Grid, Rules
from benchmarks.fleet.simulation import simulate
from benchmarks.fleet.store import LOCAL, MOUNTED, NFS, OBJECTS, Store

TWELVE = Grid("twelve cells", 3, 4, 6_000)
MEASURED = Costs(start_s=2.0, fit_s=26.0, query_s=0.00115, cell_s=0.6)
"""Of benchmarks/workers.py on two idle cores."""


def speedup(rules: Rules) -> float:
    """How much faster two workers are than one."""
    alone, both = (simulate(TWELVE, Fleet("", n, MEASURED, LOCAL), rules).makespan_s for n in (1, 2))
    return alone / both


def test_one_worker_takes_the_sum_of_everything() -> None:
    found = simulate(TWELVE, Fleet("", 1, MEASURED, LOCAL), NOW)
    assert found.makespan_s == pytest.approx(2 + 3 * 26 + 12 * 7.5, rel=0.002)
    assert found.used == pytest.approx(168 / 170, rel=0.002)
    assert (found.twice, found.lost_s) == (0, 0.0)


def test_training_ahead_shares_three_victims_between_two_workers() -> None:
    assert speedup(replace(NOW, ahead=False)) < 1.8
    assert speedup(NOW) > 1.85


def test_it_is_the_same_every_time_and_every_cell_is_done_once() -> None:
    fleet = Fleet("", 16, MEASURED, NFS, life_s=60.0, back_s=5.0, stagger_s=10.0)
    found = [simulate(Grid("", 20, 6, 6_000), fleet, NOW, seed) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]
    assert found[0].lost_s > 0
    assert found[0].twice == 0


def test_who_is_lost_without_a_word_holds_others_up() -> None:
    fleet = Fleet("", 8, MEASURED, NFS, life_s=40.0, back_s=5.0)
    told, silent = (simulate(Grid("", 8, 4, 6_000), replace(fleet, told=told), NOW) for told in (True, False))
    assert silent.makespan_s > told.makespan_s


def test_many_workers_ask_less_of_an_object_store_than_before() -> None:
    grid, fleet = Grid("", 40, 4, 6_000), Fleet("", 100, MEASURED, OBJECTS, stagger_s=5.0)
    before, now = (simulate(grid, fleet, rules) for rules in (BEFORE, NOW))
    assert now.operations < 0.5 * before.operations
    assert now.makespan_s < before.makespan_s
    assert now.scored_s < 0.1 * before.scored_s


def test_a_store_that_does_not_exclude_has_work_done_twice() -> None:
    fleet = Fleet("", 60, MEASURED, MOUNTED)
    assert simulate(Grid("", 4, 4, 6_000), fleet, BEFORE).twice > 0


def test_operations_wait_for_each_other() -> None:
    store = Store(replace(OBJECTS, latency_s=0.0, per_s=10.0))
    assert [store.ends(0.0, 5), store.ends(0.0, 5), store.ends(9.0, 1)] == [0.5, 1.0, 9.1]
