"""Batches that fit into the device's memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import torch

from bench.core.errors import UsageError
from bench.core.showing.progress import SILENT, Progress

Item = TypeVar("Item")
Result = TypeVar("Result")
_CPU_SAYS = ("can't allocate memory", "not enough memory")
"""How torch says on a CPU, on Linux and elsewhere, that memory did not suffice: it has no class of its own for it."""


class Halving:
    """Works in batches; where one does not fit into memory, halves them, says so once, and goes on.

    Only for work whose results do not depend on the batch: then they do not depend on the memory either.

    Args:
        size: items at a time, at first.
        where: whose work it is, for messages.
        progress: told, once, that fewer items are worked on at a time.

    Attributes:
        size: items at a time, now.

    >>> Halving(2, "the sum").over(lambda some: [item + 1 for item in some], [1, 2, 3])
    [2, 3, 4]
    """

    def __init__(self, size: int, where: str, progress: Progress = SILENT) -> None:
        self.size = size
        self._where = where
        self._progress = progress
        self._said = False

    def over(self, work: Callable[[Sequence[Item]], Iterable[Result]], items: Sequence[Item]) -> list[Result]:
        """Work on all items in batches that fit into memory, and return each item's result in the order of `items`.

        Args:
            work: gives as many results as it gets items. It is called again about items that did not fit.
            items: any number.

        Raises:
            UsageError: one item alone does not fit.
        """
        found: list[Result] = []
        while len(found) < len(items):
            some = items[len(found) : len(found) + self.size]
            try:
                found += work(some)
                continue
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
                refusal = None if len(some) > 1 else self._refusal(error)
            if refusal is not None:
                raise refusal
            self._halve(len(some))  # outside the handler, whose traceback holds on to what filled the memory
        return found

    def _halve(self, tried: int) -> None:
        self.size = (tried + 1) // 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if not self._said:
            self._progress.say(f"{self._where}: {tried} at a time do not fit into memory; asking about fewer")
            self._said = True

    def _refusal(self, error: Exception) -> UsageError:
        reason = (str(error).splitlines() or ["out of memory"])[0]
        remedy = "use a smaller model, leave out the longest utterances, or compute on another device (--device cpu)"
        return UsageError(self._where, f"no memory for one item ({reason[:160]})", "room for one", remedy)


def out_of_memory(error: Exception) -> bool:
    """Tell whether an error says that memory did not suffice: a GPU's, or this machine's own.

    >>> out_of_memory(torch.OutOfMemoryError("CUDA")), out_of_memory(RuntimeError("shapes differ"))
    (True, False)
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _CPU_SAYS)
