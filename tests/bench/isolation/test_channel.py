"""Messages through a pipe: what goes in comes out, and what is none is refused before anything is made of it."""

from __future__ import annotations

import json
import os
import struct
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.isolation.channel import ANYTHING, Allowed, Channel, ChannelClosedError, ChannelError, Message

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@pytest.fixture
def ends() -> Any:
    """Two channels that speak to each other."""
    here, there = os.pipe(), os.pipe()
    first, second = Channel(here[0], there[1], waiting=False), Channel(there[0], here[1], waiting=False)
    yield first, second
    first.close()
    second.close()


def sent(message: Message, allowed: Allowed = ANYTHING) -> Message:
    """What arrives of a message."""
    reading, writing = os.pipe()
    sender, receiver = (
        Channel(os.dup(reading), writing, waiting=False),
        Channel(reading, os.dup(writing), waiting=False),
    )
    try:
        thread = threading.Thread(target=sender.send, args=(message, 10))
        thread.start()
        found = receiver.receive(allowed, 10)
        thread.join()
        return found
    finally:
        sender.close()
        receiver.close()


@settings(deadline=None)
@given(st.dictionaries(st.text(), PLAIN, max_size=4))
def test_a_head_comes_out_as_it_went_in(head: dict[str, Any]) -> None:
    head.pop("arrays", None)
    assert sent(Message(head)).head == head


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["<f4", "<f8", "<i8", "u1"]), st.lists(st.integers(0, 5), max_size=3)), max_size=4
    )
)
def test_arrays_come_out_bit_by_bit(shapes: list[tuple[str, list[int]]]) -> None:
    rng = np.random.default_rng(0)
    arrays = [np.frombuffer(rng.bytes(int(np.prod(s)) * np.dtype(d).itemsize), d).reshape(s) for d, s in shapes]
    found = sent(Message({}, tuple(arrays))).arrays
    assert [a.shape for a in found] == [a.shape for a in arrays]
    assert [a.dtype for a in found] == [a.dtype for a in arrays]
    assert [a.tobytes() for a in found] == [a.tobytes() for a in arrays]


def test_more_than_a_pipe_holds_and_a_view_go_through() -> None:
    large = np.arange(3_000_000, dtype=np.float32).reshape(1500, 2000)
    found = sent(Message({"n": 1}, (large, large[:, ::2]))).arrays
    assert np.array_equal(found[0], large)
    assert np.array_equal(found[1], large[:, ::2])


def frame(head: Any, body: bytes = b"", magic: bytes = b"SBI1", sizes: tuple[int, int] | None = None) -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<4sIQ", magic, *(sizes or (len(text), len(body)))) + text + body


SMALL = Allowed(1000, 1000, 2)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (frame({}, magic=b"\x80\x04K\x01"), "no message"),
        (frame({}, sizes=(1001, 0)), "are allowed"),
        (frame({}, sizes=(2, 1001)), "are allowed"),
        (frame(b"{"), "no JSON"),
        (frame(b"\xff\xfe"), "no JSON"),
        (frame(b'{"a": NaN}'), "no JSON"),
        (frame(b'{"a": Infinity}'), "no JSON"),
        (frame(b"[" * 999), "no JSON"),
        (frame(b'{"a": ' + b"1" * 900), "no JSON"),
        (frame(b"[]"), "a head that is a list"),
        (frame({"arrays": 3}), "arrays"),
        (frame({"arrays": [["f4", [1]]] * 3}, b"0" * 12), "more than 2 arrays"),
        (frame({"arrays": [["O", [1]]]}, b"0" * 8), "no type"),
        (frame({"arrays": [[["f4"], [1]]]}, b"0" * 4), "no type"),
        (frame({"arrays": [["f4", [1.0]]]}, b"0" * 4), "no shape"),
        (frame({"arrays": [["f4", [True]]]}, b"0" * 4), "no shape"),
        (frame({"arrays": [["f4", [-1, -1]]]}, b"0" * 4), "no shape"),
        (frame({"arrays": [["f4", [1, 1, 1, 1, 1]]]}, b"0" * 4), "no shape"),
        (frame({"arrays": [["f4", [1 << 40, 0]], ["u1", [4]]]}, b"0" * 5), "do not fill"),
        (frame({"arrays": [["f8", [1 << 47]]]}, b"0" * 8), "do not fill"),
    ],
)
def test_what_is_no_message_is_refused(ends: Any, data: bytes, found: str) -> None:
    ours, theirs = ends
    os.write(theirs._writing, data)
    with pytest.raises(ChannelError, match=found):
        ours.receive(SMALL, 5)


@pytest.mark.parametrize("data", [b"", frame({"a": 1})[:10], frame({"arrays": [["u1", [8]]]}, b"0" * 8)[:-1]])
def test_half_a_message_is_waited_for_and_no_longer(ends: Any, data: bytes) -> None:
    ours, theirs = ends
    os.write(theirs._writing, data)
    with pytest.raises(ChannelError, match="in time"):
        ours.receive(SMALL, 0.05)


def test_nobody_reads_and_nobody_is_there(ends: Any) -> None:
    ours, theirs = ends
    with pytest.raises(ChannelError, match="in time"):
        ours.send(Message({}, (np.zeros(10_000_000, np.uint8),)), 0.05)
    theirs.close()
    attempts: list[Callable[[], object]] = [lambda: ours.receive(SMALL, 5), lambda: ours.send(Message({}), 5)]
    for attempt in attempts:
        with pytest.raises(ChannelClosedError):
            attempt()
