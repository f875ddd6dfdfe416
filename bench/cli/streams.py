"""Standard streams that are closed, or cannot be written to: nothing else is spoilt by it."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper


def open_standard_streams() -> None:
    """Give each standard stream that is closed the null device: else the next file that is opened takes its number, and
    what libraries write to standard error lands in it."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # as long as the process
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal or pipe that is not UTF-8 gets ? for · and −


def give_up(stream: int) -> None:
    """Let what is still to be written to a standard stream go nowhere: its disk is full.

    Args:
        stream: its number.
    """
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream)
    os.close(null)
