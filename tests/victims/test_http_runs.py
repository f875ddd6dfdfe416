"""A deployed service in a run: read from the command line, killed, and never asked twice."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.contracts.registry import Registry
from tests.forking import Forks
from tests.victims.deployed import Deployed, made_server, sleeps


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Iterator[Deployed]:
    yield from made_server(monkeypatch, own_cache)


def test_the_command_line_reads_an_address(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_text(PLUGIN)
    registry = Registry.discover((plugin,))
    made = registry.build("victims", "deployed:http://127.0.0.1:8000/predict,label_path=result.label")
    assert (made.url, made.label_path) == ("http://127.0.0.1:8000/predict", "result.label")


PLUGIN = "from victims.http import Http\n\nCOMPONENTS = {'victims': {'deployed': Http}}\n"


def records(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (out / "cells").glob("*.parquet")}


def test_a_run_says_beforehand_what_it_sends_at_most(
    server: Deployed, tmp_path: Path, bench_here: Callable, tiny_job: Callable
) -> None:
    (tmp_path / "service.json").write_text(json.dumps({"url": server.url, "label_path": "result.label"}))
    job = {"victim": f"http:settings={tmp_path / 'service.json'}", "k": "2", "limit": 2, "out": tmp_path / "run"}
    short = bench_here(*tiny_job(**job, max_requests=12))
    assert short.code == 2
    assert "12 requests sent so far; expected at most 12; raise max_requests (or --max-requests)" in short.err
    assert len(server.seen) == 12

    said = bench_here(*tiny_job(**job))
    assert said.code == 0, said.err
    told = re.search(r"at most (\d+) requests to its service, (\d+) of them for Corr; 10,000 are allowed", said.err)
    assert told is not None
    assert int(told[2]) < len(server.seen) <= int(told[1])
    assert "Verdict on http:" in said.err


def test_a_rehearsal_sends_no_more_than_is_said_beforehand(
    server: Deployed, tmp_path: Path, bench_here: Callable, tiny_job: Callable
) -> None:
    (tmp_path / "service.json").write_text(json.dumps({"url": server.url, "label_path": "result.label"}))
    attack = "universal_noises:pool=2,rehearsal=2,noises=imperceptible"
    job = {"victim": f"http:settings={tmp_path / 'service.json'}", "attack": attack, "k": "2", "limit": 2}
    said = bench_here(*tiny_job(**job, out=tmp_path / "run"))
    assert said.code == 0, said.err
    told = re.search(r"at most (\d+) requests to its service", said.err)
    assert told is not None
    assert len(server.seen) <= int(told[1])


@pytest.mark.slow
def test_a_killed_run_resumes_and_loses_nothing(
    server: Deployed, tmp_path: Path, forks: Forks, bench_before: Callable, tiny_job: Callable
) -> None:
    plugin, settings = tmp_path / "plugin.py", tmp_path / "service.json"
    plugin.write_text(PLUGIN)
    content = {"url": server.url, "label_path": "result.label", "parallel": 2}
    settings.write_text(json.dumps(content))
    job = {"victim": f"deployed:settings={settings}", "plugin": plugin, "k": "1,3", "limit": 4, "noises": "all"}

    def cache(name: str) -> dict[str, str]:
        return {"SERBENCH_CACHE": str(tmp_path / name)}

    whole = bench_before(*tiny_job(out=tmp_path / "whole", **job), **cache("one"))
    assert whole.code == 0, whole.err
    asked = server.digests()
    assert sorted(Counter(asked).values())[-4:] == [1, 3, 3, 3], (
        "three are asked about again, to see whether chance answers"
    )

    server.seen.clear()
    server.script = [lambda handler: True] * 7 + [sleeps(60), sleeps(60)]
    with forks.start(tiny_job(out=tmp_path / "killed", **job), os.environ | cache("two")) as process:
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
