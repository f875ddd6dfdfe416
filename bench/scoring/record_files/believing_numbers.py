"""Numbers in records that somebody else may have made: whether the labels beside them follow from them."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np

from bench.core.dimensional import truth_of
from bench.core.errors import DataError
from bench.core.types import REFUSED
from bench.scoring.arrays import Places
from bench.scoring.record_files.columns import Columns
from bench.scoring.record_files.dimensions import Dimension
from bench.scoring.record_files.schema import AGAIN

COLUMNS = ("value_true", "value_before", "value_after")
MOST_BEYOND = 1e6
"""No answer lies further from the scale than so many times its width."""


def check_numbers(path: Path, dimension: Dimension | None, columns: Columns, start: Places) -> None:
    """Refuse a dimensional task's records whose labels do not follow from their numbers, and numbers in any other's.

    Args:
        path: the file, named in messages.
        dimension: of a dimensional task; None of a task of classes.
        columns: its rows.
        start: of each row, the place of its utterance's clean row.

    Raises:
        DataError: they do not.
    """
    truth, before, after = (columns.number(name) for name in COLUMNS)
    if dimension is None:
        if any((~np.isnan(values)).any() for values in (truth, before, after)):
            _refuse(path, "numbers among the answers of a task of classes", "none")
        return
    width = dimension.high - dimension.low
    for name, values in zip(COLUMNS, (truth, before, after), strict=True):
        if not np.isfinite(values).all() or (np.abs(values - dimension.low) > MOST_BEYOND * width).any():
            _refuse(path, f"{name} that is missing or no number on the scale", "a number in every row")
    if (truth != truth[start]).any() or (before != before[start]).any() or (after[start] != before[start]).any():
        _refuse(path, "two ratings or two clean answers of one utterance", "one of each")
    _check_labels(path, columns, dimension)


def _check_labels(path: Path, columns: Columns, dimension: Dimension) -> None:
    """Compute the labels anew; one that is told as no answer has to be a tie."""
    truth, before, after = (columns.number(name) for name in COLUMNS)
    for name, values in (("label_before", before), ("label_after", after)):
        said = columns.texts[name].spelt()
        wrong = (said != dimension.places(values, before)) & (said != REFUSED)
        if wrong.any():
            place = int(np.flatnonzero(wrong)[0])
            _refuse(path, f"{name} {said[place]!r:.40} of an answer of {values[place]:g}", "the class that follows")
    if (columns.texts["label_after"].is_(REFUSED) & ~columns.true("tied")).any():
        _refuse(path, "a refusal that is no tie", "a number, which is an answer")
    task, clean = dimension.task, columns.query == 0
    told = zip(truth[clean], before[clean], columns.texts["label_true"].spelt()[clean], strict=True)
    for rating, answer, label in told:
        if truth_of(task, float(rating), float(answer)) != label:
            _refuse(path, f"label_true {label!r:.40} of a rating of {rating:g}", "the class that follows")


def _refuse(path: Path, found: str, expected: str) -> NoReturn:
    raise DataError(path, found, expected, AGAIN)
