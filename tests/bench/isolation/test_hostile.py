"""Components that want out, or want to harm through their pipe: each is contained or refused, with its name."""

from __future__ import annotations

import json
import os
import struct
import sys
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
from bench.core.showing.progress import SILENT, Progress
from bench.isolation.process import IsolatedProcess
from bench.isolation.room import Room
from bench.isolation.sandbox import Visible
from bench.isolation.victim import IsolatedVictim
from bench.testing import CPU, sample_context, sample_utterances
from tests.bench.isolation.conftest import QUICK, give_back

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
    """Fit a hostile victim in a process of its own, within limits by keyword; the one before is done with by then."""
    used: list[tuple[Room, IsolatedProcess]] = []

    def give_all_back() -> None:
        for room, process in used:
            give_back(room, process)
        used.clear()

    def fit(registry: Registry, what: str, progress: Progress = SILENT, **limits: float) -> Victim:
        give_all_back()
        recipe = registry.component("victims", f"isolated:hostile:what={what}").object
        process = recipe.room.open(SILENT)
        process.limits = replace(QUICK, **limits)  # type: ignore[arg-type]
        used.append((recipe.room, process))
        recipe.room.spare.append(process)  # which is what it opens next
        victim: Victim = recipe.fit(SPEECH, SPEECH, replace(sample_context(), progress=progress))
        return victim

    yield fit
    give_all_back()


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
        ("no tensor", "AttributeError"),
        ("escape", "ValueError"),
        ("nan", "NaN"),
        ("garbage", "no message"),
        ("crash", "died"),
        ("hang", "in time"),
    ],
)
def test_what_is_no_answer_names_the_component(hostile: Hostile, fitted: Fitting, what: str, found: str) -> None:
    victim = fitted(hostile(), what).enroll(SPEECH)
    if what == "hang":
        victim.process.limits = replace(QUICK, answer_s=0.5)  # type: ignore[attr-defined]
    begun = time.monotonic()
    with pytest.raises(ComponentError, match=found) as caught:
        victim.log_probs(Batch.of(SPEECH))
    check_said(str(caught.value))
    assert time.monotonic() - begun < 30


def check_said(text: str) -> None:
    """Whose fault it is, in one line that obeys nobody."""
    assert "isolated:hostile" in text
    assert text.isprintable()
    assert len(text) < 5000


PEER = """\
#!{python} -ISB
import json, os, pathlib, struct, sys
reading, writing = json.loads(sys.argv[-1])["channels"][0]
os.write(writing, struct.pack("<4sIQ", b"SBI1", 14, 0) + b'{{"ready":true}}')
os.read(reading, 1 << 20)
os.write(writing, pathlib.Path({said!r}).read_bytes())
while os.read(reading, 1 << 20):
    pass
"""


def frame(head: Any, body: bytes = b"", sizes: tuple[int, int] | None = None) -> bytes:
    """A message, whose lengths it may lie about."""
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<4sIQ", b"SBI1", *(sizes or (len(text), len(body)))) + text + body


@pytest.fixture
def saying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], IsolatedVictim]:
    """A victim whose process gives one answer, byte by byte: a program in bubblewrap's place, at the same pipes."""
    program, said = tmp_path / "bin" / "bwrap", tmp_path / "said"
    program.parent.mkdir()
    program.write_text(PEER.format(python=sys.executable, said=str(said)))
    program.chmod(0o755)

    def victim(answer: bytes) -> IsolatedVictim:
        said.write_bytes(answer)
        with monkeypatch.context() as patch:
            patch.setenv("PATH", str(program.parent))
            process = IsolatedProcess("victim 'isolated:hostile'", Visible(), QUICK)
        return IsolatedVictim(process, 0, 4, CPU, *[False] * 5)

    return victim


N = len(SPEECH)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        pytest.param(frame({"arrays": [["f4", [N, 3]]]}, bytes(12 * N)), "of shape", id="a class less"),
        pytest.param(frame({"arrays": [["f4", [N - 1, 4]]]}, bytes(16 * N - 16)), "of shape", id="a row less"),
        pytest.param(frame({"arrays": [["f4", [1 << 40]]]}, sizes=(40, 1 << 42)), "are allowed", id="huge"),
        pytest.param(frame({}, sizes=(1 << 31, 0)), "are allowed", id="a huge head"),
        pytest.param(frame({"arrays": [["f4", [-1, -16]]]}), "no shape", id="negative"),
        pytest.param(frame(b"[" * 100_000), "RecursionError", id="deep"),
        pytest.param(frame({"error": ["SystemExit", "x", "y", "z", "w"]}), "an error that is none", id="lies"),
    ],
)
def test_bytes_that_are_no_answer_name_the_component(
    saying: Callable[[bytes], IsolatedVictim], answer: bytes, found: str
) -> None:
    victim = saying(answer)
    with pytest.raises(ComponentError, match=found) as caught:
        victim.log_probs(Batch.of(SPEECH))
    check_said(str(caught.value))
    assert victim.process.ended


@pytest.mark.parametrize("name", ["../x.json", "/tmp/x.json"])
def test_bytes_that_are_no_files_are_refused(
    saying: Callable[[bytes], IsolatedVictim], tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "outer" / "folder"
    folder.mkdir(parents=True)
    with pytest.raises(ComponentError, match="isolated:hostile"):
        saying(frame({"files": [name], "arrays": [["u1", [2]]]}, b"{}")).save(folder)
    assert [path.name for path in (tmp_path / "outer").rglob("*")] == ["folder"]


@pytest.mark.parametrize("what", ["link", "pickle", "no json", "no tensors", "pipe", "many"])
def test_what_is_no_file_of_a_victim_is_refused(hostile: Hostile, fitted: Fitting, tmp_path: Path, what: str) -> None:
    folder = tmp_path / "outer" / "folder"
    folder.mkdir(parents=True)
    with pytest.raises(ComponentError, match="isolated:hostile"):
        fitted(hostile(), what).save(folder)
    assert [path for path in tmp_path.rglob("*") if path.is_symlink()] == []
    assert {path.name for path in (tmp_path / "outer").iterdir()} == {"folder"}


@pytest.mark.parametrize(("what", "limits"), [("hang in fit", {"fit_s": 0.5}), ("flood", {"lines": 200})])
def test_a_training_without_end_is_ended(hostile: Hostile, fitted: Fitting, what: str, limits: dict) -> None:
    with pytest.raises(ComponentError, match=r"in time|more than 200 lines"):
        fitted(hostile(), what, **limits)


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
        with pytest.raises(BenchError, match="died") as caught:
            victim.log_probs(Batch.of(SPEECH))
        check_said(str(caught.value))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_plug_in_runs_nowhere_but_there(hostile: Hostile, fitted: Fitting) -> None:
    registry = hostile()
    assert registry.entry("victims", "hostile").closed
    with pytest.raises(BenchError, match="isolated:hostile"):
        registry.component("victims", "hostile")
    uniform = fitted(registry, "").enroll(SPEECH).log_probs(Batch.of(SPEECH))
    assert torch.allclose(uniform.exp().sum(1), torch.ones(len(SPEECH)))
