"""Data that are read as far as that is quick: what is wrong with a folder is told before anything long begins."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from bench.core.showing.progress import Progress

_Read = TypeVar("_Read")


class _LongStepError(BaseException):
    """A long step would begin. No reader takes it for an error of its own."""


class _Quick:
    """Lets no long step begin, and notes what is said meanwhile."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def task(self, description: str, total: int | None = None) -> AbstractContextManager[Callable[[int], None]]:
        raise _LongStepError

    def say(self, text: str) -> None:
        self.said.append(text)


def read_if_quick(read: Callable[[Progress], _Read], progress: Progress) -> _Read | None:
    """Read data up to the first long step that the reader announces: by then it has looked for its files.

    Args:
        read: of a corpus or a noise bank.
        progress: told what the reader says, where it has read all.

    Returns:
        What was read, or None where the rest takes long, and is to be read from the start.

    Raises:
        bench.core.errors.BenchError: a file or folder is not as it should be.
    """
    quick = _Quick()
    try:
        found = read(quick)
    except _LongStepError:
        return None
    for line in quick.said:
        progress.say(line)
    return found
