"""A victim asked for labels: in batches that fit into memory, and what it answers is checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor

from bench.contracts.capabilities import Refusing, values_of
from bench.contracts.protocols import Victim
from bench.core.batch import Batch, batches
from bench.core.dimensional import VALUE_DECIMALS, margin_of, place_of
from bench.core.errors import ComponentError
from bench.core.halving import Halving
from bench.core.types import Task, Utterance
from bench.referee.blinding import Instance

Value = TypeVar("Value")
Filling = Callable[[Sequence[int], Tensor], None]
"""Writes the samples of the utterances at some places into the rows of a tensor, with zeros after each one's end."""

TIE = 2e-4
"""Log-probabilities of two classes that lie no further apart than this are no answer: each may move by 1e-4 with the
batch. Likewise numbers that lie no further, as a share of their scale's width, from one that counts otherwise."""
_SUM_TOLERANCE = 0.01


@dataclass(frozen=True)
class Said:
    """What a victim said of an utterance.

    Args:
        label: a class index; the number of classes where it refused, or where nothing can be told.
        tied: whether its two likeliest classes lie within `TIE`: that is no answer.
        value: the number that was answered, in a dimensional task.
    """

    label: int
    tied: bool = False
    value: float | None = None

    @classmethod
    def read(cls, label: float, margin: float, classes: int) -> Said:
        """Read an answer from a column that `Predictor.told` gives.

        Args:
            label: the first row.
            margin: the second row.
            classes: how many there are.

        Raises:
            ComponentError: it is NaN: the victim's answer was no distribution.

        >>> Said.read(1.0, 0.5, classes=4), Said.read(1.0, 1e-4, classes=4)
        (Said(label=1, tied=False, value=None), Said(label=4, tied=True, value=None))
        """
        if math.isnan(label):
            raise _not_log_probabilities("a row with NaN, or that does not sum to probability 1", "log-probabilities")
        tied = margin <= TIE and int(label) < classes
        return cls(classes if tied else int(label), tied)

    @classmethod
    def read_value(cls, value: float, task: Task, before: float | None = None) -> Said:
        """Read an answer that is a number.

        Args:
            value: the first row of a column that `Predictor.told` gives.
            task: dimensional.
            before: what was answered about the clean speech; None where this is that answer.

        Raises:
            ComponentError: it is NaN or infinite.
        """
        if not math.isfinite(value):
            raise ComponentError("victim", "a value that is NaN or infinite", "a number", "correct its values")
        value = round(value, VALUE_DECIMALS)
        before = value if before is None else before
        tied = margin_of(task, value, before) <= TIE
        return cls(len(task.classes) if tied else place_of(task, value, before), tied, value)


@dataclass(frozen=True)
class Predictor:
    """How a victim is asked.

    Args:
        instance: fitted, and enrolled with the speakers that it is asked about.
        task: names the classes that it tells apart, or the scale that it answers on.
        device: where waveforms go.
        halving: how many utterances at a time: fewer once a batch did not fit into memory.
        chunk: at most so many at a time, of similar lengths, where that is faster; None for no such limit.
        probabilities: whether those of the classes are told too.
    """

    instance: Instance
    task: Task
    device: torch.device
    halving: Halving
    chunk: int | None = None
    probabilities: bool = False

    def told(
        self,
        utterances: Sequence[Utterance],
        sample_keys: Sequence[str] = (),
        sessions: Sequence[str] = (),
        fill: Filling | None = None,
    ) -> Tensor:
        """Ask the victim, and leave what it says on the device; `Said.read` reads a column once it is not.

        Args:
            utterances: at least one; the victim is shown sound and words alone.
            sample_keys: one for each, for a randomised victim's draws; none for any other.
            sessions: one for each, for a victim that remembers; none for any other.
            fill: writes the samples of those at some places into what the victim is given; by default they are the
                utterances' own.

        Returns:
            Shape (2, b), float64: class indices, the number of classes where the victim refuses, NaN where its answer
            is no distribution; and how far the likeliest class lies above the second, in log-probability. With
            `probabilities`, those of the c classes below: shape (2 + c, b). In a dimensional task the numbers, and
            rows of infinity and of NaN in the places of the others.

        Raises:
            ComponentError: the answers have another shape.
            UsageError: one utterance alone does not fit into memory.
        """
        groups = batches(utterances, self.chunk) if self.chunk else [list(range(len(utterances)))]
        told: dict[int, Tensor] = {}
        for group in groups:
            some, keys = _at(group, utterances), _at(group, sample_keys)
            padded = None if fill is None else self._filled(fill, group, some)
            batch = self.instance.blinding.batch(some, self.device, keys, _at(group, sessions), padded)
            answers = self.halving.over(partial(self._columns, batch), range(len(group)))
            told |= zip(group, answers, strict=True)
        return torch.stack([told[place] for place in range(len(utterances))], dim=1)

    def answers(
        self,
        utterances: Sequence[Utterance],
        sample_keys: Sequence[str] = (),
        sessions: Sequence[str] = (),
        before: Sequence[float | None] = (),
    ) -> list[Said]:
        """Ask the victim, and wait for its answers.

        Args:
            utterances: at least one; the victim is shown sound and words alone.
            sample_keys: one for each, for a randomised victim's draws; none for any other.
            sessions: one for each, for a victim that remembers; none for any other.
            before: in a dimensional task, what it answered about each one's clean speech; none where this is that.

        Raises:
            ComponentError: what it says are no log-probabilities, or no numbers.
        """
        columns = zip(*self.told(utterances, sample_keys, sessions).tolist(), strict=True)
        known = before or [None] * len(utterances)
        return [self.read(first, second, own) for (first, second, *_), own in zip(columns, known, strict=True)]

    def read(self, first: float, second: float, before: float | None) -> Said:
        """Read one column of `told`, see `Said`.

        Args:
            first: its first row.
            second: its second row.
            before: in a dimensional task, what was answered about the clean speech.
        """
        if self.task.dimensional:
            return Said.read_value(first, self.task, before)
        return Said.read(first, second, len(self.task.classes))

    def _filled(self, fill: Filling, places: Sequence[int], utterances: Sequence[Utterance]) -> Tensor:
        longest = max(one.waveform.shape[-1] for one in utterances)
        padded = torch.empty(len(utterances), longest, device=self.device)
        fill(places, padded)
        return padded

    def _columns(self, batch: Batch, places: Sequence[int]) -> tuple[Tensor, ...]:
        return self._asked(batch if len(places) == len(batch) else batch.part(places)).unbind(dim=1)

    def _asked(self, batch: Batch) -> Tensor:
        if self.task.dimensional:
            values = values_of(self.instance.victim, batch).double()
            rows = len(self.task.classes) if self.probabilities else 0
            unknown = torch.full((rows, len(batch)), math.nan, dtype=torch.float64, device=values.device)
            return torch.cat([torch.stack([values, torch.full_like(values, math.inf)]), unknown])
        log_probs, refused = predictions_of(self.instance.victim, batch)
        expected = (len(batch), len(self.task.classes))
        if tuple(log_probs.shape) != expected:
            raise _not_log_probabilities(f"a tensor of shape {tuple(log_probs.shape)}", f"shape {expected}")
        distribution = log_probs.logsumexp(dim=1).abs() < _SUM_TOLERANCE
        labels = log_probs.argmax(dim=1).double().where(distribution, math.nan)
        first, second = log_probs.topk(2, dim=1).values.double().unbind(dim=1)
        if refused is not None:
            if refused.dtype != torch.bool or refused.shape != labels.shape:
                found = f"refusals that are {refused.dtype} of shape {tuple(refused.shape)}"
                raise ComponentError(
                    "victim", found, f"bool of shape {tuple(labels.shape)}", "correct its answer_or_refuse"
                )
            labels = labels.masked_fill(refused, len(self.task.classes))
        more = log_probs.double().exp().unbind(dim=1) if self.probabilities else ()
        return torch.stack([labels, first - second, *more])


def _at(places: Sequence[int], values: Sequence[Value]) -> list[Value]:
    """The values at some places, or none where there are none."""
    return [values[place] for place in places] if values else []


def predictions_of(victim: Victim, batch: Batch) -> tuple[Tensor, Tensor | None]:
    """Ask a victim for log-probabilities, and which utterances it refuses.

    Args:
        victim: fitted, and enrolled with the speakers of the batch.
        batch: b utterances.

    Returns:
        Log-probabilities, shape (b, c), and refusals, shape (b,), bool; None in their place where it is not one that
        refuses.
    """
    return victim.answer_or_refuse(batch) if isinstance(victim, Refusing) else (victim.log_probs(batch), None)


def _not_log_probabilities(found: str, expected: str) -> ComponentError:
    return ComponentError("victim", found, expected, "correct its log_probs; logits want torch.log_softmax")
