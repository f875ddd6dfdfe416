"""A deployed service as a victim: a real server on the loopback, which is slow, fails, talks nonsense, or is killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import Batch, BenchError, ComponentError, UsageError
from bench.testing import check_victim, sample_context, sample_utterances
from tests.victims.deployed import NAMES, QUICK, Deployed, Handler, ask, fitted, made_server, says
from victims.http import Http

BRIEF = None
"""The checks that all victims pass are run here, on a model of the user's."""
KEY = "s3cret-key-of-the-user"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Iterator[Deployed]:
    yield from made_server(monkeypatch, own_cache)


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
    again = Counter(server.digests())
    assert sorted(again.values())[-4:] == [1, 3, 3, 3], "three are asked about again once, and no other sound twice"


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


def test_a_label_outside_the_task_is_named_and_can_be_read_otherwise(server: Deployed) -> None:
    server.label = "Disgusted"
    one = sample_utterances(1, 1)[:1]
    with pytest.raises(ComponentError, match=r"the answer 'Disgusted'.*anger, happiness, sadness, neutral"):
        ask(fitted(server), one)
    assert ask(fitted(server, labels=("disgusted:anger",)), one) == ["anger"]
    assert ask(fitted(server, labels=("*:sadness",)), one) == ["sadness"]
    assert len(server.seen) == 1


def by_chance(handler: Handler) -> bool:
    """Says another label each time."""
    handler.say(200, {"result": {"label": NAMES[len(handler.server.seen) % len(NAMES)]}})
    return False


def test_a_service_that_answers_by_chance_is_refused(server: Deployed) -> None:
    context, train = sample_context(), sample_utterances(key="train")
    server.script = [by_chance] * 100
    service = Http(server.url, label_path="result.label", **QUICK)
    for _ in range(2):
        with pytest.raises(UsageError, match=r"other answers about 3 of 3 utterances.*randomised=true"):
            service.fit(train, train, context)
    assert len(server.seen) == 6, "what it said is kept: the second time nothing is sent"

    drawn = replace(service, randomised=True)
    assert drawn.traits.randomised
    victim, one = drawn.fit(train, train, context), train[:1]
    batches = [Batch.of(one, sample_keys=(key,)) for key in ("a", "b", "a")]
    said = [int(victim.log_probs(batch).argmax()) for batch in batches]
    assert said[0] != said[1]
    assert said[0] == said[2], "the same query is asked once"


def test_the_command_may_allow_fewer_requests(server: Deployed) -> None:
    allowed = replace(sample_context(), max_requests=2)
    victim = Http(server.url, label_path="result.label", **QUICK).loaded(allowed)
    with pytest.raises(UsageError, match="2 requests sent so far"):
        ask(victim, sample_utterances(1, 2))
    assert len(server.seen) == 2


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


def test_a_damaged_journal_is_named(server: Deployed, own_cache: Path) -> None:
    victim = fitted(server)
    victim.service.journal.keep("a", 1)
    victim.service.journal.file.write_bytes(b"no database" * 1000)
    with pytest.raises(BenchError, match=r"sqlite3.*expected a journal.*move the file away"):
        ask(victim, sample_utterances(1, 1)[:1])
