"""What an attacker who owns a copy of a defence can see without asking: never a label."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import torch
from torch import Tensor

from bench.contracts.capabilities import Purifying, Refusing
from bench.contracts.protocols import Victim
from bench.core.batch import Batch
from bench.core.computing.reservoir import Reservoir
from bench.core.errors import ComponentError
from bench.core.types import Utterance


class Showing(Protocol):
    """How utterances are shown to a victim: `bench.referee.blinding.Blinding.batch`, or `Batch.of`."""

    def __call__(self, utterances: Sequence[Utterance], device: torch.device | None, /) -> Batch:
        """Put utterances together, on a device."""
        ...


KEPT = 8
"""As many looks through a defence are kept, drawn at random, for the referee to ask about."""


class Looks:
    """Counts utterances that are looked at through a defence; several threads may count.

    Attributes:
        count: how many so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """Count so many more."""
        with self._lock:
            self.count += count


@dataclass(frozen=True)
class DefenseView:
    """A look through the defence that is attacked, by one who knows it.

    The attacker has the purifier and the detector, not the victim's labels: those it has to ask for, and each is
    charged. Looking through is free, as it is for somebody with a copy; how often is written down.

    Args:
        purifies: whether there is a purifier to look through.
        refused: tells for each of some candidates whether the defence would refuse it; never where it refuses nothing.
        traces: shows what is left of each of some utterances behind the purifier, a tensor each, as
            [`Purifying.trace`][bench.contracts.capabilities.Purifying.trace] gives them; only where `purifies` is true.
        looked: some of what was asked of `refused`, with its answers: the referee asks an instance that does not know
            that it is looked through.
    """

    purifies: bool
    refused: Callable[[Sequence[Utterance]], list[bool]] = field(repr=False)
    traces: Callable[[Sequence[Utterance]], list[Tensor]] = field(repr=False)
    looked: Reservoir[tuple[Utterance, bool]] = field(default_factory=lambda: Reservoir(KEPT), repr=False)

    @classmethod
    def of_nothing(cls) -> DefenseView:
        """Make a view where there is no defence."""

        def traces(_: Sequence[Utterance]) -> list[Tensor]:
            raise _no_purifier()

        return cls(False, lambda candidates: [False] * len(candidates), traces)

    @classmethod
    def through(cls, victim: Victim, show: Showing, device: torch.device, looks: Looks | None = None) -> DefenseView:
        """Make a view through a defended victim, which itself is not in it.

        Args:
            victim: fitted and enrolled; nobody else should ask this instance.
            show: how it is shown utterances.
            device: where it is.
            looks: counts what is looked at.
        """
        counted, looked = looks or Looks(), Reservoir[tuple[Utterance, bool]](KEPT)

        def heard(utterances: Sequence[Utterance]) -> list[Utterance]:
            counted.add(len(utterances))
            return [replace(u, waveform=u.waveform.to(device).clamp(-1.0, 1.0)) for u in utterances]

        def refused(candidates: Sequence[Utterance]) -> list[bool]:
            if not isinstance(victim, Refusing) or not candidates:
                return [False] * len(candidates)
            own = heard(candidates)
            found: list[bool] = victim.answer_or_refuse(show(own, device))[1].tolist()
            for one, no in zip(own, found, strict=True):
                looked.note((one, no))
            return found

        def traces(utterances: Sequence[Utterance]) -> list[Tensor]:
            if not isinstance(victim, Purifying):
                raise _no_purifier()
            return victim.trace(show(heard(utterances), device))

        return cls(isinstance(victim, Purifying), refused, traces, looked)


def _no_purifier() -> ComponentError:
    return ComponentError("attack", "a look through no purifier", "one where there is one", "ask purifies")


def survival(before: Tensor, after: Tensor) -> float:
    """Measure how much of a candidate's noise a purifier leaves.

    Args:
        before: what is left of the original behind the purifier, shape (frames, d).
        after: what is left of the candidate, shape (frames, d).

    Returns:
        Euclidean distance of the two over all frames; 0 where their shapes differ, as for a candidate of another
        length.
    """
    return float((after - before).norm()) if after.shape == before.shape else 0.0
