"""Memory that runs out, and what training takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import torch

from bench.core.computing.halving import Halving
from bench.referee.prediction import Predictor
from benchmarks.gpu_checks.answers import ask, moved
from benchmarks.gpu_checks.findings import Finding, unchecked
from benchmarks.gpu_checks.recognisers import Recogniser, Setting
from benchmarks.gpu_checks.speech import TASK

_SHARE = 0.6
"""Of what a whole batch takes, so much is left."""


@torch.no_grad()
def memory(setting: Setting, one: Recogniser) -> Iterator[Finding]:
    """Leave too little memory for a batch: it is halved, and the labels stay."""
    if not setting.on_gpu:
        yield unchecked("memory halving", one.name, "a CPU has no limit that torch.OutOfMemoryError tells of")
        return
    said, device = setting.asked(1024), setting.device
    whole = Predictor(one.device, len(TASK.classes), device, Halving(len(said), one.name))
    before = _emptied()
    truth = whole.answers(said)
    peak, total = torch.cuda.max_memory_reserved(), torch.cuda.get_device_properties(device).total_memory
    _emptied()
    short = Halving(len(said), one.name)
    torch.cuda.set_per_process_memory_fraction((before + _SHARE * (peak - before)) / total)
    try:
        found = replace(whole, halving=short).answers(said)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    other = sum(a.label != b.label and not (a.tied or b.tied) for a, b in zip(found, truth, strict=True))
    yield Finding("memory halving", one.name, short.size, "at a time", len(said) - 1, f"{peak >> 20} MiB for all")
    yield Finding("memory halving", one.name, other, f"labels of {len(said)}", 0)


def _emptied() -> int:
    """Give back what is kept, and say what is held."""
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return torch.cuda.memory_reserved()


def training(setting: Setting, one: Recogniser) -> Iterator[Finding]:
    """Measure the fits of a recipe on the device, and how far a second one with the same seed answers otherwise."""
    said = setting.asked(64)
    seconds, answers = [], []
    for _ in range(2):
        setting.wait()
        started = time.perf_counter()
        victim = one.recipe.fit(setting.train, setting.train, setting.context(setting.device))
        setting.wait()
        seconds.append(time.perf_counter() - started)
        answers.append(ask(replace(one.device, victim=victim), said, 64, setting.device))
    yield Finding(
        "training", one.name, min(seconds), "s", note=f"{len(setting.train)} utterances, as `{one.recipe}`"[:90]
    )
    yield Finding("training", one.name, float(answers[0].isnan().sum()), "log-probabilities NaN", 0)
    bound = None if setting.on_gpu else 0
    yield Finding("training twice", one.name, moved(answers[1], answers[0])[0], "of a log-probability", bound)
