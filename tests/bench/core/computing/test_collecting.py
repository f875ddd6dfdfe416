"""When Python looks for circles of objects."""

from __future__ import annotations

import gc
import weakref

from bench.core.computing.collecting import RARELY, collected_seldom, heap_frozen


class Circle:
    """Refers to itself."""

    def __init__(self) -> None:
        self.own = self


def test_a_circle_made_meanwhile_is_found() -> None:
    before = gc.get_threshold()
    with heap_frozen():
        new = weakref.ref(Circle())
        kept = [[number] for number in range(2 * RARELY)]
        assert new() is None, "one that holds a large tensor would stay"
    assert len(kept) == 2 * RARELY
    assert gc.get_threshold() == before


def test_what_others_have_set_stays() -> None:
    others = gc.get_freeze_count()
    gc.freeze()  # as who forks does
    try:
        frozen = gc.get_freeze_count()
        with heap_frozen():
            pass
        assert gc.get_freeze_count() >= frozen
        with collected_seldom():
            seldom = gc.get_threshold()
            with heap_frozen():
                assert gc.get_threshold() == seldom
    finally:
        if not others:
            gc.unfreeze()
