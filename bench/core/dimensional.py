"""The rules of dimensional tasks: when a number is another answer, and when it is right. Pure functions of a task."""

from __future__ import annotations

from bench.core.types import HIGHER, LOWER, SAME, Label, Task

VALUE_DECIMALS = 6
"""Decimals of an answered number: what is judged and recorded is rounded to them."""


def place_of(task: Task, value: float, before: float) -> int:
    """Give the class of a number, by its place among the task's classes.

    Args:
        task: dimensional.
        value: what a victim answers.
        before: what it answered about the clean speech: what a shift is measured from.

    >>> task = Task("arousal", ("lower", "same", "higher"), "activation", scale=(1.0, 7.0), shift=0.5)
    >>> task.classes[place_of(task, 4.6, 4.0)], task.classes[place_of(task, 4.5, 4.0)]
    ('higher', 'same')
    """
    if task.bins:
        return sum(value > edge for edge in task.bins)
    moved = value - before
    up = moved > task.shift and task.direction != "down"
    down = -moved > task.shift and task.direction != "up"
    return task.classes.index(HIGHER if up else LOWER if down else SAME)


def margin_of(task: Task, value: float, before: float) -> float:
    """Measure how far a number lies from the nearest one of another class, as a share of the scale's width.

    Args:
        task: dimensional.
        value: what a victim answers.
        before: what it answered about the clean speech.

    >>> task = Task("arousal", ("lower", "same", "higher"), "activation", scale=(1.0, 5.0), shift=0.5)
    >>> margin_of(task, 4.0, 4.0)
    0.125
    """
    if task.bins:
        return min(abs(value - edge) for edge in task.bins) / width_of(task)
    ways = {"either": (1, -1), "up": (1,), "down": (-1,)}[task.direction]
    return min(abs(way * (value - before) - task.shift) for way in ways) / width_of(task)


def truth_of(task: Task, rating: float, before: float) -> Label:
    """Name the class that an utterance counts as: of the rating's bin; or where the rating lies from the answer.

    Where the rule is a shift, an answer is right that lies no further from the rating than the shift, in whichever
    direction an attack has to move it.

    Args:
        task: dimensional.
        rating: the corpus's, on the task's scale.
        before: what the victim answered about the clean speech.

    >>> task = Task("arousal", ("lower", "same", "higher"), "activation", scale=(1.0, 5.0), shift=0.5)
    >>> truth_of(task, 3.5, 3.0), truth_of(task, 3.6, 3.0)
    ('same', 'higher')
    """
    if task.bins:
        return task.classes[place_of(task, rating, rating)]
    far = abs(rating - before) > task.shift
    return (HIGHER if rating > before else LOWER) if far else SAME


def width_of(task: Task) -> float:
    """Return how wide a dimensional task's scale is; 0 of a task that has none."""
    return 0.0 if task.scale is None else task.scale[1] - task.scale[0]
