"""Requests that end: a service that sends a byte now and then would keep one waiting for ever."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any
from urllib import request


class Cut:
    """Whether a request's time was up, and the sockets that it goes through."""

    def __init__(self) -> None:
        self.happened = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def watch(self, one: socket.socket) -> None:
        """End this socket too when time is up.

        Args:
            one: a connected socket.
        """
        with self._lock:
            self._sockets.append(one)
        if self.happened:
            self._end()

    def up(self) -> None:
        """End all of them: whoever waits for one is answered by its end."""
        self.happened = True
        self._end()

    def _end(self) -> None:
        with self._lock:
            for one in self._sockets:
                with suppress(OSError):  # closed, or handed to an encrypted one
                    one.shutdown(socket.SHUT_RDWR)


@contextmanager
def within_seconds(seconds: float) -> Iterator[Cut]:
    """End what is sent and read in the body of a `with` when its time is up: status, headers and all.

    Args:
        seconds: for the whole of it.
    """
    cut = Cut()
    timer = threading.Timer(seconds, cut.up)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()


def opener(cut: Cut, *more: request.BaseHandler) -> request.OpenerDirector:
    """Make an opener of HTTP and HTTPS, through the environment's proxies, with no redirects.

    Args:
        cut: ends its connections.
        more: further handlers, such as one that follows redirects.
    """
    made = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.UnknownHandler(),
        _Http(cut),
        _Https(cut),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        *more,
    ):
        made.add_handler(handler)
    return made


class _Http(request.HTTPHandler):
    def __init__(self, cut: Cut) -> None:
        super().__init__()
        self._cut = cut

    def http_open(self, req: request.Request) -> HTTPResponse:
        return self.do_open(self._connection, req)

    def _connection(self, host: str, **options: Any) -> HTTPConnection:
        return _watched(HTTPConnection(host, **options), self._cut)


class _Https(request.HTTPSHandler):
    def __init__(self, cut: Cut) -> None:
        super().__init__()
        self._cut = cut

    def https_open(self, req: request.Request) -> HTTPResponse:
        return self.do_open(self._connection, req)

    def _connection(self, host: str, **options: Any) -> HTTPConnection:
        return _watched(HTTPSConnection(host, **options), self._cut)


def _watched(connection: HTTPConnection, cut: Cut) -> HTTPConnection:
    """Have a connection's socket watched once it is connected."""
    connect = connection.connect

    def watched() -> None:
        connect()
        cut.watch(connection.sock)

    connection.connect = watched  # type: ignore[method-assign]
    return connection
