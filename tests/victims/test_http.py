"""A deployed service as a victim: a real server on the loopback, which is slow, fails, talks nonsense, or is killed."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import io
import json
import os
import signal
import socket
import subprocess
import threading
import time
import wave
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import Batch, BenchError, ComponentError, UsageError, Utterance
from bench.contracts.registry import Registry
from bench.testing import check_victim, sample_context, sample_utterances
from victims.http import FittedHttp, Http

BRIEF = None
"""The checks that all victims pass are run here, on a model of the user's."""

KEY = "s3cret-key-of-the-user"
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


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Iterator[Deployed]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Deployed()
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


@pytest.mark.parametrize(
    "parameters",
    [
        {"label_path": "result.label"},
        {"scores_path": "all.0", "send": "raw"},
        {"scores_path": "all.0", "send": "json", "field": "input.audio", "extra": ("lang:de",)},
        {"label_path": "result.label", "extra": ("model:ser-2",), "parallel": 4},
    ],
    ids=["form", "raw", "json", "parallel"],
)
def test_it_conforms(server: Deployed, parameters: dict[str, Any]) -> None:
    check_victim(Http(server.url, **QUICK, **parameters))
    assert max(Counter(server.digests()).values()) == 1, "a sound was asked about twice"


def test_labels_alone_become_log_probabilities(server: Deployed) -> None:
    row = fitted(server).log_probs(Batch.of(sample_utterances(1, 1)[:1]))[0].exp()
    assert sorted(row.tolist()) == pytest.approx([1e-3 / 3] * 3 + [1 - 1e-3], rel=1e-4)


@pytest.mark.parametrize("parallel", [1, 4])
def test_one_sound_is_asked_about_once(server: Deployed, parallel: int) -> None:
    test = sample_utterances(1, 2)
    victim = fitted(server, parallel=parallel)
    first = ask(victim, [*test, *test])
    assert len(server.seen) == len(test)
    assert victim.service.journal.requests() == len(test)
    assert ask(fitted(server), test) == first[: len(test)]
    assert len(server.seen) == len(test), "another victim of the same service asked again"
    ask(fitted(server, version="2"), test[:1])
    assert len(server.seen) == len(test) + 1, "another version of the service is another service"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_failures_that_pass_are_tried_again(server: Deployed, status: int) -> None:
    server.script = [says(status, b"busy"), says(status), sleeps(0)]
    assert ask(fitted(server), sample_utterances(1, 1)[:1])
    assert len(server.seen) == 4


def test_retry_after_holds_everybody_up(server: Deployed) -> None:
    server.script = [says(429, b"", Retry_After="1")]
    ask(fitted(server, parallel=2), sample_utterances(1, 1)[:2])
    times = sorted(moment for _, moment, _ in server.seen)
    assert len(times) == 3
    assert times[-1] - times[0] >= 0.95


def test_a_pause_too_long_to_wait_for_is_said(server: Deployed) -> None:
    server.script = [says(503, b"", Retry_After="86400")]
    with pytest.raises(ComponentError, match=r"503.*asked again in 86400 s"):
        ask(fitted(server), sample_utterances(1, 1)[:1])


def test_the_rate_is_kept(server: Deployed) -> None:
    ask(fitted(server, rate_limit_per_s=10.0, parallel=4), sample_utterances(1, 1))
    times = sorted(moment for _, moment, _ in server.seen)
    assert times[-1] - times[0] >= 0.27, "four requests, 0.1 s apart"


def test_a_slow_answer_is_given_up_and_asked_for_again(server: Deployed) -> None:
    server.script = [sleeps(0.6)]
    assert ask(fitted(server, timeout_s=0.3), sample_utterances(1, 1)[:1])
    assert len(server.seen) == 2


def test_nonsense_is_named(server: Deployed) -> None:
    server.script = [says(200, b"<html>Sorry</html>")] * 3
    with pytest.raises(ComponentError, match=r"3 tries.*200 with what is no JSON: '<html>Sorry</html>'"):
        ask(fitted(server, retries=2), sample_utterances(1, 1)[:1])


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"label_path": "result.emotion"}, r"no 'emotion' of the path 'result.emotion', but an object with 'label'"),
        ({"label_path": "all.7.label"}, r"no '7' .* but a list of 1"),
        ({"label_path": "result"}, r"an object with 'label' at 'result'"),
        ({"scores_path": "result"}, r"expected scores"),
        ({"scores_path": "nowhere"}, r"no 'nowhere' .* but an object with 'result', 'all', 'fields'"),
    ],
)
def test_a_path_that_leads_nowhere_costs_one_request(server: Deployed, parameters: dict[str, str], found: str) -> None:
    with pytest.raises(ComponentError, match=found):
        ask(fitted(server, **parameters), sample_utterances(1, 1)[:1])
    assert len(server.seen) == 1
    ask(fitted(server), sample_utterances(1, 1)[:1])
    assert len(server.seen) == 1, "what was answered is read by the path as corrected"


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ({"ang": 2.0, "hap": -1.0}, "lowest -1"),
        ({"ang": 0.0, "hap": 0.0}, "sum to 0"),
        ({"ang": "high"}, "expected scores"),
        ({"ang": True}, "expected scores"),
        ({"ang": float("nan")}, "expected scores"),
        ({}, "an object with nothing"),
        ({"disgust": 1.0}, "the answer 'disgust'"),
    ],
)
def test_scores_that_are_none_are_named(server: Deployed, scores: Any, found: str) -> None:
    server.script = [says(200, {"scores": scores})]
    with pytest.raises(ComponentError, match=found):
        ask(fitted(server, scores_path="scores"), sample_utterances(1, 1)[:1])


def test_the_least_likely_may_be_left_out(server: Deployed) -> None:
    server.script = [says(200, {"scores": {"hap": 0.6, "neu": 0.3}})]
    row = fitted(server, scores_path="scores").log_probs(Batch.of(sample_utterances(1, 1)[:1]))[0].exp()
    assert row.tolist() == pytest.approx([0, 2 / 3, 0, 1 / 3], abs=1e-6)


def test_a_label_outside_the_task_is_named_and_can_be_read_otherwise(server: Deployed) -> None:
    server.label = "Disgusted"
    one = sample_utterances(1, 1)[:1]
    with pytest.raises(ComponentError, match=r"the answer 'Disgusted'.*anger, happiness, sadness, neutral"):
        ask(fitted(server), one)
    assert ask(fitted(server, labels=("disgusted:anger",)), one) == ["anger"]
    assert ask(fitted(server, labels=("*:sadness",)), one) == ["sadness"]
    assert len(server.seen) == 1


def test_labels_are_checked_before_anything_is_attacked(server: Deployed) -> None:
    context, train = sample_context(), sample_utterances(1, 1)
    with pytest.raises(UsageError, match=r"the labels ang, hap, neu, of which none is sadness"):
        Http(server.url, labels=("ang", "hap", "neu")).fit(train, train, context)
    assert not server.seen
    server.script = [says(200, {"scores": {"cat": 0.5, "dog": 0.5}})]
    with pytest.raises(UsageError, match=r"the labels cat, dog, of which none is anger, none is happiness"):
        Http(server.url, scores_path="scores").fit(train, train, context)


def test_the_ceiling_holds_and_can_be_raised(server: Deployed) -> None:
    test = sample_utterances(1, 2)
    server.script = [says(503)]
    with pytest.raises(UsageError, match=r"3 requests sent so far; expected at most 3; raise max_requests"):
        ask(fitted(server, max_requests=3, parallel=2), test)
    assert len(server.seen) == 3, "the failed one counts"
    with pytest.raises(UsageError, match="3 requests sent so far"):
        ask(fitted(server, max_requests=3), test)
    assert len(server.seen) == 3
    assert len(ask(fitted(server, max_requests=20), test)) == len(test)
    assert len(server.seen) == len(test) + 1, "what had been answered was asked again"


@pytest.mark.parametrize(
    ("turn", "error", "found"),
    [
        (says(401), UsageError, "401.*key_env"),
        (says(404, b"no such model"), UsageError, "404.*no such model"),
        (says(302, b"", Location=f"http://127.0.0.1:1/{KEY}"), UsageError, r"302.*127.0.0.1:1/\*\*\*"),
        (says(200, KEY.encode() + b" is bad"), ComponentError, r"no JSON: '\*\*\* is bad'"),
        (says(200, {"said": [KEY]}), ComponentError, "no 'result'"),
        (says(400, KEY.encode()), UsageError, r"400.*'\*\*\*'"),
    ],
)
def test_a_key_is_sent_and_stands_nowhere_else(
    server: Deployed,
    monkeypatch: pytest.MonkeyPatch,
    own_cache: Path,
    tmp_path: Path,
    turn: Any,
    error: Any,
    found: str,
) -> None:
    import traceback

    monkeypatch.setenv("MY_KEY", f" {KEY}\n")
    server.script = [turn]
    victim = fitted(server, key_env="MY_KEY", retries=0)
    with pytest.raises(error, match=found) as caught:
        ask(victim, sample_utterances(1, 1)[:1])
    assert [headers["Authorization"] for _, _, headers in server.seen] == [f"Bearer {KEY}"]
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert KEY not in repr(victim)
    victim.save(tmp_path)
    for folder in (own_cache, tmp_path):
        files = [file for file in folder.rglob("*") if file.is_file()]
        assert files
        assert not [file for file in files if KEY.encode() in file.read_bytes()]


def test_another_header_may_carry_the_key(server: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    ask(fitted(server, key_env="MY_KEY", key_header="X-Api-Key", key_scheme=""), sample_utterances(1, 1)[:1])
    assert server.seen[0][2]["X-Api-Key"] == KEY


@pytest.mark.parametrize("value", [None, "", "short", "with\nbreak-in-it"])
def test_a_key_that_is_none_is_refused_unprinted(
    server: Deployed, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("MY_KEY", value)
    with pytest.raises(UsageError, match="environment variable MY_KEY") as caught:
        fitted(server, key_env="MY_KEY")
    assert not value or value not in str(caught.value)


def test_a_service_that_is_down_is_named(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    recipe = Http(url, retries=1, pause_s=0.01)
    train = sample_utterances(1, 1)
    with pytest.raises(ComponentError, match=r"no answer in 2 tries; the last: connection refused.*run again"):
        recipe.fit(train, train, sample_context())


def test_a_damaged_journal_is_named(server: Deployed, own_cache: Path) -> None:
    victim = fitted(server)
    victim.service.journal.keep("a", 1)
    victim.service.journal.file.write_bytes(b"no database" * 1000)
    with pytest.raises(BenchError, match=r"sqlite3.*expected a journal.*move the file away"):
        ask(victim, sample_utterances(1, 1)[:1])


def test_the_command_line_reads_an_address(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_text(PLUGIN)
    registry = Registry.discover((plugin,))
    made = registry.build("victims", "deployed:http://127.0.0.1:8000/predict,label_path=result.label")
    assert (made.url, made.label_path) == ("http://127.0.0.1:8000/predict", "result.label")


PLUGIN = "from victims.http import Http\n\nCOMPONENTS = {'victims': {'deployed': Http}}\n"


def records(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (out / "cells").glob("*.parquet")}


@pytest.mark.slow
def test_a_killed_run_resumes_and_loses_nothing(
    server: Deployed, tmp_path: Path, bench_command: list[str], bench_before: Callable, tiny_job: Callable
) -> None:
    plugin, settings = tmp_path / "plugin.py", tmp_path / "service.json"
    plugin.write_text(PLUGIN)
    content = {"url": server.url, "label_path": "result.label", "parallel": 2}
    settings.write_text(json.dumps(content))
    job = {"victim": f"deployed:settings={settings}", "plugin": plugin, "k": "1,3", "limit": 4}

    def cache(name: str) -> dict[str, str]:
        return {"SERBENCH_CACHE": str(tmp_path / name)}

    whole = bench_before(*tiny_job(out=tmp_path / "whole", **job), **cache("one"))
    assert whole.code == 0, whole.err
    asked = server.digests()
    assert max(Counter(asked).values()) == 1

    server.seen.clear()
    server.script = [lambda handler: True] * 7 + [sleeps(60), sleeps(60)]
    words = [*bench_command, *tiny_job(out=tmp_path / "killed", **job)]
    with subprocess.Popen(words, env=os.environ | cache("two"), stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 120
        while server.script and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    unanswered = server.digests()[7:]
    assert len(unanswered) == 2, "it was killed while two requests were under way"
    assert not records(tmp_path / "killed")

    sent = len(server.seen)
    settings.write_text(json.dumps(content | {"max_requests": sent + 2}))
    short = bench_before(*tiny_job(out=tmp_path / "killed", **job), **cache("two"))
    assert short.code == 2
    assert "max_requests" in short.err
    settings.write_text(json.dumps(content | {"max_requests": 1000}))
    again = bench_before(*tiny_job(out=tmp_path / "killed", **job), **cache("two"))
    assert again.code == 0, again.err
    assert records(tmp_path / "killed") == records(tmp_path / "whole")
    assert Counter(server.digests()) == Counter(asked) + Counter(unanswered)
