"""Servers that never come to an end, and answers that are none."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bench.core.errors import DataError
from bench.core.showing.progress import SILENT
from bench.data.fetching.download import Downloader

HEAD = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def answering(say: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads one request a connection and then says what it is told to; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        connection.recv(65_536)
                        say(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/file"
        server.shutdown(socket.SHUT_RDWR)


def get(url: str, target: Path, **options: object) -> None:
    Downloader(timeout_s=0.3, tries=2, pause_s=0.01).fetch(url, target, SILENT, **({"size": 1_000} | options))


def drip(before: bytes, each: bytes) -> Callable[[socket.socket], None]:
    def say(connection: socket.socket) -> None:
        connection.sendall(before)
        for _ in range(1_200):
            connection.sendall(each)
            time.sleep(0.05)

    return say


@pytest.mark.parametrize(
    ("before", "each", "found"),
    [
        (b"HTTP/1.1 2", b"0", "no whole answer in time"),
        (HEAD + b"X: ", b"y", "no whole answer in time"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", "no whole answer in time"),
        (HEAD + b"Content-Length: 1000\r\n\r\n", b"z", "only .* bytes in 0 s"),
        (HEAD + b"\r\n", b"z", "only .* bytes in 0 s"),
    ],
    ids=["status", "header", "continue", "body", "body without length"],
)
def test_a_drip_is_no_sign_of_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes, each: bytes, found: str
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    started = time.monotonic()
    with answering(drip(before, each)) as url, pytest.raises(DataError, match=found):
        get(url, tmp_path / "file")
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("exact", [True, False])
def test_a_stream_without_end_or_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exact: bool) -> None:
    """As much as the file can have is taken, and not a disk full of it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def say(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"\r\n")
        while True:
            connection.sendall(bytes(65_536))

    with answering(say) as url, pytest.raises(DataError, match=r"more than the [0-9,]+ bytes that it can have"):
        get(url, tmp_path / "file", exact=exact)
    assert sum(one.stat().st_size for one in tmp_path.iterdir()) < 3_000_000
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:999999/\r\n\r\n",
        HEAD + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\nabc",
        b"HTTP/1.1 503 No\r\nRetry-After: " + b"9" * 5_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n",
        HEAD + b"X: y\r\n" * 500 + b"\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"",
    ],
    ids=["address", "port", "length", "patience", "long line", "headers", "another protocol", "nothing"],
)
def test_answers_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("bench.data.fetching.web._LONGEST_PAUSE_S", 0.01)
    with answering(lambda connection: connection.sendall(head)) as url, pytest.raises(DataError, match=r"127\.0\.0\.1"):
        get(url, tmp_path / "file", exact=True)
    assert not (tmp_path / "file").exists()
