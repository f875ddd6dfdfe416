"""How often the host waits for the device. On a GPU torch itself says so; on a CPU the calls are counted that would."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from benchmarks.gpu_checks.answers import ask
from benchmarks.gpu_checks.findings import Finding
from benchmarks.gpu_checks.recognisers import Recogniser, Setting
from benchmarks.gpu_checks.searches import NOISES, steps_of

A_STEP, A_SEARCH = 1, 4
"""A step reads once. A search: whether there is anything to hear, whether it lies within [-1, 1], whether its original
is as it was, and, of a first success, its share of what is looked at."""

_READING = frozenset(
    (
        torch.Tensor.tolist,
        torch.Tensor.item,
        torch.Tensor.numpy,
        torch.Tensor.__float__,
        torch.Tensor.__int__,
        torch.Tensor.__bool__,
        torch.Tensor.nonzero,
        torch.Tensor.bincount,
        torch.Tensor.masked_select,
        torch.nonzero,
        torch.bincount,
        torch.masked_select,
        torch.equal,
    )
)


@dataclass
class Count:
    """How often the device was waited for."""

    waits: int = 0


class _Reads(TorchFunctionMode):
    """Counts what would wait for a GPU, in the thread that opened it."""

    def __init__(self, count: Count) -> None:
        super().__init__()
        self.count = count

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        self.count.waits += func in _READING
        return func(*args, **(kwargs or {}))


@contextmanager
def _on_cpu() -> Iterator[Count]:
    count, threads = Count(), torch.get_num_threads()
    torch.set_num_threads(1)  # searches in this very thread
    try:
        with _Reads(count):
            yield count
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _on_gpu() -> Iterator[Count]:
    count = Count()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            yield count
        finally:
            torch.cuda.set_sync_debug_mode("default")
    count.waits = sum("called a synchronizing" in str(one.message) for one in said)


def counted(device: torch.device) -> AbstractContextManager[Count]:
    """Count how often the device is waited for within a `with` block."""
    return _on_gpu() if device.type == "cuda" else _on_cpu()


def waits(setting: Setting, one: Recogniser) -> Iterator[Finding]:
    """Count what a forward pass waits for, and a step of the referee: two budgets tell steps from searches."""
    said = setting.asked(64)
    counting = partial(counted, setting.device)
    ask(one.device, said, len(said), setting.device)
    with counting() as count:
        ask(one.device, said, len(said), setting.device)
    own = count.waits - (setting.device.type != "cpu")  # the answers come back once
    yield Finding("waits, the victim's own", one.name, own, "a forward pass", 0 if one.name == "cnn_gru" else None)
    few, many = (2, 6) if setting.tiny else (5, 25)
    (first, low), (last, high) = (steps_of(setting, one, k, said, NOISES, counting) for k in (few, many))
    a_step = (high - low) / max(last - first, 1)
    yield Finding("waits, noises", one.name, a_step, "a step", A_STEP + max(own, 0), f"{last} and {first} steps")
    rest = (low - first * a_step) / len(said)
    yield Finding("waits, noises", one.name, rest, "a search", A_SEARCH)
