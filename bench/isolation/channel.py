"""Messages through a pipe: a head of JSON and raw little-endian arrays, each with its length before it. No pickle.

Whoever receives says beforehand how much there may be; nothing is allocated before that has been looked at.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import select
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

MiB = 1 << 20
_MAGIC = b"SBI1"
_PREFIX = struct.Struct("<4sIQ")
"""Before a message: what it is, the bytes of its head, the bytes of its arrays."""
_DTYPES: dict[str, np.dtype[Any]] = {
    "f4": np.dtype("<f4"),
    "f8": np.dtype("<f8"),
    "i8": np.dtype("<i8"),
    "u1": np.dtype("u1"),
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_MOST_DIMENSIONS = 4
_ONCE = 8 * MiB
_PIPE = MiB
"""Bytes that a pipe holds, where the kernel allows it: fewer turns between the two processes."""

Array: TypeAlias = NDArray[Any]


class ChannelError(Exception):
    """What came through a pipe is no message, or more than is allowed; or nothing came in time."""


class ChannelClosedError(ChannelError):
    """Nobody is at the other end."""


@dataclass(frozen=True)
class Message:
    """One message.

    Args:
        head: plain JSON values by name.
        arrays: float32, float64, int64 or uint8, in order.
    """

    head: Mapping[str, Any]
    arrays: tuple[Array, ...] = ()


@dataclass(frozen=True)
class Allowed:
    """How much a message may bring.

    Args:
        head_bytes: of its JSON.
        body_bytes: of its arrays together.
        arrays: how many.
    """

    head_bytes: int = MiB
    body_bytes: int = 0
    arrays: int = 0


ANYTHING = Allowed(1 << 31, 1 << 50, 1 << 31)
"""From somebody who is trusted."""


class Channel:
    """Two ends of pipes, one to read from and one to write to; one thread at a time.

    Args:
        reading: file descriptor.
        writing: file descriptor.
        waiting: whether reads and writes may wait for ever; else each call takes seconds.
    """

    def __init__(self, reading: int, writing: int, *, waiting: bool) -> None:
        self._reading, self._writing = reading, writing
        for descriptor in (reading, writing):
            os.set_blocking(descriptor, waiting)
        with contextlib.suppress(OSError):  # an unprivileged user may have no more such pipes
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE)

    def send(self, message: Message, seconds: float = math.inf) -> None:
        """Write a message.

        Args:
            message: its arrays are written from where they lie, if they are contiguous.
            seconds: how long it may take.

        Raises:
            ChannelError: it took longer, or there is nobody at the other end.
        """
        until = time.monotonic() + seconds
        arrays = [np.asarray(array, order="C") for array in message.arrays]
        shapes = [[_NAMES[array.dtype], list(array.shape)] for array in arrays]
        head = json.dumps({**message.head, "arrays": shapes}, ensure_ascii=False).encode("utf-8", "surrogatepass")
        size = sum(array.nbytes for array in arrays)
        self._write(_PREFIX.pack(_MAGIC, len(head), size) + head, until)
        for array in arrays:
            if array.nbytes:
                self._write(array.reshape(-1).data.cast("B"), until)

    def receive(self, allowed: Allowed, seconds: float = math.inf) -> Message:
        """Read a message.

        Args:
            allowed: how much it may bring.
            seconds: how long it may take.

        Raises:
            ChannelError: it is none, brings more, took longer, or there is nobody at the other end.
        """
        until = time.monotonic() + seconds
        prefix = bytearray(_PREFIX.size)
        self._read(memoryview(prefix), until)
        magic, head_bytes, body_bytes = _PREFIX.unpack(prefix)
        if magic != _MAGIC:
            raise ChannelError("bytes that are no message")
        if head_bytes > allowed.head_bytes or body_bytes > allowed.body_bytes:
            most = f"where {allowed.head_bytes} and {allowed.body_bytes} are allowed"
            raise ChannelError(f"a message of {head_bytes} + {body_bytes} bytes {most}")
        text = bytearray(head_bytes)
        self._read(memoryview(text), until)
        head = _parsed(bytes(text))
        arrays = tuple(np.empty(shape, dtype) for dtype, shape in _shapes(head, allowed.arrays, body_bytes))
        for array in arrays:
            if array.nbytes:
                self._read(array.reshape(-1).data.cast("B"), until)
        return Message(head, arrays)

    def close(self) -> None:
        """Close both ends; what is asked of it afterwards is refused, whoever has those numbers then."""
        ends = (self._reading, self._writing)
        self._reading = self._writing = -1
        for descriptor in ends:
            if descriptor >= 0:
                os.close(descriptor)

    @property
    def closed(self) -> bool:
        """Tell whether it has been closed on this side."""
        return self._reading < 0

    def _read(self, into: memoryview, until: float) -> None:
        while into:
            try:
                got = os.readv(self._reading, [into[:_ONCE]])
            except BlockingIOError:
                _wait(self._reading, select.POLLIN, until)
                continue
            except OSError as error:
                raise ChannelClosedError(str(error)) from error
            if not got:
                raise ChannelClosedError("no more messages")
            into = into[got:]

    def _write(self, data: bytes | memoryview, until: float) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._writing, left[:_ONCE]) :]
            except BlockingIOError:
                _wait(self._writing, select.POLLOUT, until)
            except OSError as error:
                raise ChannelClosedError(str(error)) from error


def _wait(descriptor: int, event: int, until: float) -> None:
    """Wait until a pipe has something, or room for something."""
    poll = select.poll()
    poll.register(descriptor, event)
    left = until - time.monotonic()
    if left <= 0 or not poll.poll(min(left, 3600.0) * 1000):
        if until - time.monotonic() > 0:
            return
        raise ChannelError("no answer in time")


def _parsed(text: bytes) -> dict[str, Any]:
    """The head of a message.

    Raises:
        ChannelError: it is no JSON object, or has numbers that are none.
    """
    try:
        head = json.loads(text.decode("utf-8", "surrogatepass"), parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise ChannelError(f"a head that is no JSON ({type(error).__name__})") from error
    if not isinstance(head, dict):
        raise ChannelError(f"a head that is a {type(head).__name__}")
    return head


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _shapes(head: dict[str, Any], most: int, body_bytes: int) -> list[tuple[np.dtype[Any], tuple[int, ...]]]:
    """Types and shapes of a message's arrays, taken out of its head.

    Raises:
        ChannelError: there are too many, or they are none, or do not fill the body.
    """
    told: Sequence[Any] = head.pop("arrays", [])
    if not isinstance(told, list) or len(told) > most:
        raise ChannelError(f"more than {most} arrays, or no list of them")
    found: list[tuple[np.dtype[Any], tuple[int, ...]]] = []
    for one in told:
        if not (isinstance(one, list) and len(one) == 2 and isinstance(one[0], str) and one[0] in _DTYPES):
            raise ChannelError("an array of no type that is known")
        shape = one[1]
        sizes = isinstance(shape, list) and len(shape) <= _MOST_DIMENSIONS
        if not sizes or not all(type(size) is int and 0 <= size < 1 << 48 for size in shape):
            raise ChannelError("an array of no shape")
        found.append((_DTYPES[one[0]], tuple(shape)))
    if sum(math.prod(shape) * dtype.itemsize for dtype, shape in found) != body_bytes:
        raise ChannelError("arrays that do not fill the message")
    return found
