"""Code that calls, as a search that yields: what somebody else's loop asks becomes steps of a generator.

The loop runs in a thread of its own, and the thread and its caller take turns: at no time do both run. While it is the
loop's turn, the global generators that it may draw from are its own, numerical libraries compute on one thread, and no
other loop runs in this process. So what it asks rests on its seed and on what it was told, and on nothing else.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import cache
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from threadpoolctl import ThreadpoolController
from torch import Tensor

Asked = TypeVar("Asked")
Told = TypeVar("Told")

_TURN = threading.Lock()


class Closed(BaseException):
    """Nobody answers any more: raised where a loop asks, and no `Exception`, so that it is not taken for a failure."""


@dataclass(frozen=True)
class _Generators:
    """The states of the global generators: Python's, NumPy's and torch's on the CPU."""

    python: object
    numpy: Any
    torch: Tensor

    @classmethod
    def now(cls) -> _Generators:
        return cls(random.getstate(), np.random.get_state(), torch.get_rng_state())

    def restore(self) -> None:
        random.setstate(self.python)  # type: ignore[arg-type]
        np.random.set_state(self.numpy)
        torch.set_rng_state(self.torch)


@cache
def _pools() -> ThreadpoolController:
    return ThreadpoolController()


@dataclass
class _Loop(Generic[Asked, Told]):
    """A loop in its thread.

    Args:
        body: the loop; it is given how to ask.
        own: the states of its generators.
    """

    body: Callable[[Callable[[Asked], Told]], None]
    own: _Generators
    asked: SimpleQueue[tuple[Asked] | None] = field(default_factory=SimpleQueue)
    told: SimpleQueue[tuple[Told] | None] = field(default_factory=SimpleQueue)
    failed: BaseException | None = None
    closed: bool = False
    thread: threading.Thread | None = None

    def turn(self, told: tuple[Told] | None) -> tuple[Asked] | None:
        """Let the loop run until it asks again.

        Args:
            told: what it is told; None begins it.

        Returns:
            What it asks, in a tuple; None where it has ended.
        """
        with _TURN, _pools().limit(limits=1, user_api="blas"):
            ours, threads = _Generators.now(), torch.get_num_threads()
            self.own.restore()
            try:
                if self.thread is None:
                    self.thread = threading.Thread(target=self._run, daemon=True)
                    self.thread.start()
                else:
                    self.told.put(told)
                asked = self.asked.get()
                self.own = _Generators.now()
            finally:
                ours.restore()
                torch.set_num_threads(threads)  # parts of it hold for all threads
        if asked is None:
            self.thread.join()
        return asked

    def end(self) -> None:
        """Raise `Closed` where the loop asks, and wait until it has ended; nothing where it has.

        This takes no turn: a search that was left behind is closed wherever garbage is collected, in the turn of
        another loop, too.
        """
        if self.thread is not None and not self.closed:
            self.told.put(None)
            self.thread.join()

    def _run(self) -> None:
        try:
            torch.set_num_threads(1)
            self.body(self._ask)
        except Closed:
            pass
        except BaseException as error:
            self.failed = error
        finally:
            self.closed = True
            self.asked.put(None)

    def _ask(self, asked: Asked) -> Told:
        if not self.closed:
            self.asked.put((asked,))
            told = self.told.get()
            if told is not None:
                torch.set_num_threads(1)
                return told[0]
        self.closed = True
        raise Closed


def in_turns(body: Callable[[Callable[[Asked], Told]], None], seed: int) -> Generator[Asked, Told, None]:
    """Run a loop that calls as a generator that yields what it asks and is sent what it is told.

    Closed early, it raises `Closed` where the loop asks, and again wherever that asks once more.

    Args:
        body: the loop; it is given the function by which it asks.
        seed: of the global generators that it finds, from 0 to 2³² − 1. Its caller finds them as they were.

    Raises:
        Exception: whatever the loop raised.

    >>> def twice(ask):
    ...     print(ask(1) + ask(2))
    >>> steps = in_turns(twice, seed=0)
    >>> next(steps), steps.send(10)
    (1, 2)
    >>> list(steps)
    Traceback (most recent call last):
    TypeError: unsupported operand type(s) for +: 'int' and 'NoneType'
    """
    loop: _Loop[Asked, Told] = _Loop(body, _seeded(seed))
    asked = loop.turn(None)
    try:
        while asked is not None:
            told = yield asked[0]
            asked = loop.turn((told,))
    finally:
        loop.end()
    if loop.failed is not None:
        raise loop.failed


def _seeded(seed: int) -> _Generators:
    """The states that a seed gives; the global generators are left alone."""
    return _Generators(
        random.Random(seed).getstate(),  # noqa: S311 (nothing is to be kept secret)
        np.random.RandomState(seed).get_state(),
        torch.Generator().manual_seed(seed).get_state(),
    )
