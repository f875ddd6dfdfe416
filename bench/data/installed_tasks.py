"""Tasks that installed packages bring, by their entry points."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import metadata

from bench.core.errors import ComponentError
from bench.core.types import Task
from bench.data.task_checks import check_task

GROUP = "serbench.tasks"
"""The entry points by which an installed package brings tasks: NAME = "package.module:TASK"."""


def installed_task(name: str) -> Task | None:
    """Find a task that an installed package brings, by its entry point; None where none does.

    Raises:
        ComponentError: it cannot be imported, or is no task.
        UsageError: its classes, its bins or what it merges do not go together.
    """
    point = _installed().get(name)
    if point is None:
        return None
    where, expected = f"task {name!r} of {point.value}", f"a bench.Task named {name!r}"
    try:
        task = point.load()
    except (Exception, SystemExit) as error:  # somebody else's code runs here
        found = f"{type(error).__name__}: {error}"
        raise ComponentError(where, found, expected, "install what it needs") from error
    if not isinstance(task, Task) or task.name != name:
        found = f"one named {task.name!r}" if isinstance(task, Task) else f"a {type(task).__name__}"
        raise ComponentError(where, found, expected, "correct the package's entry point")
    check_task(where, task)
    return task


def installed_names() -> list[str]:
    """List the names of the tasks that installed packages bring."""
    return sorted(_installed())


@cache
def _installed() -> Mapping[str, metadata.EntryPoint]:
    return {point.name: point for point in metadata.entry_points(group=GROUP)}
