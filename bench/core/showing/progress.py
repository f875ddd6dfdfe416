"""Progress of long work: bars on a terminal, plain lines elsewhere, nothing when nobody looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol, runtime_checkable

from bench.core.errors import UsageError
from bench.core.showing.plain_text import plain_text


@runtime_checkable
class Progress(Protocol):
    """Somebody who wants to know how far the work is."""

    def task(self, description: str, total: int | None = None) -> AbstractContextManager[Callable[[int], None]]:
        """Announce a task, for the length of a `with` block.

        Args:
            description: what is done, for the reader.
            total: the number of steps, where it is known.

        Returns:
            A context manager. Its value is called with the number of steps done since the last call.
        """
        ...

    def say(self, text: str) -> None:
        """Show one line of text to the reader, above any bar."""
        ...


def no_steps(steps: int) -> None:
    """Ignore that steps were done: for a task whose steps nobody shows."""


class Silent:
    """Says nothing: the default from Python."""

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        yield no_steps

    def say(self, text: str) -> None:
        return None


SILENT = Silent()


class LineProgress:
    """One line when a task starts and one when it ends, with its time: for logs and Slurm."""

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        started = time.monotonic()
        self.say(f"{description} ...")
        yield no_steps
        self.say(f"{description}: done in {time.monotonic() - started:.1f} s")

    def say(self, text: str) -> None:
        with suppress(OSError):  # a log on a full disk ends no run
            print(plain_text(text), file=sys.stderr, flush=True)


class Bars:
    """Live bars on standard error."""

    def __init__(self) -> None:
        from bench.core.showing.consoles import PlainConsole

        self._console = PlainConsole(stderr=True)

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with RichProgress(*columns, TimeRemainingColumn(), console=self._console) as bars:
            bar = bars.add_task(plain_text(description), total=total)
            yield lambda steps: bars.advance(bar, steps)

    def say(self, text: str) -> None:
        self._console.print(text)


def for_terminal() -> Progress:
    """Choose how progress is shown: bars where standard error is a terminal, lines elsewhere."""
    return Bars() if sys.stderr.isatty() else LineProgress()


def for_python(asked: Progress | bool | None) -> Progress:
    """Choose how a function for Python shows progress.

    Args:
        asked: True for the way that suits where it runs, False for none, None for none but in a notebook; or somebody
            who wants to know.

    Raises:
        bench.core.errors.UsageError: it is none of these.
    """
    from bench.core.showing.notebooks import NotebookProgress, notebook_display

    if isinstance(asked, Progress):
        return asked
    if asked not in (None, True, False):
        found = f"{asked!r:.60}, a {type(asked).__name__}"
        raise UsageError("progress", found, "True, False, or an object with task and say", "give progress=True")
    display = notebook_display() if asked is not False else None
    if display is not None:
        return NotebookProgress(display)
    return for_terminal() if asked else SILENT
