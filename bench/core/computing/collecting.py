"""Python's search for objects that refer to each other in a circle: seldom made where there are none to be found."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

SELDOM = 200_000
"""So many more objects are made than given back before they are looked through; Python's own number is 700."""
RARELY = 10_000
"""Likewise where somebody else's code runs: a circle of its own may hold a large tensor."""

_ours: list[bool] = []
"""Has one while objects are frozen by us."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Look for circles of objects seldom meanwhile.

    Who makes many thousand small objects that stay, none of them in a circle, spends a sixth of the time on looking.
    What was made meanwhile counts as old at the end, or all of it would be looked through at once then.

    >>> with collected_seldom():
    ...     gc.get_threshold()[0]
    200000
    """
    before = gc.get_threshold()
    gc.set_threshold(max(SELDOM, before[0]) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        if not (_ours or _others_froze()):  # what is frozen stays so
            gc.freeze()
            gc.unfreeze()
        gc.set_threshold(*before)


@contextmanager
def heap_frozen() -> Iterator[None]:
    """Leave out of the search for circles what there is now, and look through what is made meanwhile less often.

    A program with torch, a corpus and a victim has a quarter of a million objects that stay. To look through all of
    them takes as long as some forty queries of a search, whose own objects are in no circle. What others make meanwhile
    is still looked through, each `RARELY` new objects.

    >>> with heap_frozen():
    ...     gc.get_freeze_count() > 0, gc.get_threshold()[0]
    (True, 10000)
    """
    before, first = gc.get_threshold(), not (_ours or _others_froze())
    gc.set_threshold(max(RARELY, before[0]) if before[0] else 0, *before[1:])
    if first:  # where some are frozen already, all would be given back at the end
        _ours.append(True)
        gc.freeze()
    try:
        yield
    finally:
        if first:
            gc.unfreeze()
            _ours.clear()
        gc.set_threshold(*before)


@cache
def _others_froze() -> bool:
    """Whether somebody else had frozen objects when we first came to. Asked once: Python counts them one by one."""
    return gc.get_freeze_count() > 0
