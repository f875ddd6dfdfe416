"""Work shared out to threads, each alone on a core."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread within a `with` block.

    For work in steps too short to be shared out: shared, they gain little on idle cores and lose much on busy ones,
    where every step waits for the slowest.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def in_threads(work: Callable[[Sequence[Any], threading.Event], None], items: Sequence[Any], threads: int) -> None:
    """Deal items out in turn, and work on each share in a thread of its own.

    Args:
        work: gets a share and an event; it should return soon once that is set. torch computes on one thread inside.
        items: what is shared out.
        threads: how many at most; 1 works in the calling thread, on as many of torch's as there are.

    Raises:
        Exception: the first that a share raised, once all threads have stopped.
    """
    stopped = threading.Event()
    if threads == 1:
        work(items, stopped)
        return
    if len(items) <= 1:
        with one_thread():
            work(items, stopped)
        return
    threads, before = min(threads, len(items)), torch.get_num_threads()
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        shares = [pool.submit(work, items[start::threads], stopped) for start in range(threads)]
        try:
            wait(shares, return_when=FIRST_EXCEPTION)
        finally:
            stopped.set()
    torch.set_num_threads(before)
    for share in shares:
        share.result()
