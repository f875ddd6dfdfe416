"""Progress told through a pipe, before the answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.isolation.channel import Channel, Message

_EVERY_S = 0.1


@dataclass(frozen=True)
class Telling:
    """Progress for somebody at the other end of a pipe; steps are told ten times a second at most.

    Args:
        channel: on which the work was asked for.
    """

    channel: Channel

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Announce a task."""
        self.channel.send(Message({"task": description, "total": total}))
        waiting, told = 0, time.monotonic()

        def advance(steps: int) -> None:
            nonlocal waiting, told
            waiting += steps
            if time.monotonic() - told > _EVERY_S:
                self.channel.send(Message({"steps": waiting}))
                waiting, told = 0, time.monotonic()

        yield advance
        self.channel.send(Message({"steps": waiting}))
        self.channel.send(Message({"done": True}))

    def say(self, text: str) -> None:
        """Tell one line."""
        self.channel.send(Message({"say": text}))
