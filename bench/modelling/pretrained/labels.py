"""A model's own labels, read as a task's classes: "ang" and "Angry" are anger, and the task says what excitement is."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import torch
from torch import Tensor

from bench.core.errors import ComponentError, UsageError
from bench.core.showing.progress import SILENT, Progress
from bench.core.types import Task
from bench.modelling.pretrained.reading import read_codes, read_emotion

LABEL_ALONE = 1e-3
"""ε: where a model says nothing but a label, the label's class has probability 1 - ε and the others share ε."""

ANY_OTHER = "*"
"""Stands for every label that is read as no class."""

_FLOOR = math.log(1e-12)
"""The lowest log-probability of a class: a model's zero stays finite."""

_TOLD = 20
"""Guesses that are told one by one."""

_FORM = "labels=NAME+NAME+... in the model's order, or labels=THEIRS:OURS+..."


@dataclass(frozen=True)
class Labels:
    """How a model's labels are read.

    A label is read as the task's class of that name; else, where the task is about emotions, as
    [`read_emotion`][bench.modelling.pretrained.reading.read_emotion] reads it and then as the task counts that emotion
    ("excited" is happiness in "emotion4"). Case does not matter. Several labels may be one class: their probabilities
    are added. A label that is no class is left out, and the others' probabilities are scaled to sum to 1. What is
    guessed is said, once for each label.

    Args:
        where: whose labels, for messages: "victim 'hf'".
        task: has the classes.
        names: the model's labels in the order of its outputs, where the user gives them.
        renamed: other names for some of the model's labels, in lower case; `*` is every label that is no class.
        progress: who is told of a guess; where nobody listens, it is a warning.
        guessed: the labels that have been guessed at, and the class of each.

    >>> from bench.data.tasks import task_named
    >>> labels = Labels.given("victim 'hf'", task_named("emotion4"), ("LABEL_0:frustrated",))
    >>> labels.columns(["LABEL_0", "ang", "Sad", "happy", "exc", "fear"])
    (0, 1, 2, 3, 3, None)
    """

    where: str
    task: Task
    names: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    progress: Progress = field(default=SILENT, compare=False, repr=False)
    guessed: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def given(cls, where: str, task: Task, parameter: tuple[str, ...], progress: Progress = SILENT) -> Labels:
        """Read a victim's parameter `labels`: names in the outputs' order, or pairs THEIRS:OURS.

        Args:
            where: whose labels, for messages: "victim 'hf'".
            task: has the classes.
            parameter: its items; none leaves the model's own names.
            progress: who is told of a guess.

        Raises:
            UsageError: it is neither.
        """
        pairs = [item.rpartition(":") for item in parameter if ":" in item]
        whole = all(theirs.strip() and ours.strip() for theirs, _, ours in pairs)
        if (pairs and len(pairs) != len(parameter)) or not whole or not all(item.strip() for item in parameter):
            raise UsageError(f"{where}, parameter 'labels'", repr("+".join(parameter)), _FORM, "write it in one form")
        if not pairs:
            return cls(where, task, names=parameter, progress=progress)
        renamed = {theirs.strip().lower(): ours.strip() for theirs, _, ours in pairs}
        return cls(where, task, renamed=renamed, progress=progress)

    def class_of(self, label: str) -> int | None:
        """Find the index of the class that a label is read as; None for none."""
        return self._indices([label])[0]

    def _indices(self, own: Sequence[str]) -> tuple[int | None, ...]:
        """The class of each label; codes of a letter are read by all of them together."""
        codes = read_codes(own) if self.task.attribute == "emotion" else None
        return tuple(self._index(label, codes) for label in own)

    def _index(self, label: str, codes: tuple[dict[str, str], str] | None) -> int | None:
        renamed = self.renamed.get(label.strip().lower())
        found = self._read(label if renamed is None else renamed)
        if found is None and renamed is None and codes is not None and label in codes[0]:
            found = self._class_of_emotions([codes[0][label]])
            self._say(label, found, f"the labels are {codes[1]}")
        return self._read(self.renamed[ANY_OTHER]) if found is None and ANY_OTHER in self.renamed else found

    def _read(self, label: str) -> int | None:
        classes = [name.lower() for name in self.task.classes]
        text = label.strip().lower()
        if text in classes:
            return classes.index(text)
        reading = read_emotion(label) if self.task.attribute == "emotion" else None
        if reading is None:
            return None
        found = self._class_of_emotions(sorted(reading.emotions))
        if reading.guess:
            self._say(label, found, reading.guess)
        return found

    def _class_of_emotions(self, emotions: Sequence[str]) -> int | None:
        """The class that the task counts all of them as; None where it counts one as another, or as none."""
        classes, merged = [name.lower() for name in self.task.classes], dict(self.task.merged)
        read = {merged.get(emotion, emotion).lower() for emotion in emotions}
        return classes.index(read.pop()) if len(read) == 1 and read <= set(classes) else None

    def _say(self, label: str, found: int | None, why: str) -> None:
        """Tell of a guess, once for each label; where there are many, of the first ones."""
        if found is None or label in self.guessed:
            return
        self.guessed[label] = self.task.classes[found]
        if len(self.guessed) > _TOLD:
            return
        more = "; further guesses are made alike and not told" if len(self.guessed) == _TOLD else ""
        text = f"{self.where}: {label[:80]!r} is read as {self.task.classes[found]}, a guess: {why}{more}"
        if self.progress is SILENT:
            warnings.warn(text, stacklevel=2)
        else:
            self.progress.say(text)

    def columns(self, own: Sequence[str]) -> tuple[int | None, ...]:
        """Find the class of each of a model's outputs; None for an output that is no class.

        Args:
            own: the outputs' labels.

        Raises:
            UsageError: a class has no label.
        """
        found = self._indices(own)
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
        read = self._indices(own)
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
