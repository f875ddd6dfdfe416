"""Searches through the referee: what they cost beyond the victim's forward passes, and many cells in one process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from bench.contracts.perception import p1
from bench.contracts.traits import Traits, traits_of
from bench.core.batch import Batch
from bench.core.types import Utterance
from bench.perturbations.rendering import attack_tools
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row
from benchmarks.gpu_checks.findings import Finding
from benchmarks.gpu_checks.recognisers import CPU, Recogniser, Setting
from benchmarks.gpu_checks.speech import TASK, noises

NOISES, EFFECTS = "boundary:categories=natural+human+interior", "boundary"
OVERHEAD = 1.25
"""What a search of noises may cost, over its forward passes."""
_CELLS, _SIDE_BY_SIDE = 8, 4


@dataclass
class Listening:
    """A victim that notes the shapes of what it is asked about, and how often."""

    victim: Any
    heard: list[Batch] = field(default_factory=list)

    @property
    def traits(self) -> Traits:
        """As the victim's: they say whether it is asked chunk by chunk, side by side."""
        return traits_of(self.victim)

    def log_probs(self, batch: Batch) -> Tensor:
        """Answer as the victim; keep the batch without its sound."""
        bare = tuple(replace(one, waveform=torch.zeros(0)) for one in batch.utterances)
        shape = batch.waveforms.new_empty((0, batch.waveforms.shape[1]))
        self.heard.append(replace(batch, utterances=bare, waveforms=shape))
        answer: Tensor = self.victim.log_probs(batch)
        return answer


def attack_run(setting: Setting, spec: str, k: int, device: torch.device, seed: int = 0) -> AttackRun:
    """Make a cell's attack, with banks of its own on the device, as a cell has them.

    Args:
        setting: finds the attack.
        spec: of the attack.
        k: its budget.
        device: where.
        seed: of the searches.
    """
    bank = noises(0.5 if setting.tiny else 3.0)
    build = partial(setting.registry.build, "attacks")
    tools = attack_tools(bank.copied(device), p1(), 10.0, k, build)
    return AttackRun(build(spec), spec, tools, seed, noises=bank.copied(device))


def referee(victim: Any, one: Recogniser, device: torch.device, batch_size: int = 64) -> Referee:
    """Seat a referee before a victim.

    Args:
        victim: on the device.
        one: whose blinding it is.
        device: where.
        batch_size: searches side by side.
    """
    return Referee(victim, TASK, device, batch_size, examines=True, blinding=one.device.blinding)


def overhead(setting: Setting, one: Recogniser) -> Iterator[Finding]:
    """Measure searches of k = 25 over the bare forward passes on batches of the same shapes, in turn."""
    k = 3 if setting.tiny else 25
    plans = ((NOISES, 2048, 64), (NOISES, 2048, 256), (EFFECTS, 256, 64))
    for spec, count, size in plans[: 1 if setting.tiny else None]:
        said, run = setting.asked(count), attack_run(setting, spec, k, setting.device)
        listening = Listening(one.device.victim)
        rows = referee(listening, one, setting.device, size).run(run, said)
        searching, forward = [], []
        for _ in range(3 if setting.on_gpu and (spec, size) == (NOISES, 64) else 1):
            found, seconds = _timed(
                setting, partial(referee(one.device.victim, one, setting.device, size).run, run, said)
            )
            searching.append(seconds)
            forward.append(_timed(setting, partial(forward_again, one.device.victim, listening.heard))[1])
        queries = sum(row.query > 0 for row in rows)
        name = f"{'noises' if spec == NOISES else 'all effects'}, {len(said)} × {k}, {size}"
        bound = OVERHEAD if setting.on_gpu and not setting.tiny and (spec, size) == (NOISES, 64) else None
        ratio = statistics.median(searching) / statistics.median(forward)
        note = f"{queries} queries, forward {statistics.median(forward):.2f} s"
        yield Finding("search over forward", name, ratio, "ratio", bound, note)
        yield Finding("search", name, 1e3 * statistics.median(searching) / queries, "ms/query")
        yield Finding("the same rows again", name, sum(a != b for a, b in zip(rows, found, strict=True)), "rows", 0)


@torch.no_grad()
def forward_again(victim: Any, heard: Sequence[Batch]) -> None:
    """Ask about sound of the same shapes."""
    widest = max(batch.waveforms.shape[1] for batch in heard)
    sound = torch.rand(max(map(len, heard)), widest, device=heard[0].waveforms.device) - 0.5
    for batch in heard:
        victim.log_probs(replace(batch, waveforms=sound[: len(batch), : batch.waveforms.shape[1]].contiguous()))


def records(setting: Setting, one: Recogniser) -> Iterator[Finding]:
    """Compare the device's records with the CPU's."""
    said, k = setting.asked(64), 2 if setting.tiny else 10
    ours = referee(one.device.victim, one, setting.device).run(attack_run(setting, NOISES, k, setting.device), said)
    on_cpu = replace(referee(one.cpu.victim, one, CPU), blinding=one.cpu.blinding)
    theirs = on_cpu.run(attack_run(setting, NOISES, k, CPU), said)
    ended = [{row.utterance for row in rows if row.accepted} for rows in (ours, theirs)]
    share = len(ended[0] ^ ended[1]) / len(said)
    yield Finding("CPU against device", "searches that end otherwise", share, "share", 0.02, f"{len(said)} searches")


def cells(setting: Setting, one: Recogniser) -> Iterator[Finding]:
    """Measure small cells, one after the other and several in one process; the records must be the same."""
    said, k = setting.asked(32), 2 if setting.tiny else 5
    count = 3 if setting.tiny else _CELLS

    def cell(seed: int) -> list[Row]:
        run = attack_run(setting, NOISES, k, setting.device, seed)
        return referee(one.device.victim, one, setting.device).run(run, said)

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        cell(0)
        apart, seconds = _timed(setting, lambda: list(map(cell, range(count))))
        beside, together = _timed(setting, lambda: list(pool.map(cell, range(count))))
    name = f"{one.name}, {len(said)} × {k}"
    yield Finding("cells", f"{name}, one by one", count / seconds, "cells/s")
    yield Finding("cells", f"{name}, {_SIDE_BY_SIDE} in a process", count / together, "cells/s")
    yield Finding(
        "cells side by side", name, sum(a != b for a, b in zip(apart, beside, strict=True)), "other records", 0
    )


def _timed(setting: Setting, work: Callable[[], Any]) -> tuple[Any, float]:
    setting.wait()
    started = time.perf_counter()
    found = work()
    setting.wait()
    return found, time.perf_counter() - started


def steps_of(
    setting: Setting, one: Recogniser, k: int, said: Sequence[Utterance], spec: str, counting: Callable[[], Any]
) -> tuple[int, int]:
    """Run one search of each utterance, all side by side, and count.

    Args:
        setting: device and attacks.
        one: who is asked.
        k: the budget.
        said: the utterances.
        spec: of the attack.
        counting: opens a count of what is waited for.

    Returns:
        Steps of the referee, and how often the device was waited for.
    """
    run, told = attack_run(setting, spec, k, setting.device), [0]

    def advance(_: int) -> None:
        told[0] += 1

    with counting() as count:
        referee(one.device.victim, one, setting.device, len(said)).run(run, said, advance)
    return told[0] - 1, count.waits
