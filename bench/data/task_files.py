"""Tasks in small files of the user's, TOML or YAML."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from reprlib import repr as shown
from typing import Any

from bench.core.errors import UsageError
from bench.core.specs import did_you_mean
from bench.core.storage.files import read_file
from bench.core.types import SHIFTED, Task
from bench.data.task_checks import FORM, check_task

_MOST_BYTES = 1_000_000
_BEYOND = 1e15
ENDINGS = (".toml", ".yaml", ".yml")
_KNOWN = ("name", "classes", "attribute", "bins", "merged", "improvised_only", "scale", "shift", "direction")


def is_file(name: str) -> bool:
    """Tell whether the name of a task is a file's."""
    return name.lower().endswith(ENDINGS)


def read_task(file: Path, taken: Collection[str]) -> Task:
    """Read a task from a file.

    Args:
        file: TOML or YAML: `classes`; if wanted `name` (else the file's), `attribute` (else "emotion"), `bins` of a
            rated attribute, `merged` (emotion: class), `improvised_only`; of a dimensional task `scale`, and `shift`
            with `direction` in the place of `classes` and `bins`.
        taken: names of tasks that there are.

    Raises:
        UsageError: it cannot be read, or is no task; the message says what is wrong with which key.
    """
    where = f"--task {file}"
    told = _read(where, file)
    for key in told:
        if key not in _KNOWN:
            raise UsageError(
                where, f"the key {shown(key)}", "one of " + ", ".join(_KNOWN), did_you_mean(str(key), _KNOWN)
            )
    name = told.get("name", file.stem)
    if not isinstance(name, str) or not name or name in taken:
        found = f"the name {shown(name)}" + ", which a built-in task has" * (name in taken)
        raise UsageError(where, found, "a name of its own", 'write name = "..."')
    merged = told.get("merged", {})
    if not isinstance(merged, Mapping) or not all(isinstance(one, str) for pair in merged.items() for one in pair):
        raise UsageError(where, f"merged = {shown(merged)}", "a class by emotion", FORM)
    task = Task(
        name,
        SHIFTED if "shift" in told and "classes" not in told else _texts(where, told.get("classes")),
        told.get("attribute", "emotion"),
        _numbers(where, "bins", told.get("bins", ()), "for example bins = [2.75, 3.25]"),
        tuple(merged.items()),
        told.get("improvised_only", False),
        _scale(where, told.get("scale")),
        _numbers(where, "shift", [told.get("shift", 0.0)], "for example shift = 0.5")[0],
        told.get("direction", "either"),
    )
    check_task(where, task)
    return task


def _read(where: str, file: Path) -> Mapping[str, Any]:
    try:
        text = read_file(file.expanduser(), _MOST_BYTES).decode("utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(
            where, f"no file that can be read ({error})", "a TOML or YAML file", "check the path"
        ) from error
    try:
        if file.suffix.lower() == ".toml":
            import tomllib

            told = tomllib.loads(text)
        else:
            from bench.core.storage.plain_yaml import plain_yaml

            told = plain_yaml(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(where, f"what is no {file.suffix[1:].upper()} ({error})", "keys and values", FORM) from error
    if not isinstance(told, Mapping):
        raise UsageError(where, f"a {type(told).__name__}", "keys and values", FORM)
    return told


def _texts(where: str, given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
        raise UsageError(where, f"classes = {shown(given)}", "a list of names", FORM)
    return tuple(given)


def _scale(where: str, given: Any) -> tuple[float, float] | None:
    if given is None:
        return None
    numbers = _numbers(where, "scale", given, "for example scale = [1, 5]")
    if len(numbers) != 2:
        raise UsageError(where, f"scale = {shown(given)}", "two numbers", "for example scale = [1, 5]")
    return numbers[0], numbers[1]


def _numbers(where: str, key: str, given: Any, example: str) -> tuple[float, ...]:
    numbers = isinstance(given, list | tuple) and all(
        type(one) in (int, float) and abs(one) < _BEYOND for one in given
    )  # NaN is not below
    if not numbers:
        expected = "a number" if key == "shift" else "a list of numbers"
        raise UsageError(where, f"{key} = {shown(given)}", expected, example)
    return tuple(map(float, given))
