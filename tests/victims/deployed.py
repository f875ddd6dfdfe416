"""A real server on the loopback."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import io
import json
import threading
import time
import wave
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from bench import Batch, Utterance
from bench.testing import sample_context
from victims.http import FittedHttp, Http

AServer = TypeVar("AServer", bound=ThreadingHTTPServer)
NAMES = ("ang", "hap", "sad", "neu")
QUICK = {"pause_s": 0.01, "timeout_s": 5.0}


class Deployed(ThreadingHTTPServer):
    """Tells emotions by loudness. What it does out of turn stands in `script`, in the order of the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Callable[[Handler], bool]] = []
        self.seen: list[tuple[str, float, dict[str, str]]] = []
        self.lock = threading.Lock()
        self.label: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/predict"

    def digests(self) -> list[str]:
        return [digest for digest, _, _ in self.seen]


class Handler(BaseHTTPRequestHandler):
    server: Deployed

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        wav, fields = unpacked(self.headers["Content-Type"], body)
        with self.server.lock:
            self.server.seen.append((hashlib.sha256(wav).hexdigest(), time.monotonic(), dict(self.headers)))
            turn = self.server.script.pop(0) if self.server.script else None
        if turn is None or turn(self):
            self.say(200, answer_about(wav, fields, self.server.label))

    def say(self, status: int, content: Any, **headers: str) -> None:
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words: Any) -> None:
        """Says nothing."""


def unpacked(kind: str, body: bytes) -> tuple[bytes, dict[str, str]]:
    """The WAV file and the other fields of a request, by the standard library's own parsers."""
    if kind == "audio/wav":
        return body, {}
    if kind == "application/json":
        found = json.loads(body)
        return base64.b64decode(found.pop("input")["audio"]), found
    whole = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=email.policy.HTTP)
    parts = {part.get_param("name", header="content-disposition"): part for part in whole.iter_parts()}
    assert parts["file"].get_filename() == "audio.wav"
    wav = parts.pop("file").get_payload(decode=True)
    return wav, {name: part.get_content().strip() for name, part in parts.items()}


def answer_about(wav: bytes, fields: dict[str, str], label: str | None = None) -> dict[str, Any]:
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768
    level = 20 * np.log10(np.sqrt(np.mean(samples**2)) + 1e-6)
    scores = np.exp(-0.5 * (np.array([-28.0, -22.0, -18.0, -15.0]) - level) ** 2)
    shares = scores / scores.sum()
    scored = [{"label": n, "score": round(float(s), 3)} for n, s in zip(NAMES, shares, strict=True)]
    return {"result": {"label": label or NAMES[int(shares.argmax())]}, "all": [scored], "fields": fields}


def says(status: int, content: Any = b"", **headers: str) -> Callable[[Handler], bool]:
    def turn(handler: Handler) -> bool:
        handler.say(status, content, **headers)
        return False

    return turn


def sleeps(seconds: float) -> Callable[[Handler], bool]:
    def turn(handler: Handler) -> bool:
        time.sleep(seconds)
        return False

    return turn


def made_server(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Iterator[Deployed]:
    yield from serving(Deployed(), monkeypatch)


def serving(made: AServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[AServer]:
    """Let a server on the loopback serve until its test is over; no proxy stands before it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def fitted(server: Deployed, **parameters: Any) -> FittedHttp:
    """Without `fit`'s probe."""
    settings = {"label_path": "result.label", **QUICK, **parameters}
    return Http(server.url, **settings).loaded(sample_context())


def ask(victim: FittedHttp, utterances: list[Utterance]) -> list[str]:
    rows = victim.log_probs(Batch.of(utterances))
    return [victim.labels.task.classes[int(index)] for index in rows.argmax(dim=1)]
