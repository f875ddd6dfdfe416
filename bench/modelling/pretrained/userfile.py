"""A model in a Python file of the user's: a callable, and the labels that it says it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from bench.core.code.surroundings import files_beside, surroundings_of
from bench.core.code.userfile import load_file
from bench.core.errors import UsageError

_ROLE = "file"


@runtime_checkable
class Labelled(Protocol):
    """A model that says what its outputs are called.

    Attributes:
        labels: names in order, {index: name}, or {name: index}.
    """

    labels: Any


def callable_from(file: Path, name: str, where: str, answers: str) -> Callable[..., Any]:
    """Run a file and take a callable from it; a class is made once, without arguments.

    It runs as under `python FILE`: modules beside it are found, `sys.argv` has no options.

    Args:
        file: the file, a .py file.
        name: of the callable, at the file's top level.
        where: who asked for it, for messages: "victim 'python'".
        answers: what the callable should give, for messages.

    Raises:
        UsageError: the file is not there or does not run, has nothing of that name, or what it has cannot be called.
    """
    found = vars(load_file(file, f"{where}, {file}", _ROLE, as_script=True))
    if name not in found:
        known = ", ".join(sorted(key for key in found if not key.startswith("_"))[:20]) or "nothing"
        raise UsageError(f"{where}, {file}", f"no {name!r}, but {known}", "the name of a callable", "correct it")
    made = found[name]
    if isinstance(made, type):
        try:
            with surroundings_of(file.resolve()).entered():
                made = made()
        except (Exception, SystemExit) as error:
            raised = f"{type(error).__name__}: {error}"
            expected = "a class that is made without arguments"
            raise UsageError(f"{where}, {file}:{name}", raised, expected, "correct it") from error
    if not callable(made):
        raised = f"a {type(made).__name__}, which cannot be called"
        raise UsageError(f"{where}, {file}:{name}", raised, "a callable, or a class of one", f"it gives {answers}")
    return made  # type: ignore[no-any-return]


def code_of(file: Path) -> list[Path]:
    """List a file and what it imports from its own folder, as far as its text says.

    Args:
        file: the file, a .py file.
    """
    return [file, *files_beside(file.resolve())]


def called(model: Callable[..., Any], file: Path, *arguments: object) -> Any:
    """Call what a file has, with what `python FILE` would give it around it.

    Args:
        model: what `callable_from` took from the file.
        file: the file.
        arguments: of the call.
    """
    with surroundings_of(file.resolve()).entered():
        return model(*arguments)


def labels_of(model: object, where: str) -> tuple[str, ...]:
    """Read a model's attribute `labels`.

    Args:
        model: with the attribute, or without.
        where: whose it is, for messages.

    Returns:
        The names in the outputs' order; none where it has no such attribute.

    Raises:
        UsageError: they are no names.
    """
    own = model.labels if isinstance(model, Labelled) else None
    if own is None:
        return ()
    if isinstance(own, Mapping):
        pairs = [(value, key) if isinstance(key, str) else (key, value) for key, value in own.items()]
        own = [name for _, name in sorted(pairs)]
    names = tuple(own) if isinstance(own, Sequence | np.ndarray) and not isinstance(own, str) else ()
    if not names or not all(isinstance(name, str) for name in names):
        raise UsageError(where, f"the attribute labels = {own!r}", "the labels' names in order", "correct it")
    return tuple(map(str, names))
