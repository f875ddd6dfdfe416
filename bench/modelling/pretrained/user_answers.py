"""What a callable of the user's may answer about waveforms, read as classes or as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.core.errors import ComponentError
from bench.modelling.pretrained.dimensions import column_of, finite
from bench.modelling.pretrained.labels import Labels
from bench.modelling.pretrained.score_forms import log_scores

ANSWERS = "a label for each waveform, a dict of probabilities for each, or an array (n, l) and OBJECT.labels"
"""The forms of an answer that is read as classes, for messages."""
_NUMBERS = "a number for each waveform, a dict of numbers for each, or an array (n, l) and OBJECT.labels"


def read_numbers(where: str, labels: Labels, names: tuple[str, ...], answer: Any, count: int) -> Tensor:
    """Read an answer as numbers on a dimensional task's scale, whichever of its forms it has.

    Args:
        where: whose it is, for messages.
        labels: has the task.
        names: what an array's columns are, where that is known.
        answer: as it was given.
        count: n, how many waveforms it is about.

    Returns:
        Shape (n,), float32.

    Raises:
        UsageError: no column says what the task is about.
        ComponentError: it cannot be read, or is no number.
    """
    rows = _rows(where, answer, count, _NUMBERS)
    if all(isinstance(row, Mapping) for row in rows):
        names = tuple(map(str, rows[0]))
        rows = [[row.get(name) for name in names] for row in rows]
    try:
        values = torch.from_numpy(np.asarray(rows, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise ComponentError(where, f"rows such as {str(rows[0])[:80]}", _NUMBERS, "correct it") from error
    if values.ndim == 2 and values.shape[1] == 1 and not names:
        values = values[:, 0]
    if values.ndim == 2 and names and values.shape[1] == len(names):
        values = values[:, column_of(labels, names)]
    if values.ndim != 1:
        found = f"an answer of shape {tuple(values.shape)} for {len(names) or 'no'} labels"
        raise ComponentError(where, found, _NUMBERS, "give their names in order: OBJECT.labels, or labels=NAME+NAME")
    return finite(labels, values).float()


def _rows(where: str, answer: Any, count: int, expected: str) -> list[Any]:
    """The answer about each waveform."""
    if isinstance(answer, Tensor):
        answer = answer.detach().cpu().numpy()
    rows = list(answer) if isinstance(answer, Sequence | np.ndarray) and not isinstance(answer, str) else None
    if rows is None or len(rows) != count:
        found = f"a {type(answer).__name__}" + ("" if rows is None else f" of {len(rows)}") + f" for {count} waveforms"
        raise ComponentError(where, found, expected, "correct it")
    return rows


def read_classes(where: str, labels: Labels, names: tuple[str, ...], answer: Any, count: int) -> Tensor:
    """Read an answer as class log-probabilities, whichever of its forms it has.

    Args:
        where: whose it is, for messages.
        labels: how they are read.
        names: the labels of an array's columns, where they are known.
        answer: as it was given.
        count: n, how many waveforms it is about.

    Returns:
        Shape (n, c).

    Raises:
        ComponentError: it cannot be read.
    """
    rows = _rows(where, answer, count, ANSWERS)
    if all(isinstance(row, str) for row in rows):
        return labels.of_names(list(map(str, rows)))
    if all(isinstance(row, int | np.integer) and not isinstance(row, bool) for row in rows):
        return labels.of_names(_names_at(where, names, rows))
    if all(isinstance(row, Mapping) for row in rows):
        names = tuple(map(str, rows[0]))
        labels.columns(names)  # a class without a label is an error
        rows = [[row.get(name) for name in names] if len(row) == len(names) else [] for row in rows]
    try:
        scores = torch.from_numpy(np.asarray(rows, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise ComponentError(where, f"rows such as {str(rows[0])[:80]}", ANSWERS, "correct it") from error
    if scores.ndim != 2 or not names or scores.shape[1] != len(names):
        found = f"an answer of shape {tuple(scores.shape)} for {len(names) or 'no'} labels"
        raise ComponentError(where, found, ANSWERS, "give their names in order: OBJECT.labels, or labels=NAME+NAME")
    return labels.of_scores(names, log_scores(where, scores))


def _names_at(where: str, names: tuple[str, ...], indices: Sequence[int]) -> list[str]:
    """The labels at these places."""
    for index in indices:
        if not names:
            found = f"class indices such as {index}, and no labels"
            raise ComponentError(where, found, ANSWERS, "name what 0, 1, … are: OBJECT.labels, or labels=NAME+NAME")
        if not 0 <= index < len(names):
            found = f"the class index {index} for {len(names)} labels"
            raise ComponentError(where, found, f"0 to {len(names) - 1}", "give all labels in their order")
    return [names[index] for index in indices]
