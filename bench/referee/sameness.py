"""Whether two answers about the same speech are one, but for what a batch changes."""

from __future__ import annotations

from collections.abc import Sequence

from bench.core.dimensional import width_of
from bench.core.types import Task
from bench.referee.prediction import TIE, Said

NARROW = 5 * TIE
"""Where one answer is a tie, the other's two likeliest classes lie no further apart than this: each of them may have
moved with the batch, both times."""


def same(one: Said, other: Said) -> bool:
    """Tell whether two answers are one, but for what a batch changes: a tie may be a narrow decision another time.

    It is no tie where the other one is plain: who sees which instance it is could answer nothing to all that it likes.

    Args:
        one: an answer in a task of classes.
        other: another about the same.

    >>> same(Said(0, margin=3.0), Said(0, margin=2.9)), same(Said(2, tied=True, margin=0.0), Said(0, margin=3.0))
    (True, False)
    >>> same(Said(2, tied=True, margin=2e-4), Said(0, margin=3e-4))
    True
    """
    if one.tied or other.tied:
        return max(one.margin, other.margin) <= NARROW
    return one.label == other.label


def named(said: Said, names: Sequence[str]) -> str:
    """Name an answer for a message.

    Args:
        said: in a task of classes.
        names: of the classes, and of a refusal after them.
    """
    return "a tie" if said.tied else names[said.label]


def alike(task: Task, one: float, other: float) -> bool:
    """Tell whether two numbers are the same but for what a batch changes.

    Args:
        task: dimensional.
        one: an answer.
        other: another about the same.
    """
    return abs(one - other) <= TIE * width_of(task)
