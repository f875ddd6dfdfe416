"""A process in a sandbox, from this side: started, asked, and ended. Nothing that it says is believed unchecked."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import IO, Any, TypeAlias

import torch

from bench.core.errors import BenchError, ComponentError, DataError, UsageError
from bench.core.showing.progress import SILENT, Progress
from bench.isolation.channel import Allowed, Array, Channel, ChannelClosedError, ChannelError, Message
from bench.isolation.limits import Limits
from bench.isolation.sandbox import REMEDY, Visible, command
from bench.isolation.seccomp import program

Look: TypeAlias = Callable[[Message], Message]
_CONNECTIONS = 16
_ERRORS: dict[str, type[BenchError]] = {one.__name__: one for one in (UsageError, DataError, ComponentError)}
_LONGEST = 2000
_LAST_S = 5.0
_REMEDY = "correct it; without isolated: it runs in the referee's own process"


class IsolatedProcess:
    """One process in a sandbox, with several connections to it.

    Args:
        where: whose it is, for messages: "victim 'isolated:mine'".
        shown: what of the user's it sees.
        limits: what it may take.
        gpu: whether it computes on a GPU.
        progress: shown what it tells of its work.

    Attributes:
        connections: how many may ask at once.

    Raises:
        UsageError: bubblewrap cannot start.
        ComponentError: the process did not come up.
    """

    def __init__(
        self, where: str, shown: Visible, limits: Limits, gpu: bool = False, progress: Progress = SILENT
    ) -> None:
        self.where, self.limits = where, limits
        self.progress = progress
        self.connections = 1 if gpu else max(1, min(torch.get_num_threads(), _CONNECTIONS))
        self._said: deque[bytes] = deque(maxlen=8)
        self._broken = ""
        started = _spawner().submit(_start, shown, limits, self.connections, gpu, self._said)
        self._popen, self._channels, self._reader = started.result()
        self._first = self._channels[0]
        self._free: queue.LifoQueue[Channel] = queue.LifoQueue()
        for channel in self._channels[::-1]:
            self._free.put(channel)
        weakref.finalize(self, _end, self._popen, self._channels)
        self._wait_for_it()

    @property
    def pid(self) -> int:
        """Return the number of the sandbox's program among this machine's processes."""
        return self._popen.pid

    def ask(
        self,
        head: dict[str, Any],
        arrays: Sequence[Array] = (),
        allowed: Allowed | None = None,
        seconds: float | None = None,
        look: Look | None = None,
    ) -> Message:
        """Ask something, and wait for the answer; several threads may at once, each on a connection of its own.

        Args:
            head: what is asked.
            arrays: what goes with it.
            allowed: how much the answer may bring; by default no arrays.
            seconds: how long it may take; by default `Limits.answer_s`.
            look: answers what it asks back before it answers; nothing may be asked where None.

        Raises:
            ComponentError: the process died, sent what is no answer, or was too slow; it is ended then.
            BenchError: what it says of an error of its own.
        """
        channel = self._free.get()
        try:
            return self._asked(channel, Message(head, tuple(arrays)), allowed or Allowed(), seconds, look)
        finally:
            self._free.put(channel)

    @property
    def ended(self) -> bool:
        """Tell whether it has been ended, or closed with whoever had it."""
        return bool(self._broken) or self._first.closed

    def close(self) -> None:
        """End the process and everything in its sandbox; its pipes are closed once nobody can be reading them."""
        self._popen.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # else it stays among this machine's processes, ended
            self._popen.wait(_LAST_S)

    def broken(self, found: str, expected: str) -> ComponentError:
        """End the process, and make the error to raise where it broke its contract.

        Args:
            found: what it did.
            expected: what it should have done.
        """
        self._broken = self._broken or found
        self.close()
        return ComponentError(self.where, found, expected, _REMEDY)

    def _asked(
        self, channel: Channel, message: Message, allowed: Allowed, seconds: float | None, look: Look | None
    ) -> Message:
        if self._broken:
            raise ComponentError(self.where, f"a process that has been ended ({self._broken})", "one", _REMEDY)
        seconds = self.limits.answer_s if seconds is None else seconds
        try:
            channel.send(message, seconds)
            return self._answer(channel, allowed, seconds, look)
        except ChannelClosedError as error:
            raise self.broken(f"its process died{self._last_words()}", "an answer") from error
        except ChannelError as error:
            raise self.broken(
                f"{error} ({seconds:g} s)" if "time" in str(error) else str(error), "an answer"
            ) from error

    def _answer(self, channel: Channel, allowed: Allowed, seconds: float, look: Look | None) -> Message:
        """The answer, after what is told of the work meanwhile."""
        until = time.monotonic() + seconds
        with contextlib.ExitStack() as bars:
            advance: Callable[[int], None] | None = None
            for _ in range(self.limits.lines):
                answer = channel.receive(allowed, until - time.monotonic())
                if "error" in answer.head:
                    raise self._error(answer.head["error"])
                if "say" in answer.head:
                    self.progress.say(plain(answer.head["say"]))
                elif "task" in answer.head:
                    total = answer.head.get("total")
                    bar = self.progress.task(plain(answer.head["task"]), total if type(total) is int else None)
                    advance = bars.enter_context(bar)
                elif "steps" in answer.head:
                    if advance and type(answer.head["steps"]) is int:
                        advance(answer.head["steps"])
                elif "look" in answer.head and look is not None:
                    channel.send(look(answer), until - time.monotonic())
                elif "done" in answer.head:
                    bars.pop_all().close()
                else:
                    return answer
        raise self.broken(f"more than {self.limits.lines} lines of progress", "an answer")

    def _error(self, told: Any) -> Exception:
        """What it says of an error of its own, as an exception."""
        texts = [plain(text) for text in told] if isinstance(told, list) else []
        if texts == ["memory"]:
            return torch.OutOfMemoryError(f"{self.where}: out of memory")
        if len(texts) != 5 or texts[0] not in _ERRORS:
            return self.broken("an error that is none", "an answer")
        kind, where, *rest = texts
        return _ERRORS[kind](f"{self.where}: {where}", *rest)

    def _wait_for_it(self) -> None:
        try:
            self._first.receive(Allowed(), self.limits.start_s)
        except ChannelError as error:
            words = self._last_words()
            if "bwrap: " in words:
                raise UsageError("isolated:", f"bubblewrap could not start{words}", "a sandbox", REMEDY) from error
            raise self.broken(f"a process that did not come up{words}", "one that is ready") from error

    def _last_words(self) -> str:
        """The end of what it wrote where nobody reads, in brackets; it has died, or is waited for a little."""
        self._reader.join(_LAST_S)
        text = plain(b"".join(self._said).decode("utf-8", "replace").strip()[-300:])
        return f" ({text})" if text else ""


def plain(text: Any) -> str:
    """Make a text of somebody else's one line without anything that a terminal would obey.

    >>> plain("a\\x1b[31mb\\nc")
    'a [31mb c'
    """
    shown = str(text)[:_LONGEST] if isinstance(text, str) else "?"
    return "".join(letter if letter.isprintable() else " " for letter in shown)


@cache
def _spawner() -> ThreadPoolExecutor:
    """A thread that lives as long as this process: a sandbox dies with the thread that started it."""
    return ThreadPoolExecutor(1, thread_name_prefix="serbench-isolation")


def _start(
    shown: Visible, limits: Limits, connections: int, gpu: bool, said: deque[bytes]
) -> tuple[subprocess.Popen[bytes], list[Channel], threading.Thread]:
    """Start a sandbox with its connections; what it writes where nobody reads is kept, the end of it."""
    with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
        to_it, from_it = ([os.pipe() for _ in range(connections)] for _ in range(2))
        filtered, filtering = os.pipe()
        ends = [(reading[0], writing[1]) for reading, writing in zip(to_it, from_it, strict=True)]
        passed = (filtered, *(end for pair in ends for end in pair))
        for end in passed:
            theirs.callback(os.close, end)
        channels = [Channel(from_[0], to[1], waiting=False) for to, from_ in zip(to_it, from_it, strict=True)]
        for channel in channels:
            ours.callback(channel.close)
        with open(filtering, "wb") as file:  # noqa: PTH123
            file.write(program())
        told = {
            "channels": ends,
            "memory": None if gpu else limits.memory,
            "file": limits.scratch,
            "plugins": list(map(str, shown.plugins)),
        }
        popen = subprocess.Popen(
            command(shown, limits.scratch, filtered, json.dumps(told), gpu),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=passed,
            cwd="/",
            env={},
        )
        assert popen.stdout is not None
        reader = threading.Thread(target=_keep, args=(popen.stdout, said), daemon=True)
        reader.start()
        ours.pop_all()
        return popen, channels, reader


def _keep(stream: IO[bytes], said: deque[bytes]) -> None:
    with contextlib.suppress(OSError, ValueError), stream:
        while some := os.read(stream.fileno(), 4096):
            said.append(some[-1024:])


def _end(popen: subprocess.Popen[bytes], channels: Sequence[Channel]) -> None:
    popen.kill()
    for channel in channels:
        channel.close()
    popen.wait()
