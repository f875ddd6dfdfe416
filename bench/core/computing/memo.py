"""What follows from an object that does not change, made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, TypeVar

_T = TypeVar("_T")


class Memo:
    """A base of classes whose objects keep what was made of them.

    >>> memo = Memo()
    >>> memo.once("answer", lambda: 42), memo.once("answer", lambda: 43)
    (42, 42)
    """

    def once(self, what: Hashable, make: Callable[[], _T]) -> _T:
        """Return what was made of this object before under a name; else make it.

        Args:
            what: its name.
            make: makes it.
        """
        if what not in self._memo:
            self._memo[what] = make()
        made: _T = self._memo[what]
        return made

    @cached_property
    def _memo(self) -> dict[Hashable, Any]:
        return {}
