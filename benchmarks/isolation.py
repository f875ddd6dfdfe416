"""What a process of its own costs: victims asked through a sandbox's pipe, against the same in the referee's process.

    python benchmarks/isolation.py                          # cnn_gru, bare and purified; torch on one thread
    python benchmarks/isolation.py --threads 2 --runs 40
    python benchmarks/isolation.py --victims cnn_gru svm_egemaps --defenses none

A batch: `log_probs` of 64 utterances of the embedded corpus, other ones each time, from sound to log-probabilities.
Referee: labels of 256 utterances in batches of 64, a thread for each core where the victim allows it, as in a run.
Before each measurement in a process of its own comes one in this process, on the same speech; a ratio is the median
over the pairs, times are medians of the clock's, since the work is done in two processes. The two must give the same
log-probabilities. A start: from nothing to a victim that has been loaded.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from bench.contracts.registry import Registry
from bench.core.batch import Batch
from bench.core.progress import for_terminal
from bench.core.specs import NO_DEFENSE, Spec
from bench.core.types import Utterance
from bench.evaluation.cells import FittedKey
from bench.isolation.components import Isolation
from bench.referee.referee import Referee
from bench.testing import CPU, TASK, sample_context

TOGETHER, MANY = 64, 256
VICTIMS = ("cnn_gru:max_epochs=1",)
DEFENSES = (NO_DEFENSE, "rnnoise")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    done = work()
    return time.perf_counter() - begun, done


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
        seconds, outside = timed(lambda: there.load(Path(folder), context))
        return here.load(Path(folder), context).enroll(speech), outside.enroll(speech), seconds


def pairs(
    here: Callable[[int], Any], there: Callable[[int], Any], runs: int
) -> tuple[list[float], list[float], list[tuple[Any, Any]]]:
    """Seconds here and there, in turn, and what came out."""
    ours, theirs, found = [], [], []
    for run in range(-2, runs):
        seconds, one = timed(lambda run=run: here(run))  # type: ignore[misc]
        others, other = timed(lambda run=run: there(run))  # type: ignore[misc]
        if run >= 0:
            ours.append(seconds)
            theirs.append(others)
            found.append((one, other))
    return ours, theirs, found


def line(what: str, ours: list[float], theirs: list[float]) -> str:
    ratios = sorted(there / here for here, there in zip(ours, theirs, strict=True))
    quarter = len(ratios) // 4
    spread = f"{ratios[quarter]:.2f} to {ratios[-1 - quarter]:.2f}"
    here, there = (1000 * statistics.median(times) for times in (ours, theirs))
    return f"| {what} | {here:.0f} | {there:.0f} | {statistics.median(ratios):.2f} | {spread} |"


@torch.no_grad()
def measured(registry: Registry, victim: str, defense: str, speech: Sequence[Utterance], runs: int) -> list[str]:
    with torch.enable_grad():
        here, there, start = fitted_twice(registry, victim, defense, speech)
    groups = [speech[at : at + TOGETHER] for at in range(0, len(speech) - TOGETHER + 1, TOGETHER)]
    batches = [Batch.of(group) for group in groups]
    name = f"{Spec.parse(victim).name}, {defense}"
    ours, theirs, found = pairs(
        lambda run: here.log_probs(batches[run % len(batches)]),
        lambda run: there.log_probs(batches[run % len(batches)]),
        runs,
    )
    worst = max(float((one - other).abs().max()) for one, other in found)
    if worst > 1e-4:
        raise SystemExit(f"{name}: answers differ by {worst}")
    lines = [line(f"{name}: a batch of {TOGETHER}", ours, theirs)]
    judges = [Referee(one, TASK, CPU, TOGETHER) for one in (here, there)]
    ours, theirs, _ = pairs(
        *(lambda _, judge=judge: judge.labels(speech[:MANY]) for judge in judges),  # type: ignore[misc]
        max(runs // 4, 3),
    )
    return [
        *lines,
        line(f"{name}: referee, {MANY} utterances", ours, theirs),
        f"| {name}: a start | | {1000 * start:.0f} | | |",
    ]


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
    print("| | here ms | there ms | ratio | middle half |\n|---|---|---|---|---|")
    for victim in asked.victims:
        for defense in asked.defenses:
            print("\n".join(measured(registry, victim, defense, speech, asked.runs)), flush=True)


if __name__ == "__main__":
    main()
