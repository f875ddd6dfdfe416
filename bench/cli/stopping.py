"""Signals that end a command as Ctrl-C does: what is finished is kept, what was held is given back.

A library may swallow what a signal raises, in an `except:` of its own. That is noticed: then it is raised again.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

INTERRUPTED = 130
_DEFAULT = {
    signal.Signals[name]: signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if name in signal.Signals.__members__
}
"""What a person presses, what a scheduler sends before it takes a machine away, and what a terminal sends that is
closed; with what happens where nobody has asked for anything else."""
_ALARM = signal.Signals.__members__.get("SIGALRM")
_AGAIN_S = 1.0
"""Seconds until it is looked whether what was raised has been swallowed, and between two looks."""
_MOMENT_S = 0.05
_PASSING: tuple[CodeType, ...] = (threading.Condition.__enter__.__code__, threading.Thread.start.__code__)
"""Python's own code that lasts a moment and leaves a lock locked, or a thread half begun, where it is interrupted: that
thread then waits for ever, and the end of the process for it."""
_DEEP = 6
_PATIENCE_S = 10.0
"""Seconds after which another signal is heeded though what was held is still being given back."""


class Stops:
    """Signals that have come, and what they raised."""

    def __init__(self) -> None:
        self.by: signal.Signals | None = None
        self._raised: list[BaseException] = []
        self._last_s = 0.0

    @property
    def exit_code(self) -> int:
        """Return 128 and the signal's number, as shells do."""
        return INTERRUPTED if self.by is None else 128 + self.by

    @property
    def said(self) -> str:
        """Return the one line that is said."""
        how = "interrupted" if self.by in (None, signal.SIGINT) else f"stopped by {self.by.name}"
        return f"{how}; give the same command again: what a run, a training or a download has done is kept"

    def ended(self, error: BaseException) -> bool:
        """Tell whether a command ends because of a signal: by what it raised, or by what a library made of that."""
        typed = isinstance(error, SystemExit) and error.code == INTERRUPTED  # typer itself turns Ctrl-C into this code
        return typed or isinstance(error, KeyboardInterrupt) or self._within(error)

    def heed(self, number: int, frame: FrameType | None) -> None:
        """Raise what Ctrl-C raises. While what was held is given back, only another Ctrl-C is heeded; any other signal
        after ten seconds.

        Args:
            number: of the signal.
            frame: where it came.
        """
        came = signal.Signals(number)
        self.by = self.by or came
        waited_s = time.monotonic() - self._last_s
        if self._within(sys.exc_info()[1]) and came != signal.SIGINT and waited_s < _PATIENCE_S:
            return
        if not self._postponed(frame):
            self._raise()

    def look(self, number: int, frame: FrameType | None) -> None:
        """Raise again what was swallowed: nothing on the way out has it in hand.

        Args:
            number: of the timer's signal.
            frame: where it came.
        """
        if not self._within(sys.exc_info()[1]) and not self._postponed(frame):
            self._raise()

    def unraisable(self, told: sys.UnraisableHookArgs) -> None:
        """Print what could not be raised, as Python does, unless a signal raised it: that is raised again.

        Args:
            told: what was raised where there is nobody to catch it, as in a callback from C.
        """
        if not self._within(told.exc_value):
            sys.__unraisablehook__(told)

    def _postponed(self, frame: FrameType | None) -> bool:
        """Wait a moment where a lock is just being taken or a thread started."""
        if _ALARM is None or not _is_passing(frame):
            return False
        signal.signal(_ALARM, self.look)
        signal.setitimer(signal.ITIMER_REAL, _MOMENT_S, _AGAIN_S)
        return True

    def _raise(self) -> None:
        stop = KeyboardInterrupt()
        self._raised.append(stop)
        self._last_s = time.monotonic()
        if _ALARM is not None:
            signal.signal(_ALARM, self.look)
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_S, _AGAIN_S)
        raise stop

    def _within(self, error: BaseException | None) -> bool:
        """Whether an error is one that was raised here, or came of one."""
        seen: list[BaseException] = []
        while error is not None and not any(error is one for one in seen):
            if any(error is one for one in self._raised):
                return True
            seen.append(error)
            error = error.__cause__ or error.__context__
        return False


def _is_passing(frame: FrameType | None) -> bool:
    for _ in range(_DEEP):
        if frame is None or frame.f_code in _PASSING:
            return frame is not None
        frame = frame.f_back
    return False


@contextmanager
def heeding() -> Iterator[Stops]:
    """Heed these signals within a `with` block, but for those that somebody has asked to be ignored (`nohup`)."""
    stops, before = Stops(), dict[signal.Signals, Any]()
    untold = sys.unraisablehook
    if threading.current_thread() is threading.main_thread():
        for one, default in _DEFAULT.items():
            if signal.getsignal(one) == default:
                before[one] = signal.signal(one, stops.heed)
        if _ALARM is not None:
            before[_ALARM] = signal.getsignal(_ALARM)
        if untold is sys.__unraisablehook__:
            sys.unraisablehook = stops.unraisable
    try:
        yield stops
    finally:
        if _ALARM in before:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for one, handler in before.items():
            signal.signal(one, handler)
        sys.unraisablehook = untold
