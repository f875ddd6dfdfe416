"""Tasks that others bring: a small file of the user's, TOML or YAML, or an object of an installed package."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.core.errors import ComponentError, UsageError
from bench.core.specs import did_you_mean
from bench.core.types import Task

ENDINGS = (".toml", ".yaml", ".yml")
GROUP = "serbench.tasks"
"""The entry points by which an installed package brings tasks: NAME = "package.module:TASK"."""

_KNOWN = ("name", "classes", "attribute", "bins", "merged", "improvised_only")
_ATTRIBUTES = ("emotion", "activation", "valence")
_FORM = 'such as classes = ["anger", "happiness"] and, below [merged], excitement = "happiness"'


def is_file(name: str) -> bool:
    """Tell whether the name of a task is a file's."""
    return name.lower().endswith(ENDINGS)


def read_task(file: Path, taken: Collection[str]) -> Task:
    """Read a task from a file.

    Args:
        file: TOML or YAML: `classes`; if wanted `name` (else the file's), `attribute` (else "emotion"), `bins` of a
            rated attribute, `merged` (emotion: class), `improvised_only`.
        taken: names of tasks that there are.

    Raises:
        UsageError: it cannot be read, or is no task; the message says what is wrong with which key.
    """
    where = f"--task {file}"
    told = _read(where, file)
    for key in told:
        if key not in _KNOWN:
            raise UsageError(where, f"the key {key!r}", "one of " + ", ".join(_KNOWN), did_you_mean(str(key), _KNOWN))
    name = told.get("name", file.stem)
    if not isinstance(name, str) or not name or name in taken:
        found = f"the name {name!r}" + ", which a built-in task has" * (name in taken)
        raise UsageError(where, found, "a name of its own", 'write name = "..."')
    merged = told.get("merged", {})
    if not isinstance(merged, Mapping) or not all(isinstance(one, str) for pair in merged.items() for one in pair):
        raise UsageError(where, f"merged = {merged!r}", "a class by emotion", _FORM)
    task = Task(
        name,
        _texts(where, told.get("classes")),
        told.get("attribute", "emotion"),
        _edges(where, told.get("bins", ())),
        tuple(merged.items()),
        told.get("improvised_only", False),
    )
    check_task(where, task)
    return task


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
        raise UsageError(where, f"classes = {list(task.classes)}", "two different names or more", _FORM)
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
    except Exception as error:  # somebody else's code runs here
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


def _read(where: str, file: Path) -> Mapping[str, Any]:
    try:
        text = file.expanduser().read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(
            where, f"no file that can be read ({error})", "a TOML or YAML file", "check the path"
        ) from error
    try:
        if file.suffix.lower() == ".toml":
            import tomllib

            told = tomllib.loads(text)
        else:
            told = _yaml(text)
    except ValueError as error:
        raise UsageError(where, f"what is no {file.suffix[1:].upper()} ({error})", "keys and values", _FORM) from error
    if not isinstance(told, Mapping):
        raise UsageError(where, f"a {type(told).__name__}", "keys and values", _FORM)
    return told


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _texts(where: str, given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
        raise UsageError(where, f"classes = {given!r}", "a list of names", _FORM)
    return tuple(given)


def _edges(where: str, given: Any) -> tuple[float, ...]:
    numbers = isinstance(given, list | tuple) and all(type(one) in (int, float) for one in given)
    if not numbers:
        raise UsageError(where, f"bins = {given!r}", "a list of numbers", "for example bins = [2.75, 3.25]")
    return tuple(map(float, given))
