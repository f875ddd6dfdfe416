"""Progress in a notebook: a line of plain text for each task, which is written over as it goes on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from bench.core.showing.plain_text import plain_text

_WIDTH = 30
_EVERY_S = 0.2


def notebook_display() -> Callable[..., Any] | None:
    """Find what shows things in the notebook that this runs in; None where it runs in none.

    Nothing is imported that a notebook has not imported: IPython is no dependency.
    """
    python = sys.modules.get("IPython")
    shell = None if python is None else python.get_ipython()
    if not any(kind.__name__ == "ZMQInteractiveShell" for kind in type(shell).__mro__):
        return None
    found: Callable[..., Any] = import_module("IPython.display").display
    return found


class NotebookProgress:
    """One line a task, with a bar where the number of steps is known, and one a message.

    Args:
        display: as IPython's: with `display_id=True` it gives a handle whose `update` shows something else in its
            place.
    """

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display = display

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show a task while it lasts.

        Args:
            description: what is done.
            total: the number of steps, where it is known.
        """
        begun = shown = time.monotonic()
        handle = self._display(_plain(_line(description, 0, total, None)), raw=True, display_id=True)
        done = 0

        def advance(steps: int) -> None:
            nonlocal done, shown
            done += steps
            if time.monotonic() - shown >= _EVERY_S:
                shown = time.monotonic()
                handle.update(_plain(_line(description, done, total, None)), raw=True)

        yield advance
        handle.update(_plain(_line(description, done, total, time.monotonic() - begun)), raw=True)

    def say(self, text: str) -> None:
        """Show a line.

        Args:
            text: what is said.
        """
        self._display(_plain(text), raw=True)


def _plain(text: str) -> dict[str, str]:
    return {"text/plain": plain_text(text)}


def _line(description: str, done: int, total: int | None, seconds: float | None) -> str:
    """A task's line; with the seconds that it took once it has ended."""
    ended = "" if seconds is None else f", {seconds:.1f} s"
    if not total:
        return f"{description}{' ...' if seconds is None else ': done'}{ended}"
    filled = min(_WIDTH, _WIDTH * done // total)
    return f"{description} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done} of {total}{ended}"
