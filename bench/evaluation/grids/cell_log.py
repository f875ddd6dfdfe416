"""A log for each cell, beside what is shown meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.core.showing.plain_text import plain_text
from bench.core.showing.progress import Progress
from bench.core.storage.files import add_line
from bench.core.storage.processes import this_process


class CellLog:
    """Shows progress, and writes the same into the log of the cell in hand. A log that cannot be written is none.

    Args:
        shown: where progress is shown.
        folder: gets `KEY.log`.
    """

    def __init__(self, shown: Progress, folder: Path) -> None:
        self.shown, self.folder = shown, folder
        self._file: Path | None = None

    @contextmanager
    def cell(self, key: str, what: str) -> Iterator[None]:
        """Write into a cell's log, for the length of a `with` block.

        Args:
            key: names the cell.
            what: it is, in words.
        """
        self._file, begun = self.folder / f"{key}.log", time.monotonic()
        self.note(f"{what}, by {this_process()}")
        try:
            yield
        except BaseException as error:
            self.note(f"ended by {type(error).__name__} after {time.monotonic() - begun:.1f} s")
            raise
        else:
            self.note(f"ended after {time.monotonic() - begun:.1f} s")
        finally:
            self._file = None

    def note(self, text: str) -> None:
        """Write a line into the log alone."""
        if self._file is None:
            return
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            add_line(self._file, f"{time.strftime('%Y-%m-%d %H:%M:%S')} {plain_text(text)}")

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show a task, and write when it begins and ends.

        Args:
            description: what is done.
            total: the number of steps, where it is known.
        """
        self.note(f"{description} ...")
        with self.shown.task(description, total) as advance:
            yield advance
        self.note(f"{description}: done")

    def say(self, text: str) -> None:
        """Show a line, and write it."""
        self.note(text)
        self.shown.say(text)
