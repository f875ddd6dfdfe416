"""One input in a forked child: everything is imported already, memory and time are bounded, what is said is kept."""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES, MOST_S = 2 * 2**30, 20
"""Memory that an input may take beyond what is imported, and seconds of processor time."""
_WAITED_S = 60.0
"""Seconds without any processor time after which a child is ended; one that is only slow has its seconds of that."""
_FOUR_PARTS = re.compile(r"bench: .+: found .*; expected .+; .+", re.DOTALL)


@dataclass(frozen=True)
class Outcome:
    """What a child came to.

    Args:
        code: its exit code; negative for the signal that ended it.
        said: on both streams.
        seconds: of processor time.
        bytes: the most memory that it had.
        waited: whether it was ended because it waited for ever.
    """

    code: int
    said: str
    seconds: float
    bytes: int
    waited: bool = False

    @property
    def wrong(self) -> str:
        """Say what is wrong with it; "" for nothing."""
        clicks = "Usage: " in self.said and "\nError: " in self.said
        told = clicks or _FOUR_PARTS.search(self.said) or "cannot be used" in self.said
        ended = signal.Signals(-self.code).name if self.code < 0 else ""
        found = {
            "hang": self.waited,
            "slow": self.seconds > MOST_S or ended == "SIGXCPU",
            f"ended by {ended}": bool(ended),
            "traceback": "Traceback (most recent call last)" in self.said,
            "memory": self.bytes > MOST_BYTES,
            f"exit code {self.code}": self.code not in (0, 1, 2),
            "control characters": any(ord(one) < 32 and one not in "\n\t\r" for one in self.said),
            "an error without its four parts": self.code == 2 and not told,
        }
        return next((what for what, true in found.items() if true), "")


def tried(work: Callable[[], None], folder: Path) -> Outcome:
    """Do a piece of work in a child, in a folder.

    Args:
        work: ends normally, or as a command does.
        folder: an existing one, which becomes the working folder; what is said is kept in it.
    """
    said, began = folder / "said.txt", time.monotonic()
    child = os.fork()
    if not child:
        _live(work, folder, said)
    waited, ticks = False, ""
    while True:
        ended, status, used = os.wait4(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - began > _WAITED_S and not waited:
            began, before, ticks = time.monotonic(), ticks, _ticks(child)
            waited = ticks == before
            if waited:
                os.kill(child, signal.SIGKILL)
        time.sleep(0.002)
    text = said.read_bytes()[:2_000_000].decode("utf-8", "replace") if said.exists() else ""
    seconds = used.ru_utime + used.ru_stime
    return Outcome(os.waitstatus_to_exitcode(status), text, seconds, used.ru_maxrss * 1024, waited)


def rehearsed(work: Callable[[], None], folder: Path) -> None:
    """Do a piece of work here, so that what it imports and reads of our own code is there for every child.

    Args:
        work: see `tried`.
        folder: becomes the working folder meanwhile.
    """
    before, streams = Path.cwd(), [os.dup(number) for number in (1, 2)]
    sys.stdout.flush()
    os.chdir(folder)
    try:
        with (folder / "said.txt").open("w") as said, suppress(SystemExit):
            for number in (1, 2):
                os.dup2(said.fileno(), number)
            work()
    finally:
        sys.stdout.flush()
        for number, stream in zip((1, 2), streams, strict=True):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(before)


def command(*words: object) -> Callable[[], None]:
    """Return what does as the `bench` command does with these words."""

    def work() -> None:
        from bench.__main__ import main

        sys.argv = ["bench", *map(str, words)]
        main()

    return work


def called(work: Callable[[], object]) -> Callable[[], None]:
    """Return what says errors of a piece of work as the `bench` command does."""

    def told() -> None:
        from bench.core.errors import BenchError
        from bench.core.showing.plain_text import plain_text

        try:
            work()
        except BenchError as error:
            print(plain_text(f"bench: {error}"), file=sys.stderr)
            sys.exit(error.exit_code)

    return told


def _live(work: Callable[[], None], folder: Path, said: Path) -> None:
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_S + 1, MOST_S + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (_own_bytes() + MOST_BYTES, resource.RLIM_INFINITY))
        os.chdir(folder)
        null, out = os.open(os.devnull, os.O_RDONLY), os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number, stream in enumerate((null, out, out)):
            os.dup2(stream, number)
        sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", errors="replace") for number in (1, 2))  # noqa: SIM115, PTH123  # as long as the child
        try:
            work()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _ticks(child: int) -> str:
    """What a child has had of processor time by now."""
    return " ".join(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:13])


def _own_bytes() -> int:
    """What this process has of private memory by now."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
