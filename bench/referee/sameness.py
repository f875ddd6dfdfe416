"""Whether two answers about the same speech are one, but for what a batch changes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.core.dimensional import width_of
from bench.core.types import Task
from bench.referee.prediction import TIE, Said

NARROW = 5 * TIE
"""Where one answer is a tie, the other's two likeliest classes lie no further apart than this: each of them may have
moved with the batch, both times."""


CLOSE = 2e-3
"""Who is told probabilities is told them to three decimals: so far one may move where it is rounded otherwise."""


def same(one: Said, other: Said, closely: bool = False) -> bool:
    """Tell whether two answers are one, but for what a batch changes: a tie may be a narrow decision another time.

    It is no tie where the other one is plain: who sees which instance it is could answer nothing to all that it likes.

    Args:
        one: an answer in a task of classes.
        other: another about the same.
        closely: whether probabilities are told too: then that of the likeliest class, against the next one's, may not
            wander. A victim that moved it with each question would lead a search astray that goes by it.

    >>> same(Said(0, margin=3.0), Said(0, margin=2.9), closely=True)
    False
    >>> same(Said(0, margin=3.0), Said(0, margin=2.9)), same(Said(2, tied=True, margin=0.0), Said(0, margin=3.0))
    (True, False)
    >>> same(Said(2, tied=True, margin=2e-4), Said(0, margin=3e-4))
    True
    """
    if one.tied or other.tied:
        return max(one.margin, other.margin) <= NARROW
    near = not closely or abs(_likelier(one) - _likelier(other)) <= CLOSE
    return one.label == other.label and near


def _likelier(said: Said) -> float:
    """How likely the likeliest class is, of the two likeliest."""
    return 1 / (1 + math.exp(-said.margin))


def named(said: Said, names: Sequence[str], closely: bool = False) -> str:
    """Name an answer for a message.

    Args:
        said: in a task of classes.
        names: of the classes, and of a refusal after them.
        closely: say how likely it is, too.
    """
    likely = f", {_likelier(said):.3f} against the next likeliest" if closely else ""
    return "a tie" if said.tied else f"{names[said.label]}{likely}"


def alike(task: Task, one: float, other: float) -> bool:
    """Tell whether two numbers are the same but for what a batch changes.

    Args:
        task: dimensional.
        one: an answer.
        other: another about the same.
    """
    return abs(one - other) <= TIE * width_of(task)
