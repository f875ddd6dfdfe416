"""A deployed service in trouble: slow, failing, talking nonsense, down."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bench import Batch, ComponentError, UsageError
from bench.modelling.remote.service import retry_after_s
from bench.testing import sample_context, sample_utterances
from tests.victims.deployed import Deployed, Handler, ask, fitted, made_server, says, sleeps
from victims.http import Http


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Iterator[Deployed]:
    yield from made_server(monkeypatch, own_cache)


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
        ({"label_path": "all.0.best"}, r"no 'best' .* but a list of 4; .* scores_path=all.0$"),
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
        ({"ang": 10**400}, "expected scores"),
        ({"ang": 60, "hap": 40}, "sum to 100, .* where they are percentages: scores=percent"),
        ({"ang": 6, "hap": 4}, "sum to 10, .* scores=logits"),
        ({"ang": float("nan")}, "expected scores"),
        ({}, "an object with nothing"),
        ({"disgust": 1.0}, "the answer 'disgust'"),
    ],
)
def test_scores_that_are_none_are_named(server: Deployed, scores: Any, found: str) -> None:
    server.script = [says(200, {"scores": scores})]
    with pytest.raises(ComponentError, match=found):
        ask(fitted(server, scores_path="scores"), sample_utterances(1, 1)[:1])


def test_percentages(server: Deployed) -> None:
    server.script = [says(200, {"scores": {"ang": 10, "hap": 60, "neu": 30, "sad": 0}})]
    victim = fitted(server, scores_path="scores", scores="percent")
    row = victim.log_probs(Batch.of(sample_utterances(1, 1)[:1]))[0].exp()
    assert row.tolist() == pytest.approx([0.1, 0.6, 0, 0.3], abs=1e-6)


def test_an_error_in_an_answer_that_says_200_is_tried_again_and_shown(server: Deployed) -> None:
    server.script = [says(200, {"error": "rate limit"})] * 2
    assert ask(fitted(server), sample_utterances(1, 1)[:1])
    assert len(server.seen) == 3
    server.script = [says(200, {"detail": [{"msg": "loading"}]})] * 9
    with pytest.raises(ComponentError, match=r"no answer in 2 tries; the last: 200 with an error in it: .*loading"):
        ask(fitted(server, retries=1), sample_utterances(2, 1)[1:])


@pytest.mark.parametrize("place", ["status", "continue", "header", "body", "error"])
def test_a_drip_ends_when_its_time_is_up(server: Deployed, place: str) -> None:
    """A byte now and then keeps no one waiting, wherever it stands: what counts is the whole request."""
    server.script = [drips(place)] * 2
    started = time.monotonic()
    with pytest.raises(ComponentError, match=r"no answer in 1 tries; the last: no whole answer within 0.4 s"):
        ask(fitted(server, timeout_s=0.4, retries=0), sample_utterances(1, 1)[:1])
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("status", [200, 422, 503])
def test_an_answer_that_breaks_off(server: Deployed, status: int) -> None:
    server.script = [breaks_off(status)]
    if status == 422:
        with pytest.raises(UsageError, match=r"422 .*an answer that broke off"):
            ask(fitted(server), sample_utterances(1, 1)[:1])
    else:
        assert ask(fitted(server), sample_utterances(1, 1)[:1])
        assert len(server.seen) == 2


@pytest.mark.parametrize("text", ["9" * 400, "Wed, 21 Oct 99999999999999999999 07:28:00 GMT", "٣", "-5", "1e9"])
def test_any_retry_after_is_a_number_of_seconds(text: str) -> None:
    assert retry_after_s(text) >= 0


def drips(place: str) -> Callable[[Handler], bool]:
    """Send one part of an answer a byte at a time, for two minutes or until nobody listens."""
    head = b"HTTP/1.1 200 OK\r\n"
    before = {"status": b"HTTP/1.1 2", "continue": b"", "header": head + b"X: ", "body": head + b"\r\n"}
    before["error"] = b"HTTP/1.1 422 No\r\n\r\n"
    each = b"HTTP/1.1 100 Continue\r\n\r\n" if place == "continue" else b"0"

    def turn(handler: Handler) -> bool:
        with suppress(OSError):
            handler.wfile.write(before[place])
            for _ in range(2_400):
                handler.wfile.write(each)
                time.sleep(0.05)
        handler.close_connection = True
        return False

    return turn


def breaks_off(status: int) -> Callable[[Handler], bool]:
    def turn(handler: Handler) -> bool:
        handler.wfile.write(f"HTTP/1.1 {status} Any\r\nContent-Length: 999\r\n\r\n{{".encode())
        handler.wfile.flush()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        handler.connection.close()
        handler.close_connection = True
        return False

    return turn


def test_the_least_likely_may_be_left_out(server: Deployed) -> None:
    server.script = [says(200, {"scores": {"hap": 0.6, "neu": 0.3}})]
    row = fitted(server, scores_path="scores").log_probs(Batch.of(sample_utterances(1, 1)[:1]))[0].exp()
    assert row.tolist() == pytest.approx([0, 2 / 3, 0, 1 / 3], abs=1e-6)


def test_a_service_that_is_down_is_named(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    recipe = Http(url, retries=1, pause_s=0.01)
    train = sample_utterances(1, 1)
    with pytest.raises(ComponentError, match=r"no answer in 2 tries; the last: connection refused.*run again"):
        recipe.fit(train, train, sample_context())
