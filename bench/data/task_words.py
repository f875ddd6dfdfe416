"""Tasks in words, for a list."""

from __future__ import annotations

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
        found.append((task.name, classes + source + style))
    return found
