"""What every task has to hold, whoever brings it."""

from __future__ import annotations

from bench.core.errors import UsageError
from bench.core.specs import did_you_mean
from bench.core.types import Task

_ATTRIBUTES = ("emotion", "activation", "valence")
FORM = 'such as classes = ["anger", "happiness"] and, below [merged], excitement = "happiness"'
"""How a task is written, for messages."""


def check_task(where: str, task: Task) -> None:
    """Refuse a task that cannot be served, whatever the corpus.

    Args:
        where: whose it is, for messages.
        task: to be looked at.

    Raises:
        UsageError: its classes, its bins or what it merges do not go together.
    """
    if task.attribute not in _ATTRIBUTES:
        raise UsageError(where, f"attribute = {task.attribute!r}", "one of " + ", ".join(_ATTRIBUTES), "choose one")
    if len(set(task.classes)) != len(task.classes) or len(task.classes) < 2:
        raise UsageError(where, f"classes = {list(task.classes)}", "two different names or more", FORM)
    wanted = 0 if task.attribute == "emotion" else len(task.classes) - 1
    if len(task.bins) != wanted or list(task.bins) != sorted(set(task.bins)):
        expected = f"{wanted} rising edges for {len(task.classes)} classes of {task.attribute}"
        raise UsageError(where, f"bins = {list(task.bins)}", expected, "the label is the first bin with rating <= edge")
    strange = [into for _, into in task.merged if into not in task.classes]
    if strange:
        expected = "one of " + ", ".join(task.classes)
        raise UsageError(where, f"merged into {strange[0]!r}", expected, did_you_mean(strange[0], task.classes))
    if not isinstance(task.improvised_only, bool):
        raise UsageError(where, f"improvised_only = {task.improvised_only!r}", "true or false", "write one of them")
