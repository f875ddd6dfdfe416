"""`bench run` that is stopped, or of which a cell fails: what is finished stays, and the rest is done."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import bench
from bench.core.errors import ComponentError
from tests.cli.small_runs import SMALL, records
from tests.forking import Forks

SLOW = '''
import os, time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from attacks.boundary import Boundary
from victims.cnn_gru import CnnGru

def pause():
    time.sleep(float(os.environ.get("PAUSE_S", "0")))

@dataclass(frozen=True)
class Slow(Boundary):
    """The boundary attack, with pauses where the environment asks for them; none in the first cell, of all noises."""

    def search(self, original, tools, rng):
        steps = super().search(original, tools, rng)
        answer = None
        while True:
            if self.noises == "imperceptible":
                pause()
            try:
                answer = yield steps.send(answer)
            except StopIteration:
                return

@dataclass(frozen=True)
class Paced:
    """Tells of every epoch, and pauses then."""

    progress: object

    @contextmanager
    def task(self, description, total=None):
        with self.progress.task(description, total) as advance:
            yield lambda steps: (advance(steps), pause())

    def say(self, text):
        self.progress.say(text)

@dataclass(frozen=True)
class SlowToLearn(CnnGru):
    """P1's victim, with pauses where the environment asks for them."""

    def fit(self, train, valid, context):
        return super().fit(train, valid, replace(context, progress=Paced(context.progress)))

COMPONENTS = {"attacks": {"slow": Slow}, "victims": {"slow_to_learn": SlowToLearn}}
'''


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("slow") / "slow.py"
    file.write_text(SLOW)
    return file


@pytest.fixture(scope="module")
def stoppable(slow: Path, tiny_job: Callable) -> Callable:
    """A job that can be stopped in mid-training and in mid-attack."""
    victim = "slow_to_learn:channels=8,hidden=8,dense=8,max_epochs=12,patience=12"
    return lambda out: tiny_job(victim=victim, attack="slow", plugin=slow, corr="no", out=out)


@pytest.fixture(scope="module")
def unstopped(stoppable: Callable, bench_before: Callable, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The records of that job when nobody stops it."""
    folder = tmp_path_factory.mktemp("unstopped")
    said = bench_before(*stoppable(folder / "run"), SERBENCH_CACHE=str(folder / "cache"))
    assert said.code == 0, said.err
    return records(folder / "run")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize(
    ("line", "finished"),
    [
        pytest.param("Training ...", 0, id="training"),
        pytest.param("Attacking with slow:noises=imperceptible ...", 1, id="attacking"),
    ],
)
def test_a_stopped_run_goes_on(
    unstopped: dict,
    stoppable: Callable,
    forks: Forks,
    bench_here: Callable,
    own_cache: Path,
    tmp_path: Path,
    line: str,
    finished: int,
    how: signal.Signals,
) -> None:
    run = tmp_path / "run"
    environment = os.environ | {"PAUSE_S": "0.02" if "Attacking" in line else "0.5"}
    with forks.start(stoppable(run), environment) as going:
        assert going.stderr is not None
        for said in going.stderr:
            if said.strip() == line:
                break
        time.sleep(0.1)
        going.send_signal(how)
        out, err = going.communicate(timeout=60)
    assert going.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL), err
    assert out == ""
    assert "Traceback" not in err
    if how == signal.SIGINT:
        assert (
            err.splitlines()[-1]
            == "bench: interrupted; give the same command again: what a run, a training or a download has done is kept"
        )
        leftovers = [path for root in (run, own_cache) for path in root.rglob("*.tmp")]
        assert not leftovers
    kept = records(run) if (run / "cells").exists() else {}
    assert len(kept) == finished
    assert kept.items() <= unstopped.items()

    again = bench_here(*stoppable(run))
    assert again.code == 0, again.err
    assert records(run) == unstopped
    assert ("Training ..." in again.err) == (line == "Training ...")


RAISING = '''
import os
from dataclasses import dataclass
from typing import ClassVar

from bench import Traits

@dataclass(frozen=True)
class Raising:
    """Raises for every second utterance, as long as the environment says so."""

    traits: ClassVar[Traits] = Traits(anytime=True)

    def search(self, original, tools, rng):
        if rng.random() < 0.5 and os.environ.get("RAISING") == "yes":
            raise RuntimeError("no luck\\n<b>today</b>")
        yield original

COMPONENTS = {"attacks": {"raising": Raising}}
'''


def test_a_cell_that_fails_stops_no_other(
    bench_here: Callable, tiny_job: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "raising.py").write_text(RAISING)
    monkeypatch.setenv("RAISING", "yes")
    run = tmp_path / "run"
    job = tiny_job(
        victim=SMALL, attack=["fade_in", "raising", "fade_out"], plugin=tmp_path / "raising.py", out=run, json="-"
    )
    said = bench_here(*job)
    assert said.code == 1
    assert "Traceback" not in said.err
    assert "raising" in said.err
    assert str(run / "failed") in said.err
    found = json.loads(said.out)
    assert [cell["attack"] for cell in found["cells"]] == ["fade_in", "fade_out"]
    (failure,) = found["failed"]
    assert failure["attack"] == "raising"
    assert "no luck" in failure["error"]
    (file,) = (run / "failed").iterdir()
    kept = json.loads(file.read_text())
    assert "Traceback" in kept["traceback"]
    assert 'RuntimeError("no luck' in kept["traceback"] or "RuntimeError: no luck" in kept["traceback"]

    shown = bench_here("show", run, "--json", "-")
    assert json.loads(shown.out)["failed"] == found["failed"]
    assert "a cell failed" in shown.err

    again = bench_here(*job)
    assert again.code == 1, "it is tried again, and fails again"
    assert [line for line in again.err.splitlines() if "] victim" in line] == [
        line for line in said.err.splitlines() if "attack raising" in line
    ]

    monkeypatch.setenv("RAISING", "no")
    mended = bench_here(*job)
    assert mended.code == 0
    assert [cell["attack"] for cell in json.loads(mended.out)["cells"]] == ["fade_in", "raising", "fade_out"]
    assert json.loads(mended.out)["failed"] == []
    assert not list((run / "failed").iterdir())


def test_python_raises_for_a_cell_that_fails(
    tiny_corpus: Path, tiny_noises: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "raising.py").write_text(RAISING)
    monkeypatch.setenv("RAISING", "yes")
    words = {"corpus": "emodb", "corpus_root": tiny_corpus, "noise_bank": "folder", "noise_root": tiny_noises}
    with pytest.raises(ComponentError, match="no luck"):
        bench.run(SMALL, ["raising", "fade_in"], 1, **words, plugin=tmp_path / "raising.py", out=tmp_path / "run")
    assert len(records(tmp_path / "run")) == 1
