"""A victim asked for labels: in batches that fit into memory, and what it answers is checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TypeVar

import torch
from torch import Tensor

from bench.contracts.capabilities import Refusing, values_of
from bench.contracts.protocols import Victim
from bench.core.batch import Batch, batches
from bench.core.computing.halving import Halving
from bench.core.computing.torch_modes import check_modes, torch_modes
from bench.core.devices import fetched
from bench.core.dimensional import VALUE_DECIMALS, margin_of, place_of
from bench.core.errors import ComponentError
from bench.core.types import Task, Utterance
from bench.referee.blinding import Instance

Value = TypeVar("Value")
Asks = Callable[[Batch], tuple[Tensor, Tensor | None]]
Filling = Callable[[Sequence[int], Tensor], None]
"""Writes the samples of the utterances at some places into the rows of a tensor, with zeros after each one's end."""

TIE = 2e-4
"""Log-probabilities of two classes that lie no further apart than this are no answer: each may move by 1e-4 with the
batch. Likewise numbers that lie no further, as a share of their scale's width, from one that counts otherwise."""
_LEAST, _MOST = math.exp(-0.01), math.exp(0.01)
"""Between these lies the sum of what are probabilities."""


@dataclass(frozen=True)
class Said:
    """What a victim said of an utterance.

    Args:
        label: a class index; the number of classes where it refused, or where nothing can be told.
        tied: whether its two likeliest classes lie within `TIE`: that is no answer.
        value: the number that was answered, in a dimensional task.
        margin: how far its two likeliest classes lie apart, in log-probability; +inf where it refused.
    """

    label: int
    tied: bool = False
    value: float | None = None
    margin: float = field(default=math.inf, repr=False, compare=False)

    @classmethod
    def read(cls, answer: Sequence[float], classes: int) -> Said:
        """Read what was answered about one utterance.

        Args:
            answer: log-probabilities of the classes, and 1 after them where it was refused.
            classes: how many there are.

        Raises:
            ComponentError: it is no distribution.

        >>> Said.read([-0.1, math.log(1 - math.exp(-0.1))], classes=2), Said.read([math.log(0.5)] * 2, classes=2)
        (Said(label=0, tied=False, value=None), Said(label=2, tied=True, value=None))
        """
        if len(answer) > classes and answer[classes]:
            return cls(classes)
        log_probs = answer[:classes]
        if not all(one < 1 for one in log_probs) or not _LEAST < sum(map(math.exp, log_probs)) < _MOST:
            raise _not_log_probabilities("a row with NaN, or that does not sum to probability 1", "log-probabilities")
        *_, second, first = sorted(log_probs)
        tied = first - second <= TIE
        return cls(classes if tied else log_probs.index(first), tied, None, first - second)

    @classmethod
    def read_value(cls, value: float, task: Task, before: float | None = None) -> Said:
        """Read an answer that is a number.

        Args:
            value: as it was answered.
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
    """

    instance: Instance
    task: Task
    device: torch.device
    halving: Halving
    chunk: int | None = None

    def told(
        self,
        utterances: Sequence[Utterance],
        sample_keys: Sequence[str] = (),
        sessions: Sequence[str] = (),
        fill: Filling | None = None,
    ) -> Told:
        """Ask the victim, and leave what it says on the device.

        Args:
            utterances: at least one; the victim is shown sound and words alone.
            sample_keys: one for each, for a randomised victim's draws; none for any other.
            sessions: one for each, for a victim that remembers; none for any other.
            fill: writes the samples of those at some places into what the victim is given; by default they are the
                utterances' own.

        Raises:
            ComponentError: the answers have another shape.
            UsageError: one utterance alone does not fit into memory.
        """
        groups = batches(utterances, self.chunk) if self.chunk else [list(range(len(utterances)))]
        told: dict[int, tuple[Tensor, int]] = {}
        for group in groups:
            some, keys = _at(group, utterances), _at(group, sample_keys)
            padded = None if fill is None else self._filled(fill, group, some)
            batch = self.instance.blinding.batch(some, self.device, keys, _at(group, sessions), padded)
            answers = self.halving.over(partial(self._rows, batch), range(len(group)))
            told |= zip(group, answers, strict=True)
        return Told([told[place] for place in range(len(utterances))])

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
        answers, _ = self.told(utterances, sample_keys, sessions).fetched()
        return [self.read(one, own) for one, own in zip(answers, before or [None] * len(utterances), strict=True)]

    def read(self, answer: Sequence[float], before: float | None) -> Said:
        """Read what `told` gives of one utterance, see `Said`.

        Args:
            answer: log-probabilities, and whether it was refused; or the number.
            before: in a dimensional task, what was answered about the clean speech.
        """
        if self.task.dimensional:
            return Said.read_value(answer[0], self.task, before)
        return Said.read(answer, len(self.task.classes))

    def _filled(self, fill: Filling, places: Sequence[int], utterances: Sequence[Utterance]) -> Tensor:
        longest = max(one.waveform.shape[-1] for one in utterances)
        padded = torch.empty(len(utterances), longest, device=self.device)
        fill(places, padded)
        return padded

    def _rows(self, batch: Batch, places: Sequence[int]) -> list[tuple[Tensor, int]]:
        asked = batch if len(places) == len(batch) else batch.part(places)
        before = torch_modes()
        answers = self._asked(asked)
        check_modes(before, "log_probs")
        answers = answers.clone()  # what the victim does to its own later changes no answer
        return [(answers, row) for row in range(len(places))]

    def _asked(self, batch: Batch) -> Tensor:
        """Log-probabilities, shape (b, c); (b, c + 1) of a victim that refuses, and numbers, shape (b, 1)."""
        if self.task.dimensional:
            return values_of(self.instance.victim, batch)[:, None]
        log_probs, refused = self._asks(batch)
        expected = (len(batch), len(self.task.classes))
        if tuple(log_probs.shape) != expected:
            raise _not_log_probabilities(f"a tensor of shape {tuple(log_probs.shape)}", f"shape {expected}")
        if refused is None:
            return log_probs
        if refused.dtype != torch.bool or tuple(refused.shape) != expected[:1]:
            found = f"refusals that are {refused.dtype} of shape {tuple(refused.shape)}"
            raise ComponentError("victim", found, f"bool of shape {expected[:1]}", "correct its answer_or_refuse")
        return torch.cat([log_probs, refused[:, None].to(log_probs)], dim=1)

    @cached_property
    def _asks(self) -> Asks:
        """What asks the victim: whether it may refuse is looked up once, for that is slow."""
        return asks_of(self.instance.victim)


@dataclass(frozen=True)
class Told:
    """What a victim said of some utterances, where it is still on the device.

    Args:
        answers: of each utterance the answers of its batch, and its row among them.
    """

    answers: Sequence[tuple[Tensor, int]]

    def fetched(self, more: Sequence[Tensor] = ()) -> tuple[list[list[float]], list[list[float]]]:
        """Wait for what was said: of each utterance the log-probabilities, or the number, see `Predictor.read`.

        Args:
            more: what comes from the device at the same time, of shape (n,) each.

        Returns:
            The answers, and what more there is.
        """
        batches = list({id(batch): batch for batch, _ in self.answers}.values())
        read = fetched([*batches, *more])
        known = {id(batch): rows for batch, rows in zip(batches, read, strict=False)}
        return [known[id(batch)][row] for batch, row in self.answers], read[len(batches) :]


def _at(places: Sequence[int], values: Sequence[Value]) -> list[Value]:
    """The values at some places, or none where there are none."""
    return [values[place] for place in places] if values else []


def asks_of(victim: Victim) -> Asks:
    """Return what asks a victim as `predictions_of` does, batch by batch.

    Args:
        victim: fitted, and enrolled with the speakers that it is asked about.
    """
    return victim.answer_or_refuse if isinstance(victim, Refusing) else lambda batch: (victim.log_probs(batch), None)


def predictions_of(victim: Victim, batch: Batch) -> tuple[Tensor, Tensor | None]:
    """Ask a victim for log-probabilities, and which utterances it refuses.

    Args:
        victim: fitted, and enrolled with the speakers of the batch.
        batch: b utterances.

    Returns:
        Log-probabilities, shape (b, c), and refusals, shape (b,), bool; None in their place where it is not one that
        refuses.
    """
    return asks_of(victim)(batch)


def _not_log_probabilities(found: str, expected: str) -> ComponentError:
    return ComponentError("victim", found, expected, "correct its log_probs; logits want torch.log_softmax")
