"""What a process of its own costs: victims asked through a sandbox's pipe, against the same in the referee's process.

    python -m benchmarks.isolation                          # cnn_gru, bare and purified; torch on one thread
    python -m benchmarks.isolation --threads 2 --runs 40
    python -m benchmarks.isolation --victims cnn_gru svm_egemaps --defenses none

A batch: `log_probs` of 64 utterances of the embedded corpus, other ones each time, from sound to log-probabilities.
Referee: labels of 256 utterances in batches of 64, a thread for each core where the victim allows it, as in a run.
Before each measurement in a process of its own comes one in this process, on the same speech; times are medians, and
the ratio is the median over the pairs. The two must give the same log-probabilities. On a machine that others use too,
the clock says little: two processes get two shares of it. So the processor's time, of both processes against that of
one, stands beside it. A start: from nothing to a victim that has been loaded.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from bench.contracts.registry import Registry
from bench.core.batch import Batch
from bench.core.showing.progress import for_terminal
from bench.core.specs import NO_DEFENSE, Spec
from bench.core.types import Utterance
from bench.evaluation.cell.cells import FittedKey
from bench.isolation.components import Isolation
from bench.referee.referee import Referee
from bench.testing import CPU, TASK, sample_context

TOGETHER, MANY = 64, 256
VICTIMS = ("cnn_gru:max_epochs=1",)
DEFENSES = (NO_DEFENSE, "rnnoise")


@dataclass(frozen=True)
class Clock:
    """Seconds by the clock, and of the processor in this process and in a sandbox.

    Args:
        sandbox: the process number of its program; None for none.
    """

    sandbox: int | None = None

    def timed(self, work: Callable[[], Any]) -> tuple[float, float, Any]:
        begun, used = time.perf_counter(), self._used()
        done = work()
        return time.perf_counter() - begun, self._used() - used, done

    def _used(self) -> float:
        return time.process_time() + (0.0 if self.sandbox is None else used_by(self.sandbox))


def used_by(pid: int) -> float:
    """The processor's seconds of a process and of all that it has started."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(used_by(int(child)) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def fitted_twice(registry: Registry, victim: str, defense: str, speech: Sequence[Utterance]) -> tuple[Any, Any, float]:
    """One victim in this process and in one of its own, from the same files; and the seconds of a start there."""
    around = None if defense == NO_DEFENSE else registry.component("defenses", defense)
    here, there = (
        FittedKey(registry.component("victims", spec), around, TASK, "k-fold", 0, 0).recipe
        for spec in (victim, f"isolated:{victim}")
    )
    context = replace(sample_context(), victim=victim)
    with tempfile.TemporaryDirectory() as folder:
        here.fit(speech[::8], speech[1::8], context).save(Path(folder))
        there.load(Path(folder), context)  # takes the process that has told what it is
        seconds, _, outside = Clock().timed(lambda: there.load(Path(folder), context))
        return here.load(Path(folder), context).enroll(speech), outside.enroll(speech), seconds


@dataclass
class Pairs:
    """Seconds by the clock and of the processor, here and there, in turn; and what came out."""

    clock: list[tuple[float, float]] = field(default_factory=list)
    processor: list[tuple[float, float]] = field(default_factory=list)
    found: list[tuple[Any, Any]] = field(default_factory=list)

    def line(self, what: str) -> str:
        """A line of the table."""
        ratios = sorted(there / here for here, there in self.clock)
        quarter = len(ratios) // 4
        here, there = (1000 * statistics.median(times) for times in zip(*self.clock, strict=True))
        used_here, used_there = (sum(times) for times in zip(*self.processor, strict=True))
        spread = f"{ratios[quarter]:.2f} to {ratios[-1 - quarter]:.2f}"
        figures = f"{statistics.median(ratios):.2f} | {spread} | {used_there / used_here:.2f}"
        return f"| {what} | {here:.0f} | {there:.0f} | {figures} |"


def pairs(here: Callable[[int], Any], there: Callable[[int], Any], runs: int, sandbox: int) -> Pairs:
    """Work here and there, in turn; the first two turns are not counted."""
    found = Pairs()
    for run in range(-2, runs):
        clock, processor, one = Clock().timed(partial(here, run))
        clock_there, processor_there, other = Clock(sandbox).timed(partial(there, run))
        if run >= 0:
            found.clock.append((clock, clock_there))
            found.processor.append((processor, processor_there))
            found.found.append((one, other))
    return found


@torch.no_grad()
def measured(registry: Registry, victim: str, defense: str, speech: Sequence[Utterance], runs: int) -> list[str]:
    with torch.enable_grad():
        here, there, start = fitted_twice(registry, victim, defense, speech)
    batches = [Batch.of(speech[at : at + TOGETHER]) for at in range(0, len(speech) - TOGETHER + 1, TOGETHER)]
    name, sandbox = f"{Spec.parse(victim).name}, {defense}", there.process.pid
    asked = [lambda run, one=one: one.log_probs(batches[run % len(batches)]) for one in (here, there)]
    batch = pairs(*asked, runs, sandbox)  # type: ignore[arg-type]
    worst = max(float((one - other).abs().max()) for one, other in batch.found)
    if worst > 1e-4:
        raise SystemExit(f"{name}: answers differ by {worst}")
    judges = [Referee(one, TASK, CPU, TOGETHER) for one in (here, there)]
    judged = [lambda _, judge=judge: judge.labels(speech[:MANY]) for judge in judges]
    referee = pairs(*judged, max(runs // 4, 3), sandbox)  # type: ignore[arg-type]
    lines = [batch.line(f"{name}: a batch of {TOGETHER}"), referee.line(f"{name}: referee, {MANY} utterances")]
    return [*lines, f"| {name}: a start | | {1000 * start:.0f} | | | |"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--victims", nargs="+", default=VICTIMS)
    parser.add_argument("--defenses", nargs="+", default=DEFENSES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=24)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    registry = Registry.discover(isolation=Isolation())
    corpus = registry.build("corpora", "synthetic").read(for_terminal())
    speech = [one for one in corpus.utterances if TASK.label_of(one)][: 8 * TOGETHER]
    seconds = statistics.mean(one.duration_s for one in speech)
    print(
        f"torch {torch.__version__}, {asked.threads} threads, {len(speech)} utterances of {seconds:.1f} s on average\n"
    )
    print("| | here ms | there ms | ratio | middle half | processor |\n|---|---|---|---|---|---|")
    for victim in asked.victims:
        for defense in asked.defenses:
            print("\n".join(measured(registry, victim, defense, speech, asked.runs)), flush=True)


if __name__ == "__main__":
    main()
