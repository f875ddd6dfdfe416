"""Counts of a search, a fit, a record file and a start: no clock, so the same every time on every machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from attacks.boundary import Boundary
from bench.contracts.attacks import Attack
from bench.contracts.perception import p1
from bench.contracts.traits import Traits
from bench.core.batch import Batch
from bench.core.types import Utterance
from bench.perturbations.rendering import attack_tools
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row, write_rows
from benchmarks.costs.figures import Figure
from benchmarks.gpu_checks.recognisers import CPU, Setting
from benchmarks.gpu_checks.speech import TASK, noises
from benchmarks.gpu_checks.waiting import counted

K, SEARCHES = 5, 20
EFFECTS = ("fade_in", "fade_out", "reverb", "speed_utterance:rate=1.25", "filler:length=short")
_ROOT = Path(__file__).parents[2]
_START = (
    "import atexit, sys; from pathlib import Path;"
    "ours = lambda: sum(name.partition('.')[0] == 'bench' for name in sys.modules);"
    "atexit.register(lambda: print(ours(), file=sys.stderr));"
    "from bench.cli.main import main; sys.argv = ['bench', *sys.argv[1:]]; main()"
)


@dataclass
class Steadfast:
    """A victim that answers one class of clean speech and another of what comes after, or always the first.

    Which answer is given hangs on no sum of floats, so that counts are the same on every machine.
    """

    fooled: bool
    calls: int = 0
    asked: int = 0
    traits: ClassVar[Traits] = Traits(concurrent=True)

    def log_probs(self, batch: Batch) -> Tensor:
        """Answer the first class about the first `SEARCHES` utterances, which are the clean ones."""
        clean = self.asked < SEARCHES
        self.calls, self.asked = self.calls + 1, self.asked + len(batch)
        scores = torch.zeros(len(batch), len(TASK.classes))
        scores[:, int(self.fooled and not clean)] = 4.0
        return torch.log_softmax(scores, dim=1)


class Calls(TorchFunctionMode):
    """Counts the calls of torch that our code makes, in the thread that opened it, and the frames it transforms."""

    def __init__(self) -> None:
        super().__init__()
        self.calls, self.frames = 0, 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        self.calls += 1
        if func is torch.fft.rfft:
            self.frames += args[0].shape[:-1].numel()
        return func(*args, **(kwargs or {}))


def counts(setting: Setting, folder: Path) -> list[Figure]:
    """Count all there is to count.

    Args:
        setting: speech of a fixed number of utterances, and components.
        folder: for a record file.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # all in this very thread
    try:
        found = [*_searches(setting), *_training(setting)]
    finally:
        torch.set_num_threads(threads)
    return [*found, *_record(setting, folder), *_starts()]


def _searches(setting: Setting) -> Iterator[Figure]:
    sounds, signal = ("natural", "human", "interior"), ("signal",)
    plans: tuple[tuple[str, Attack, bool], ...] = (
        ("noises, never fooled", Boundary(categories=sounds), False),
        ("noises, fooled", Boundary(categories=sounds), True),
        ("effects, never fooled", Boundary(categories=signal, signals=EFFECTS), False),
    )
    for name, attack, fooled in plans:
        victim, calls = Steadfast(fooled), Calls()
        with calls:
            rows = searched(setting, victim, attack)
        queries = sum(row.query > 0 for row in rows)
        yield Figure(f"{name}: queries", queries, f"of {SEARCHES} searches, k = {K}")
        yield Figure(f"{name}: calls of the victim", victim.calls, "calls")
        yield Figure(f"{name}: calls of torch", calls.calls / queries, "calls a query", 0.02)
        with counted(CPU) as count:
            searched(setting, Steadfast(fooled), attack)
        yield Figure(f"{name}: values read", count.waits / queries, "reads a query", 0.02)


def searched(setting: Setting, victim: Steadfast, attack: Attack) -> list[Row]:
    """Run a search of each utterance.

    Args:
        setting: speech, and components.
        victim: who is asked.
        attack: the search.
    """
    tools = attack_tools(noises(0.5), p1(), 10.0, K, partial(setting.registry.build, "attacks"))
    run = AttackRun(attack, "boundary", tools, seed=0)
    return Referee(victim, TASK, CPU, batch_size=16, examines=True).run(run, _said(setting))  # type: ignore[arg-type]


def _said(setting: Setting) -> Sequence[Utterance]:
    return setting.said[:SEARCHES]


def _training(setting: Setting) -> Iterator[Figure]:
    """How often sound is transformed, in frames over the frames that the speech has, padding included."""
    recipe = setting.registry.build("victims", "cnn_gru:channels=8,hidden=8,dense=8,max_epochs=2")
    calls = Calls()
    with calls:
        fitted = recipe.fit(setting.train, setting.train, setting.context(CPU))
    speech = sum((len(one.waveform) - 400) // 160 + 1 for one in setting.train)
    yield Figure("cnn_gru, a fit: frames transformed", calls.frames / speech, "over those of its speech", 0.01)
    before = calls.frames
    with calls:
        fitted.enroll(setting.known)
    speech = sum((len(one.waveform) - 400) // 160 + 1 for one in setting.known)
    enrolled = (calls.frames - before) / speech
    yield Figure("cnn_gru, enrolment: frames transformed", enrolled, "over those of its speech", 0.01)


def _record(setting: Setting, folder: Path) -> Iterator[Figure]:
    rows = searched(setting, Steadfast(fooled=True), Boundary(categories=("natural",)))
    file = folder / "record.parquet"
    write_rows(file, {"cell": "benchmark"}, [replace(row, snr_db=row.snr_db and round(row.snr_db, 1)) for row in rows])
    yield Figure("a record file", file.stat().st_size, f"bytes for {len(rows)} rows", 0.1)


def _starts() -> Iterator[Figure]:
    for words in (["--help"], ["list"], ["run", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", _START, *words], cwd=_ROOT, check=False, capture_output=True, text=True
        )
        last = (done.stderr.splitlines() or [""])[-1]
        if not last.isdecimal():
            raise SystemExit(f"bench {' '.join(words)}: found {last!r}, expected a count; run it by hand")
        yield Figure(f"bench {' '.join(words)}: our modules", int(last), "imported", 0.2)
