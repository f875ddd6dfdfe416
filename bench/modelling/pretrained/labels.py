"""A model's own labels, read as a task's classes: "ang" and "Angry" are anger, and the task says what excitement is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import torch
from torch import Tensor

from bench.core.errors import ComponentError, UsageError
from bench.core.types import Task
from bench.data.corpora.manifest import EMOTIONS

LABEL_ALONE = 1e-3
"""ε: where a model says nothing but a label, the label's class has probability 1 - ε and the others share ε."""

ANY_OTHER = "*"
"""Stands for every label that is read as no class."""

_FLOOR = math.log(1e-12)
"""The lowest log-probability of a class: a model's zero stays finite."""

_FORM = "labels=NAME+NAME+... in the model's order, or labels=THEIRS:OURS+..."


@dataclass(frozen=True)
class Labels:
    """How a model's labels are read.

    A label is read as the task's class of that name; else, where the task is about emotions, by the spellings of
    [`EMOTIONS`][bench.data.corpora.manifest.EMOTIONS] and then as the task counts that emotion ("excited" is happiness
    in "emotion4"). Case does not matter. Several labels may be one class: their probabilities are added. A label that
    is no class is left out, and the others' probabilities are scaled to sum to 1.

    Args:
        where: whose labels, for messages: "victim 'hf'".
        task: has the classes.
        names: the model's labels in the order of its outputs, where the user gives them.
        renamed: other names for some of the model's labels, in lower case; `*` is every label that is no class.

    >>> from bench.data.tasks import task_named
    >>> labels = Labels.given("victim 'hf'", task_named("emotion4"), ("LABEL_0:frustrated",))
    >>> labels.columns(["LABEL_0", "ang", "Sad", "happy", "exc", "fear"])
    (0, 1, 2, 3, 3, None)
    """

    where: str
    task: Task
    names: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def given(cls, where: str, task: Task, parameter: tuple[str, ...]) -> Labels:
        """Read a victim's parameter `labels`: names in the outputs' order, or pairs THEIRS:OURS.

        Args:
            where: whose labels, for messages: "victim 'hf'".
            task: has the classes.
            parameter: its items; none leaves the model's own names.

        Raises:
            UsageError: it is neither.
        """
        pairs = [item.rpartition(":") for item in parameter if ":" in item]
        whole = all(theirs.strip() and ours.strip() for theirs, _, ours in pairs)
        if (pairs and len(pairs) != len(parameter)) or not whole or not all(item.strip() for item in parameter):
            raise UsageError(f"{where}, parameter 'labels'", repr("+".join(parameter)), _FORM, "write it in one form")
        if not pairs:
            return cls(where, task, names=parameter)
        return cls(where, task, renamed={theirs.strip().lower(): ours.strip() for theirs, _, ours in pairs})

    def class_of(self, label: str) -> int | None:
        """Find the index of the class that a label is read as; None for none."""
        found = self._read(self.renamed.get(label.strip().lower(), label))
        return self._read(self.renamed[ANY_OTHER]) if found is None and ANY_OTHER in self.renamed else found

    def _read(self, label: str) -> int | None:
        classes = [name.lower() for name in self.task.classes]
        text = label.strip().lower()
        if text not in classes and self.task.attribute == "emotion":
            emotion = EMOTIONS.get(text, text)
            text = dict(self.task.merged).get(emotion, emotion).lower()
        return classes.index(text) if text in classes else None

    def columns(self, own: Sequence[str]) -> tuple[int | None, ...]:
        """Find the class of each of a model's outputs; None for an output that is no class.

        Args:
            own: the outputs' labels.

        Raises:
            UsageError: a class has no label.
        """
        found = tuple(map(self.class_of, own))
        missing = [name for index, name in enumerate(self.task.classes) if index not in found]
        if missing:
            raise UsageError(
                self.where,
                f"the labels {shown(own)}, of which none is {', none is '.join(missing)}",
                f"a label for each class of task {self.task.name!r}: {', '.join(self.task.classes)}",
                f"choose a task that the model was made for, or say which is which: {_FORM}",
            )
        return found

    def of_scores(self, own: Sequence[str], log_scores: Tensor) -> Tensor:
        """Turn logits or log-probabilities of a model's labels into class log-probabilities.

        Args:
            own: the l labels, in the columns' order.
            log_scores: shape (n, l); -inf for a probability of zero.

        Returns:
            Shape (n, c), float32, no lower than log 1e-12 before it is scaled.

        Raises:
            ComponentError: a row is not made of numbers, or all its probability is on labels that are no class.
        """
        scores = log_scores.double()
        if bool(scores.isnan().any() | (scores == math.inf).any()):
            raise ComponentError(self.where, "NaN or infinite scores", "numbers", "look at what the model answers")
        read = [self.class_of(label) for label in own]
        nothing = torch.full_like(scores[:, :1], -math.inf)
        grouped = [
            torch.cat([nothing, *(scores[:, [n]] for n, of in enumerate(read) if of == index)], dim=1)
            for index in range(len(self.task.classes))
        ]
        classes = torch.stack([torch.logsumexp(group, dim=1) for group in grouped], dim=1)
        lost = classes.isinf().all(dim=1)
        if bool(lost.any()):
            best = own[int(scores[lost][0].argmax())]
            raise self.no_class(best)
        return torch.log_softmax(torch.log_softmax(classes, dim=1).clamp(min=_FLOOR), dim=1).float()

    def of_names(self, answers: Sequence[str]) -> Tensor:
        """Turn answers that are labels alone into class log-probabilities, shape (n, c): log(1 - ε) for the label's
        class.

        Raises:
            ComponentError: a label is read as no class.

        >>> from bench.data.tasks import task_named
        >>> Labels("victim 'http'", task_named("ahsn")).of_names(["Sad"]).exp()
        tensor([[3.3333e-04, 3.3333e-04, 9.9900e-01, 3.3333e-04]])
        """
        count = len(self.task.classes)
        rows = torch.full((len(answers), count), LABEL_ALONE / (count - 1), dtype=torch.float64)
        for row, answer in zip(rows, answers, strict=True):
            index = self.class_of(answer)
            if index is None:
                raise self.no_class(answer)
            row[index] = 1 - LABEL_ALONE
        return rows.log().float()

    def no_class(self, label: str) -> ComponentError:
        """Make the error to raise where a model's answer is none of the classes."""
        return ComponentError(
            self.where,
            f"the answer {label[:60]!r}",
            f"a class of task {self.task.name!r}: {', '.join(self.task.classes)}",
            f"say which class it counts as: labels={label[:60]}:{self.task.classes[-1]}, or {ANY_OTHER}:CLASS for all",
        )


def shown(labels: Sequence[str], most: int = 20) -> str:
    """Join labels for a message, at most so many.

    Args:
        labels: in the model's order.
        most: how many are named; the rest is counted.

    >>> shown(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = f" and {len(labels) - most} more" if len(labels) > most else ""
    return (", ".join(labels[:most]) or "none at all") + more


def log_scores(where: str, answer: Tensor) -> Tensor:
    """Turn rows of probabilities or log-probabilities, told apart by what they sum to, into log-probabilities.

    Args:
        where: whose answer it is, for messages.
        answer: shape (n, l).

    Returns:
        Shape (n, l), float64.

    Raises:
        ComponentError: the rows are neither.

    >>> log_scores("mine.py", torch.tensor([[0.5, 0.5]])).exp()
    tensor([[0.5000, 0.5000]], dtype=torch.float64)
    """
    rows = answer.double()
    if _sums_to_1(rows):
        return rows.log()
    if _sums_to_1(rows.exp()):
        return rows
    worst = [round(float(value), 4) for value in rows[0][:8]]
    expected = "probabilities that sum to 1, or their logarithms"
    raise ComponentError(where, f"rows such as {worst}", expected, "put a softmax after the scores")


def looks_like_probabilities(rows: Tensor) -> bool:
    """Say whether every row has no negative number and sums to 1 within 0.01."""
    return _sums_to_1(rows.double())


def _sums_to_1(rows: Tensor) -> bool:
    return bool((rows >= 0).all() & ((rows.sum(dim=1) - 1).abs() < 0.01).all())
