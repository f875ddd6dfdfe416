"""Work in Python shared out to further processes, each on a core of its own, which end with this one.

They are started as plain commands, not by `multiprocessing`: that would run a script anew that asks for figures at its
top level.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Lock
from typing import Any, Self, TypeVar

from bench.core.computing.collecting import collected_seldom
from bench.core.storage.digests import default_workers

_T = TypeVar("_T")
_MOST = 16
"""More processes than this wait for the one that puts together what they found."""
_LOST: tuple[Any, ...] = ()


class Crew:
    """Further processes, started when the first large enough piece of work is shared out.

    Args:
        workers: how many; by default one for each core that this process may use. None is started for one alone.
        least: pieces of work below which starting them, a second of processor time each, is not worth it.
    """

    def __init__(self, workers: int | None = None, least: int = 500) -> None:
        self.workers = min(_MOST, default_workers()) if workers is None else workers
        self.least = least
        self._members: list[_Member] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def shares(self, pieces: int) -> bool:
        """Return whether so many pieces of work are shared out, and not done here."""
        return self.workers > 1 and pieces >= self.least

    def in_order(self, work: Callable[[Any], _T], items: Sequence[Any]) -> Iterator[_T]:
        """Work on items in the processes, and give what comes of each in the order of the items.

        An item of whose work an error came there, or whose process is gone, is worked on here: so errors are those of
        this process, at the place in the order where they belong.

        Args:
            work: a function of a module; it, the items and what comes of them are pickled.
            items: what is worked on, one after the other by each process.
        """
        with suppress(OSError):  # of a system that lets no more be started: those that there are do the work, or none
            while len(self._members) < self.workers:
                self._members.append(_Member())
        if not self._members:
            yield from map(work, items)
            return
        idle: SimpleQueue[_Member] = SimpleQueue()
        for member in self._members:
            idle.put(member)

        def ask(item: Any) -> tuple[_T, ...]:
            member = idle.get()
            try:
                return member.ask(work, item)
            finally:
                idle.put(member)

        with ThreadPoolExecutor(len(self._members)) as threads:
            waiting: deque[Future[tuple[_T, ...]]] = deque(threads.submit(ask, item) for item in items)
            try:
                for item in items:
                    found = waiting.popleft().result()
                    yield found[0] if found else work(item)
            except BaseException:
                if waiting:
                    self.end()  # what is in hand is not waited for
                raise
            finally:
                for one in waiting:
                    one.cancel()

    def end(self) -> None:
        """End the processes; they are started again where more work is shared out."""
        members, self._members = self._members, []
        for member in members:
            member.end()


class _Member:
    """One process, and the line to it. It ends when the line is cut: also when this process is killed."""

    def __init__(self) -> None:
        self._lock, self._ended = Lock(), False
        self._start()

    def _start(self) -> None:
        self._line, other = Pipe()
        told = f"from bench.core.computing.crew import serve; serve({other.fileno()})"
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", told],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[other.fileno()],
            start_new_session=True,  # Ctrl-C is for this process, which ends it
        )
        other.close()

    def ask(self, work: Callable[[Any], _T], item: Any) -> tuple[_T, ...]:
        """What came of the work; nothing where it is to be done here."""
        try:
            self._line.send((work, item))
            found: tuple[_T, ...] = self._line.recv()
            return found
        except (OSError, EOFError):  # the process is gone
            with self._lock:
                if not self._ended:
                    self._stop()
                    self._start()
            return _LOST

    def end(self) -> None:
        with self._lock:
            self._ended = True
            self._stop()

    def _stop(self) -> None:
        self._process.kill()
        self._process.wait()


def serve(handle: int) -> None:
    """Answer on a line until it is cut.

    Args:
        handle: file descriptor of a connection that this process was started with.
    """
    line: Connection[Any, Any] = Connection(handle)
    with collected_seldom(), suppress(EOFError, OSError):  # nobody is there any more
        while True:
            work, item = line.recv()
            try:
                found: tuple[Any, ...] = (work(item),)
            except Exception:  # who asked meets it again, where it belongs
                found = _LOST
            line.send(found)
