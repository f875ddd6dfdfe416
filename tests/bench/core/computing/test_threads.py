"""Work shared out to threads: each item once, each share on one of torch's threads, whatever there was before."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
import torch

from bench.core.computing.threads import in_threads


@pytest.mark.parametrize("count", [0, 1, 2, 5])
@pytest.mark.parametrize("threads", [2, 3])
def test_every_item_is_worked_on_once_and_alone_on_a_core(count: int, threads: int) -> None:
    before, done, used = torch.get_num_threads(), list[int](), list[int]()

    def work(share: Sequence[int], stopped: threading.Event) -> None:
        done.extend(share)
        used.append(torch.get_num_threads())

    in_threads(work, range(count), threads)
    assert sorted(done) == list(range(count))
    assert set(used) == {1}
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("count", [1, 4])
def test_what_a_share_raises_is_raised(count: int) -> None:
    def work(share: Sequence[int], stopped: threading.Event) -> None:
        raise ValueError(f"in {len(share)}")

    before = torch.get_num_threads()
    with pytest.raises(ValueError, match=r"in [12]"):
        in_threads(work, range(count), 2)
    assert torch.get_num_threads() == before
