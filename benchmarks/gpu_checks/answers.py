"""What victims answer on the device: as on the CPU, alike in every batch and every time, and how fast."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import torch
from torch import Tensor

from bench.conformance.asking import TOLERANCE
from bench.core.types import Utterance
from bench.referee.blinding import Instance
from bench.referee.prediction import TIE
from benchmarks.gpu_checks.findings import Finding, unchecked
from benchmarks.gpu_checks.recognisers import CPU, Recogniser, Setting

ACROSS = 1e-3
"""How far a log-probability may lie from the CPU's: sums of float32 in other orders."""


@torch.no_grad()
def ask(instance: Instance, said: Sequence[Utterance], size: int, device: torch.device) -> Tensor:
    """Ask in batches of a size, in the order given: short beside long, so that much is padded.

    Args:
        instance: who is asked.
        said: n utterances.
        size: of a batch.
        device: where.

    Returns:
        Log-probabilities, shape (n, c), on the CPU.
    """
    parts = [said[start : start + size] for start in range(0, len(said), size)]
    found = [instance.victim.log_probs(instance.blinding.batch(part, device)) for part in parts]
    return torch.cat(found).float().cpu()


def moved(found: Tensor, truth: Tensor) -> tuple[float, int]:
    """Compare answers: the greatest difference of a log-probability, and how many labels differ that are no ties."""
    first, second = truth.topk(2, dim=1).values.unbind(dim=1)
    other = (found.argmax(dim=1) != truth.argmax(dim=1)) & (first - second > TIE)
    return float((found - truth).abs().max()), int(other.sum())


def agreement(setting: Setting, one: Recogniser) -> Iterator[Finding]:
    """Compare the device with the CPU."""
    said = setting.asked(256)
    there = ask(one.device, said, 64, setting.device)
    difference, labels = moved(there, ask(one.cpu, said, 64, CPU))
    yield Finding("CPU against device", one.name, difference, "of a log-probability", ACROSS)
    yield Finding("CPU against device", one.name, labels, f"labels of {len(said)}", 0)
    where = {parameter.device.type for parameter in _parameters(one)}
    if where:
        yield Finding("where its weights are", one.name, len(where - {setting.device.type}), "other devices", 0)


def _parameters(one: Recogniser) -> list[Tensor]:
    network = vars(one.device.victim).get("network")
    return list(network.parameters()) if isinstance(network, torch.nn.Module) else []


def batches(setting: Setting, one: Recogniser) -> Iterator[Finding]:
    """Compare batches of several sizes with one utterance at a time, and the same batch with itself."""
    said = setting.asked(256)
    alone = ask(one.device, said, 1, setting.device)
    for size in setting.sizes[1:]:
        difference, labels = moved(ask(one.device, said, size, setting.device), alone)
        yield Finding("batch invariance", f"{one.name}, {size}", difference, "of a log-probability", TOLERANCE)
        yield Finding("batch invariance", f"{one.name}, {size}", labels, f"labels of {len(said)}", 0)
    first, again = (ask(one.device, said, 64, setting.device) for _ in range(2))
    yield Finding("repeatability", one.name, float((first != again).sum()), "other log-probabilities", 0)


def throughput(setting: Setting, one: Recogniser) -> Iterator[Finding]:
    """Measure answers a second at several sizes of a batch."""
    said = setting.asked(256)
    for size in setting.sizes:
        some = said[: max(16, size)]
        ask(one.device, some, size, setting.device)
        setting.wait()
        started = time.perf_counter()
        ask(one.device, some, size, setting.device)
        setting.wait()
        rate = len(some) / (time.perf_counter() - started)
        yield Finding("throughput", f"{one.name}, {size}", rate, "utterances/s")


def precision(setting: Setting, one: Recogniser) -> Iterator[Finding]:
    """Count the labels that TF32 and bfloat16 change, and how far batches then move answers."""
    said = setting.asked(256)
    exact = ask(one.device, said, 64, setting.device)
    half = torch.autocast(setting.device.type, torch.bfloat16)
    modes: dict[str, AbstractContextManager[object]] = {"bfloat16": half}
    if setting.on_gpu:
        modes["TF32"] = _tf32()
    else:
        yield unchecked("mixed precision", f"{one.name}, TF32", "a CPU has none")
    for name, mode in modes.items():
        with mode:
            found = ask(one.device, said, 64, setting.device)
            alone = ask(one.device, said, 1, setting.device)
        difference, labels = moved(found, exact)
        yield Finding("mixed precision", f"{one.name}, {name}", labels, f"labels of {len(said)}")
        yield Finding("mixed precision", f"{one.name}, {name}", difference, "of a log-probability")
        yield Finding("mixed precision", f"{one.name}, {name}", moved(found, alone)[0], "by the batch")
    after = moved(ask(one.device, said, 64, setting.device), exact)[0]
    yield Finding("float32 again after it", one.name, after, "of a log-probability", 0)


@contextmanager
def _tf32() -> Iterator[None]:
    products, layers = torch.backends.cuda.matmul, torch.backends.cudnn
    kept = products.allow_tf32, layers.allow_tf32
    products.allow_tf32 = layers.allow_tf32 = True
    try:
        yield
    finally:
        products.allow_tf32, layers.allow_tf32 = kept
