"""What every task has to hold, whoever brings it."""

from __future__ import annotations

from bench.core.errors import UsageError
from bench.core.specs import did_you_mean
from bench.core.types import SHIFTED, Task

_ATTRIBUTES = ("emotion", "activation", "valence", "dominance")
_DIRECTIONS = ("either", "up", "down")
_NARROWEST, _WIDEST = 0.01, 1e6
FORM = 'such as classes = ["anger", "happiness"] and, below [merged], excitement = "happiness"'
"""How a task is written, for messages."""
_DIMENSIONAL = 'such as attribute = "valence", scale = [1, 5], shift = 0.5; or bins and classes for the shift'


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
    if task.dimensional:
        _check_dimensional(where, task)
    elif task.shift or task.direction != "either":
        expected = "a scale such as [1, 5], on which victims answer"
        raise UsageError(where, f"shift = {task.shift:g}, direction = {task.direction!r}", expected, _DIMENSIONAL)
    if len(set(task.classes)) != len(task.classes) or len(task.classes) < 2:
        raise UsageError(where, f"classes = {list(task.classes)}", "two different names or more", FORM)
    wanted = 0 if task.attribute == "emotion" or task.shift else len(task.classes) - 1
    if len(task.bins) != wanted or list(task.bins) != sorted(set(task.bins)):
        expected = f"{wanted} rising edges for {len(task.classes)} classes of {task.attribute}"
        raise UsageError(where, f"bins = {list(task.bins)}", expected, "the label is the first bin with rating <= edge")
    strange = [into for _, into in task.merged if into not in task.classes]
    if strange:
        expected = "one of " + ", ".join(task.classes)
        raise UsageError(where, f"merged into {strange[0]!r}", expected, did_you_mean(strange[0], task.classes))
    if not isinstance(task.improvised_only, bool):
        raise UsageError(where, f"improvised_only = {task.improvised_only!r}", "true or false", "write one of them")


def _check_dimensional(where: str, task: Task) -> None:
    """Refuse a scale, a shift or bins that no number can be judged by."""
    low, high = task.scale or (0.0, 0.0)
    if task.attribute == "emotion":
        raise UsageError(where, "a scale of emotion", "activation, valence or dominance", _DIMENSIONAL)
    if not (_NARROWEST <= high - low <= _WIDEST and abs(low) <= _WIDEST):
        expected = f"a lower and a higher number, {_NARROWEST:g} to {_WIDEST:g} apart"
        raise UsageError(where, f"scale = [{low:g}, {high:g}]", expected, _DIMENSIONAL)
    if bool(task.bins) == bool(task.shift):
        found = f"shift = {task.shift:g} and bins = {list(task.bins)}"
        raise UsageError(where, found, "either a shift above 0, or bins", _DIMENSIONAL)
    if task.shift and not 0 < task.shift < high - low:
        raise UsageError(where, f"shift = {task.shift:g}", f"above 0 and below {high - low:g}", _DIMENSIONAL)
    if task.direction not in _DIRECTIONS or (task.bins and task.direction != "either"):
        expected = "either, where there are bins" if task.bins else " or ".join(_DIRECTIONS)
        raise UsageError(where, f"direction = {task.direction!r}", expected, "choose one")
    if task.shift and task.classes != SHIFTED:
        raise UsageError(where, f"classes = {list(task.classes)}", "none, where the rule is a shift", "leave them out")
    if not all(low < edge < high for edge in task.bins):
        raise UsageError(where, f"bins = {list(task.bins)}", f"edges between {low:g} and {high:g}", _DIMENSIONAL)
