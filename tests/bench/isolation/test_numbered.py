"""What a session is called in a sandbox: each by a number of its own, whoever else asks meanwhile."""

from __future__ import annotations

import threading

from bench.isolation.victim import Numbered


def test_two_sessions_that_are_met_at_once_are_two() -> None:
    """One of them waits, where its number is told already, until the other has been told its own; or for a moment."""
    numbered, met, told = Numbered(), threading.Event(), threading.Event()

    class Slow(str):
        __slots__ = ()

        def __hash__(self) -> int:
            met.set()
            told.wait(0.2)
            return str.__hash__(self)

    found: list[str] = []

    def other() -> None:
        met.wait()
        found.extend(numbered.of(["other"]))
        told.set()

    thread = threading.Thread(target=other)
    thread.start()
    found += numbered.of([Slow("slow")])
    thread.join()
    assert sorted(found) == ["1", "2"]
    assert set(numbered.of(["other", "slow"])) == set(found)
    assert numbered.of([""]) == [""], "in no session"
