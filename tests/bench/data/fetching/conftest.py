"""A real server that misbehaves by script, and a source that it has."""

from __future__ import annotations

import hashlib
import io
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bench.data.fetching.sources import Archive, Source


@dataclass
class Site:
    """What the server has, how it answers the next requests, and what it was asked for and sent.

    A step may have: status, headers (more of them), location, cut (bytes after which the line drops), stall, rude
    (sends a range whatever If-Range says), whole (knows no ranges), chunked, plain (neither ETag nor length).
    """

    files: dict[str, bytes]
    etag: str | None = '"one"'
    steps: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, str | None]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    url: str = ""

    def all_sent(self, expected: list[int]) -> bool:
        """Whether these are the bytes sent for each request; a thread counts the last ones after they have come."""
        end = time.monotonic() + 10
        while self.sent != expected and time.monotonic() < end:
            time.sleep(0.01)
        return self.sent == expected


class Handler(BaseHTTPRequestHandler):
    """Answers by the script of its server's site."""

    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *arguments: object) -> None:
        return

    def do_GET(self) -> None:
        site: Site = self.server.site
        step = site.steps.pop(0) if site.steps else {}
        site.asked.append({"path": self.path, "range": self.headers["Range"], "if_range": self.headers["If-Range"]})
        site.sent.append(0)
        content = site.files.get(self.path.lstrip("/"))
        status, start = step.get("status", 200 if content is not None else 404), 0
        same = step.get("rude") or self.headers["If-Range"] in (None, site.etag)
        if content is not None and status == 200 and self.headers["Range"] and same and not step.get("whole"):
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            status = 206 if start < len(content) else 416
        body = content[start:] if content is not None and status in (200, 206) else b""
        self.send_response(status)
        for name, value in step.get("headers", {}).items():
            self.send_header(name, value)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if site.etag and not step.get("plain"):
            self.send_header("ETag", site.etag)
        if step.get("chunked"):
            self.send_header("Transfer-Encoding", "chunked")
        elif not step.get("plain"):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if step.get("stall"):
            time.sleep(1.0)
        self._send(body[: step.get("cut", len(body))], step)
        self.close_connection = True

    def _send(self, body: bytes, step: dict[str, Any]) -> None:
        for begin in range(0, len(body), 100_000):
            piece = body[begin : begin + 100_000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if step.get("chunked") else piece)
            self.server.site.sent[-1] += len(piece)
        if step.get("chunked") and "cut" not in step:
            self.wfile.write(b"0\r\n\r\n")


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server without files."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.site = Site({}, url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def zipped() -> Callable[[dict[str, bytes]], bytes]:
    """A zip archive of files by their names."""

    def pack(names: dict[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in names.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    return pack


@pytest.fixture(scope="session")
def good(zipped: Callable[[dict[str, bytes]], bytes]) -> bytes:
    """An archive as it should be, with what systems leave in one."""
    strays = {"__MACOSX/x": b"", "set/.DS_Store": b""}
    return zipped({"set/": b"", "set/wav/a.wav": b"a" * 50_000, "set/b.txt": b"b", **strays})


@pytest.fixture
def source_of(site: Site, good: bytes) -> Callable[..., Source]:
    """Put a source of one archive on the site; its checksum is right."""

    def put(archive: bytes = good, checksum: str = "md5", **options: Any) -> Source:
        site.files["set.zip"] = archive
        known = f"{checksum}:{hashlib.new(checksum, archive).hexdigest()}" if checksum else ""
        one = Archive("set.zip", f"{site.url}/set.zip", len(archive), True, known)
        facts = {"archives": (one,), "unpacked": 100_000, "root": "set", "checksums": "Zenodo"} | options
        return Source("set", "corpora", "A set", "https://example.org", "CC0", "Nobody 2020", reads="emodb", **facts)

    return put
