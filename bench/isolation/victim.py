"""A fitted victim in a process of its own, as the referee asks it."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.contracts.traits import Traits
from bench.core.batch import Batch
from bench.core.types import Utterance
from bench.isolation.channel import Allowed, Array, Message, MiB
from bench.isolation.folder import unpack
from bench.isolation.process import IsolatedProcess
from bench.isolation.speech import array_of, heard

_TRACE = 1024
"""A trace may be so many times as large as what it is a trace of."""
_TRACE_LEAST = 64 * MiB


@dataclass(frozen=True)
class Numbered:
    """Number names in the order in which they are met, "" for none; several threads may ask."""

    _known: dict[str, str] = field(default_factory=lambda: {"": ""})
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, names: Sequence[str]) -> list[str]:
        """Return the number of each.

        >>> Numbered().of(["b", "", "a", "b"])
        ['1', '', '2', '1']
        """
        with self._lock:  # or two names that are met at once get one number, and share what is remembered of either
            return [self._known.setdefault(one, f"{len(self._known)}") for one in names]


@dataclass(frozen=True)
class IsolatedVictim:
    """A fitted victim behind a pipe. Where it refuses or purifies, it has the methods `answer_or_refuse` and `trace`.

    It is told waveforms, lengths, words where it reads, and a speaker and a session by names that say nothing.

    Args:
        process: where it is.
        place: which of the victims there.
        classes: how many it tells apart; 1 where it answers numbers.
        device: where its answers go.
        reads: whether it is given words.
        draws: whether it is given sample keys.
        concurrent: whether several may be asked at once.
        refuses: whether it may refuse.
        purifies: whether it shows what its purifier leaves.
        speakers: what the enrolled speakers are called there.
    """

    process: IsolatedProcess
    place: int
    classes: int
    device: torch.device
    reads: bool
    draws: bool
    concurrent: bool
    refuses: bool
    purifies: bool
    speakers: Mapping[str, str] = field(default_factory=dict)
    _numbers: Numbered = field(default_factory=Numbered, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.refuses:
            object.__setattr__(self, "answer_or_refuse", self._answer_or_refuse)
        if self.purifies:
            object.__setattr__(self, "trace", self._trace)

    @property
    def traits(self) -> Traits:
        """Declare whether several threads may ask at once: each has a connection of its own."""
        return Traits(concurrent=self.concurrent)

    def enroll(self, clean: Sequence[Utterance]) -> IsolatedVictim:
        """Return a victim that knows these speakers, by their sound and words alone."""
        names = {speaker: f"speaker {n}" for n, speaker in enumerate(dict.fromkeys(one.speaker for one in clean))}
        told = heard(clean, [names[one.speaker] for one in clean], self.reads)
        head = {"do": "enroll", "victim": self.place, "speech": told}
        answer = self.process.ask(head, [array_of(one.waveform) for one in clean])
        return replace(fitted_from(answer, self), speakers=names)

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c)."""
        return self._log_probs(self._ask(batch, refuse=False, arrays=1), batch)

    def values(self, batch: Batch) -> Tensor:
        """Estimate ratings, shape (b,), in a dimensional task."""
        answer = self._ask(batch, refuse=False, arrays=1, doing="ask_values")
        values = answer.arrays[0] if len(answer.arrays) == 1 else None
        if values is None or values.dtype != np.float32 or values.shape != (len(batch),):
            raise self.process.broken("an answer that is no numbers", f"{len(batch)} of them")
        return torch.from_numpy(values).to(self.device)

    def save(self, folder: Path) -> None:
        """Write the files that it saves, each of them looked at.

        Raises:
            ComponentError: they are not safetensors and JSON under plain names, or too many.
        """
        limits = self.process.limits
        allowed = Allowed(MiB, limits.saved, limits.files)
        answer = self.process.ask({"do": "save", "victim": self.place}, (), allowed)
        unpack(answer, folder, self.process.where, limits.files)

    def _answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Estimate log-probabilities, shape (b, c), and say which utterances are refused, shape (b,), bool."""
        answer = self._ask(batch, refuse=True, arrays=2)
        log_probs = self._log_probs(answer, batch)
        refused = answer.arrays[1] if len(answer.arrays) == 2 else None
        if refused is None or refused.dtype != np.uint8 or refused.shape != (len(batch),) or bool((refused > 1).any()):
            raise self.process.broken("refusals that are none", f"{len(batch)} of 0 or 1")
        return log_probs, torch.from_numpy(refused).bool().to(self.device)

    def _trace(self, batch: Batch) -> list[Tensor]:
        """Show what is left of each utterance behind the purifier, b tensors of shape (frames, d)."""
        size = _TRACE_LEAST + _TRACE * batch.waveforms.nbytes
        answer = self.process.ask(*self._asked("trace", batch), Allowed(MiB, size, len(batch)))
        if len(answer.arrays) != len(batch) or any(a.ndim != 2 or a.dtype != np.float32 for a in answer.arrays):
            raise self.process.broken("traces that are none", f"{len(batch)} of shape (frames, d)")
        return [torch.from_numpy(trace).to(self.device) for trace in answer.arrays]

    def _ask(self, batch: Batch, refuse: bool, arrays: int, doing: str = "ask") -> Message:
        head, sent = self._asked(doing, batch)
        most = len(batch) * (4 * self.classes + 1)
        return self.process.ask(head | {"refuse": refuse}, sent, Allowed(MiB, most, arrays))

    def _asked(self, doing: str, batch: Batch) -> tuple[dict[str, Any], list[Array]]:
        speakers = [self.speakers.get(one.speaker, one.speaker) for one in batch.utterances]
        head = {"do": doing, "victim": self.place, "threads": torch.get_num_threads()}
        head |= {"sample_keys": list(batch.sample_keys) if self.draws else []}
        head |= {"sessions": self._numbers.of(batch.sessions)}
        head |= {"speech": heard(batch.utterances, speakers, self.reads)}
        return head, [array_of(batch.waveforms), array_of(batch.lengths)]

    def _log_probs(self, answer: Message, batch: Batch) -> Tensor:
        """The log-probabilities of an answer.

        Raises:
            ComponentError: they have another shape or type, or NaN among them.
        """
        expected = (len(batch), self.classes)
        found = answer.arrays[0] if answer.arrays else None
        if found is None or found.dtype != np.float32 or found.shape != expected:
            shape = "none" if found is None else f"{found.dtype} of shape {found.shape}"
            raise self.process.broken(f"log-probabilities that are {shape}", f"float32 of shape {expected}")
        if math.isnan(float(found.sum())) and bool(np.isnan(found).any()):
            raise self.process.broken("log-probabilities with NaN", "numbers")
        return torch.from_numpy(found).to(self.device)


def fitted_from(answer: Message, like: IsolatedVictim) -> IsolatedVictim:
    """Read what a process says of a victim that it now has.

    Args:
        answer: from somebody who is not believed.
        like: all else about it.

    Raises:
        ComponentError: it says nothing of the kind.
    """
    told = answer.head
    place = told.get("victim")
    concurrent, refuses, purifies = flags = [told.get(name) for name in ("concurrent", "refuses", "purifies")]
    if type(place) is not int or not 0 <= place < 1 << 31 or any(type(flag) is not bool for flag in flags):
        raise like.process.broken("an answer that names no victim", "its number and what it can do")
    does = replace(like, concurrent=concurrent is True, refuses=refuses is True, purifies=purifies is True)
    return replace(does, place=place, speakers={})
