"""Tasks in words, for a list."""

from __future__ import annotations

from bench.core.types import Task
from bench.data.tasks import TASKS


def described_tasks() -> list[tuple[str, str]]:
    """List the tasks: the name of each, and its classes with what they are made of.

    >>> dict(described_tasks())["ravdess8"].partition(",")[0] in ("anger", "neutral")
    True
    """
    found = []
    for task in TASKS.values():
        merged = {name: [emotion for emotion, into in task.merged if into == name] for name in task.classes}
        classes = ", ".join(f"{name} ({', '.join(merged[name])})" if merged[name] else name for name in task.classes)
        style = "; of improvised speech alone where the corpus tells" if task.improvised_only else ""
        source = f" by {task.attribute}" if task.bins else ""
        found.append((task.name, (_numbers(task) if task.shift else classes + source) + style))
    return found


def _numbers(task: Task) -> str:
    low, high = task.scale or (0.0, 0.0)
    return f"a number from {low:g} to {high:g} of {task.attribute}; success: it moved by more than {task.shift:g}"
