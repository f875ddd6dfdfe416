"""Components that want out, or want to harm through their pipe: each is contained or refused, with its name."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.contracts.protocols import Victim
from bench.contracts.registry import Registry
from bench.core.batch import Batch
from bench.core.errors import BenchError, ComponentError
from bench.isolation.process import IsolatedProcess
from bench.testing import sample_context, sample_utterances

Hostile = Callable[..., Registry]
Fitting = Callable[..., Victim]
SPEECH = sample_utterances(1, 1)


@dataclass(frozen=True)
class Heard:
    """Keeps what is said."""

    lines: list[str] = field(default_factory=list)

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        yield lambda steps: None

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def fitted() -> Iterator[Callable[..., Victim]]:
    """Fit a hostile victim in a process of its own; one that lives after the test does for those of others."""
    used: list[tuple[list[IsolatedProcess], IsolatedProcess]] = []

    def fit(registry: Registry, what: str, progress: Any = None) -> Victim:
        recipe = registry.component("victims", f"isolated:hostile:what={what}").object
        context = sample_context()
        victim: Victim = recipe.fit(SPEECH, SPEECH, replace(context, progress=progress) if progress else context)
        if what not in ("dots", "absolute"):  # what shouts sleeps afterwards
            used.append((recipe.room.spare, victim.process))  # type: ignore[attr-defined]
        return victim

    yield fit
    for spare, process in used:
        if not process.ended:
            spare.append(process)


def test_nothing_of_the_machine_is_in_reach(
    hostile: Hostile, fitted: Fitting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, cache = tmp_path / "corpus", tmp_path / "cache"
    for folder in (corpus, cache):
        folder.mkdir()
        (folder / "secret.wav").write_text("secret")
    monkeypatch.setenv("SERBENCH_SECRET", "1")
    heard = Heard()
    registry = hostile(hidden=(corpus, cache))
    fitted(registry, f"attempts,paths={corpus}x+{cache}x", heard)
    said = dict(line.split(": ", 1) for line in heard.lines)
    allowed = {"environment", "processes", "own file"}
    assert len(said) >= 30
    assert {name: told for name, told in said.items() if told.startswith("got") and name not in allowed} == {}
    assert "SERBENCH_SECRET" not in said["environment"]
    assert said["processes"] == "got (1, 0)"
    assert said["own file"] == "got 'written'"


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("nan", "NaN"),
        ("shape", "shape"),
        ("rows", "shape"),
        ("no tensor", "AttributeError"),
        ("garbage", "no message"),
        ("huge", "are allowed"),
        ("huge head", "are allowed"),
        ("negative", "no shape"),
        ("deep", "RecursionError"),
        ("lies", "an error that is none"),
        ("die", "died"),
        ("crash", "died"),
        ("escape", "ValueError"),
        ("hang", "in time"),
    ],
)
def test_what_is_no_answer_names_the_component(hostile: Hostile, fitted: Fitting, what: str, found: str) -> None:
    victim = fitted(hostile(answer_s=4.0) if what == "hang" else hostile(), what).enroll(SPEECH)
    begun = time.monotonic()
    with pytest.raises(ComponentError, match=found) as caught:
        victim.log_probs(Batch.of(SPEECH))
    assert "isolated:hostile" in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 5000
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("what", ["link", "pickle", "no json", "no tensors", "pipe", "dots", "absolute", "many"])
def test_what_is_no_file_of_a_victim_is_refused(hostile: Hostile, fitted: Fitting, tmp_path: Path, what: str) -> None:
    folder = tmp_path / "outer" / "folder"
    folder.mkdir(parents=True)
    with pytest.raises(ComponentError, match="isolated:hostile"):
        fitted(hostile(), what).save(folder)
    assert [path for path in tmp_path.rglob("*") if path.is_symlink()] == []
    assert {path.name for path in (tmp_path / "outer").iterdir()} == {"folder"}


@pytest.mark.parametrize("what", ["hang in fit", "flood"])
def test_a_training_without_end_is_ended(hostile: Hostile, fitted: Fitting, what: str) -> None:
    with pytest.raises(ComponentError, match=r"in time|more than 200 lines"):
        fitted(hostile(fit_s=2.0 if what == "hang in fit" else 60.0, lines=200), what)


def test_no_labels_ids_or_marks_go_in_but_in_training(hostile: Hostile, fitted: Fitting) -> None:
    asked = [replace(one, speaker="the true name", session="the session") for one in SPEECH]
    victim = fitted(hostile(), "tell")
    with pytest.raises(ComponentError, match="RuntimeError") as caught:
        victim.enroll(asked)
    nothing = "session=None", "emotion=None", "activation=None", "valence=None", "perturbation=None", "words=None"
    for telling in (*nothing, "speakers=['speaker 0']", "metadata={}", "transcript=None"):
        assert telling in str(caught.value)
    victim = fitted(hostile(), "ask").enroll([replace(one, emotion=None) for one in asked])
    with pytest.raises(ComponentError, match="RuntimeError") as caught:
        victim.log_probs(Batch.of(asked, sample_keys=["secret"] * len(asked)))
    for telling in (*nothing, "speakers=['speaker 0']", "metadata={}", "keys=()"):
        assert telling in str(caught.value)
    for secret in ("secret", "true name", "sample-", *(one.id for one in SPEECH)):
        assert secret not in str(caught.value)


def test_one_that_draws_gets_its_keys_and_one_that_remembers_its_sessions(hostile: Hostile, fitted: Fitting) -> None:
    victim = fitted(hostile(), "draw").enroll(SPEECH)
    batch = Batch.of(SPEECH[:3], sample_keys=["a", "b", "c"])
    with pytest.raises(ComponentError) as caught:
        victim.log_probs(replace(batch, sessions=("of one", "", "of another")))
    assert "keys=('a', 'b', 'c') sessions=('1', '', '2')" in str(caught.value)


def test_one_that_has_died_stays_dead_and_leaves_nothing(hostile: Hostile, fitted: Fitting) -> None:
    victim = fitted(hostile(), "die").enroll(SPEECH)
    pid = victim.process.pid  # type: ignore[attr-defined]
    for _ in range(2):
        with pytest.raises(BenchError, match="died"):
            victim.log_probs(Batch.of(SPEECH))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_plug_in_runs_nowhere_but_there(hostile: Hostile, fitted: Fitting) -> None:
    registry = hostile()
    assert registry.entry("victims", "hostile").closed
    with pytest.raises(BenchError, match="isolated:hostile"):
        registry.component("victims", "hostile")
    uniform = fitted(registry, "").enroll(SPEECH).log_probs(Batch.of(SPEECH))
    assert torch.allclose(uniform.exp().sum(1), torch.ones(len(SPEECH)))
