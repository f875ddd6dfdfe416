"""Ratios of processor time, both sides in one process and in turn, medians of several."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

import torch

from bench.core.computing.allocation import keep_memory
from bench.referee.search import AttackRun
from benchmarks.costs.figures import Figure
from benchmarks.gpu_checks.recognisers import CPU, Setting, made
from benchmarks.gpu_checks.searches import EFFECTS, NOISES, Listening, attack_run, forward_again, referee
from benchmarks.starting import COMMANDS, cpu_seconds

_REPEATS = 3


def ratios(setting: Setting) -> Iterator[Figure]:
    """Measure searches over forward passes, and starts over an import that they cannot do without.

    Args:
        setting: speech and components.
    """
    torch.set_num_threads(1)
    keep_memory()  # as a run does: forward passes alone would take another sixth of their time for pages
    one = made(setting, "cnn_gru", "cnn_gru:max_epochs=2")
    for name, spec, k in (("noises", NOISES, 25), ("all effects", EFFECTS, 10)):
        run, listening = attack_run(setting, spec, k, CPU), Listening(one.cpu.victim)
        seat = referee(listening, one, CPU)
        seat.run(run, setting.said)

        def search(run: AttackRun = run) -> None:  # each asks about clean speech too, as is heard in the forward passes
            referee(one.cpu.victim, one, CPU).run(run, setting.said)

        value = _ratio(search, partial(forward_again, one.cpu.victim, listening.heard))
        yield Figure(f"search over forward, {name}", value, f"k = {k}", 0.15)
    least = "python -c 'import typer'"
    for name in ("bench --help", "bench list", "import bench"):
        pairs = [(cpu_seconds(COMMANDS[name]), cpu_seconds(COMMANDS[least])) for _ in range(_REPEATS)]
        yield Figure(f"{name} over importing typer", statistics.median(a / b for a, b in pairs), "ratio", 0.15)


def _ratio(work: Callable[[], object], other: Callable[[], object]) -> float:
    return statistics.median(_cpu(work) / _cpu(other) for _ in range(_REPEATS))


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
