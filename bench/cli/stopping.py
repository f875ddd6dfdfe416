"""Signals that end a command as Ctrl-C does: what is finished is kept, what was held is given back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

INTERRUPTED = 130
HEEDED = tuple(signal.Signals[name] for name in ("SIGTERM", "SIGHUP") if name in signal.Signals.__members__)
"""What a scheduler sends before it takes a machine away, and what a terminal sends that is closed."""


class Stops:
    """Signals that have come."""

    def __init__(self) -> None:
        self.by: signal.Signals | None = None

    @property
    def exit_code(self) -> int:
        """Return 128 and the signal's number, as shells do."""
        return INTERRUPTED if self.by is None else 128 + self.by

    @property
    def said(self) -> str:
        """Return the one line that is said."""
        how = "interrupted" if self.by is None else f"stopped by {self.by.name}"
        return f"{how}; the same command goes on where this one stopped"

    def heed(self, number: int, frame: FrameType | None) -> None:
        """Raise what Ctrl-C raises; further signals are not heeded while what was held is given back.

        Args:
            number: of the signal.
            frame: where it came.
        """
        self.by = signal.Signals(number)
        for one in HEEDED:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt


@contextmanager
def heeding() -> Iterator[Stops]:
    """Heed these signals within a `with` block, but for those that somebody has asked to be ignored (`nohup`)."""
    stops, before = Stops(), dict[signal.Signals, Any]()
    if threading.current_thread() is threading.main_thread():
        for one in HEEDED:
            if signal.getsignal(one) == signal.SIG_DFL:
                before[one] = signal.signal(one, stops.heed)
    try:
        yield stops
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
