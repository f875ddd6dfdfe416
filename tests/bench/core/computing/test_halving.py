"""Batches that do not fit into memory."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench import UsageError
from bench.core.computing.halving import Halving
from bench.core.showing.progress import Silent


class Told(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


class Device:
    """Squares numbers, as many at a time as it has room for."""

    def __init__(self, room: int) -> None:
        self.room, self.sizes = room, []

    def squares(self, some: Sequence[int]) -> list[int]:
        self.sizes.append(len(some))
        if len(some) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return [item**2 for item in some]


@given(items=st.lists(st.integers(), max_size=40), size=st.integers(1, 33), room=st.integers(1, 33))
def test_the_results_are_the_same_whatever_fits(items: list[int], size: int, room: int) -> None:
    device, told = Device(room), Told()
    halving = Halving(size, "the squares", told)
    assert halving.over(device.squares, items) == [item**2 for item in items]
    assert len(told.lines) == (min(size, len(items)) > room)
    device.sizes.clear()
    halving.over(device.squares, items)
    assert all(tried <= room for tried in device.sizes), "what did not fit once is not tried again"


def test_it_is_said_once_and_by_name() -> None:
    told = Told()
    halving = Halving(16, "victim 'hf'", told)
    halving.over(Device(1).squares, range(40))
    assert told.lines == ["victim 'hf': 16 at a time do not fit into memory; asking about fewer"]


def test_no_room_for_one_is_an_error() -> None:
    with pytest.raises(
        UsageError, match=r"the squares: found no memory for one item \(CUDA out of memory.*--device cpu"
    ):
        Halving(4, "the squares").over(Device(0).squares, [1, 2])


def test_other_errors_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        Halving(4, "the squares").over(lambda some: [1 // item for item in some], [1, 0])


def test_memory_of_this_machine_is_halved_too() -> None:
    """torch has no class of its own for it on a CPU."""

    def squares(some: Sequence[int]) -> list[int]:
        if len(some) > 2:
            torch.empty(1 << 60)
        return [item**2 for item in some]

    assert Halving(8, "the squares").over(squares, [1, 2, 3, 4, 5]) == [1, 4, 9, 16, 25]
    with pytest.raises(RuntimeError, match="shape"):
        Halving(8, "the squares").over(lambda some: torch.ones(3).view(2).tolist(), [1, 2])
