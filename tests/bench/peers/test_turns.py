"""A loop that calls, run as a search that yields: whose generators it draws from, and how it ends."""

from __future__ import annotations

import random
import threading

import numpy as np
import torch

from bench.peers.turns import in_turns


def draws() -> list[float]:
    return [random.random(), np.random.random(), float(torch.rand(()))]


def here(seed: int) -> list[float]:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    return draws()


def told(seed: int, interrupted: bool) -> list[list[float]]:
    def body(ask: object) -> None:
        for _ in range(3):
            ask(draws())  # type: ignore[operator]

    steps = in_turns(body, seed)
    found = [next(steps)]
    for _ in range(2):
        if interrupted:
            draws()
        found.append(steps.send(None))
    steps.close()
    return found


def test_a_loop_draws_from_generators_of_its_own() -> None:
    assert told(7, interrupted=False) == told(7, interrupted=True) != told(8, interrupted=False)
    assert told(7, interrupted=False)[0] == here(7)
    expected = here(7), draws()
    here(7)
    told(9, interrupted=False)
    assert draws() == expected[1], "whoever asks finds the global generators as they were"


def test_a_closed_loop_ends_even_where_it_goes_on() -> None:
    before = set(threading.enumerate())

    def stubborn(ask: object) -> None:
        for number in range(100):
            try:
                ask(number)  # type: ignore[operator]
            except BaseException:
                continue

    steps = in_turns(stubborn, 0)
    assert [next(steps), steps.send(None)] == [0, 1]
    assert set(threading.enumerate()) - before
    steps.close()
    assert not set(threading.enumerate()) - before


def test_a_search_left_behind_may_be_closed_in_the_turn_of_another() -> None:
    left = in_turns(lambda ask: ask(1), 0)
    next(left)

    def closing(ask: object) -> None:
        left.close()
        ask(2)  # type: ignore[operator]

    steps = in_turns(closing, 0)
    assert next(steps) == 2
    steps.close()
