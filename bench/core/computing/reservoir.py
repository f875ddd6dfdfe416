"""A few of what comes by, each with the same chance, drawn by a secret: nobody can know which."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True)
class Reservoir(Generic[_T]):
    """Keep some of what is noted; several threads may note.

    Args:
        most: so many at most.

    >>> few = Reservoir[int](most=2)
    >>> for number in range(9):
    ...     few.note(number)
    >>> len(few.kept)
    2
    """

    most: int
    kept: list[_T] = field(default_factory=list, init=False, repr=False, compare=False)
    _met: list[int] = field(default_factory=lambda: [0], init=False, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def note(self, one: _T) -> None:
        """Keep it, perhaps in the place of another (Vitter's algorithm R).

        Args:
            one: what came by.
        """
        with self._lock:
            self._met[0] += 1
            place = len(self.kept) if len(self.kept) < self.most else secrets.randbelow(self._met[0])
            if place < self.most:
                self.kept[place : place + 1] = [one]
