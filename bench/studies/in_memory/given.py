"""An object of the user's with what has to be said of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.core.errors import UsageError

_WHERE = "bench.InMemory"
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_VERSION = re.compile(r"[\w-]+")


@dataclass(frozen=True, eq=False)
class InMemory:
    """A model, an attack or a defence of yours, with what has to be said of it, for `bench.run` and `bench.attack`.

    An object can be given as it is where nothing has to be said.

    Args:
        object: a function, a torch module, a pipeline of transformers', an object of scikit-learn's, a fitted victim, a
            recipe with `fit` and `load`; an attack with `search` or `apply`; a defence with `fit` and `load`.
        name: in tables and records; by default that of the function or class.
        labels: of a model's outputs in their order, or other names for some of them, "THEIRS:OURS".
        features: for an object of scikit-learn's: a function from a waveform and its rate to a row.
        trained_on: speakers of the corpus that the model was trained on, "*" for all of them.
        files: what it reads when it is asked, such as weights: their content tells it from others too.
        version: what tells it from others in the place of its content, with its name: for an object that cannot be
            looked into. Give another one whenever it changes: records are found again by it.

    Raises:
        bench.core.errors.UsageError: a name or version is of characters that a file's name may not have.

    >>> InMemory(len, name="length", version="2").version
    '2'
    """

    object: Any
    name: str | None = None
    labels: Sequence[str] | None = None
    features: Callable[..., Any] | None = None
    trained_on: Sequence[str] = ()
    files: Sequence[str | Path] = ()
    version: str | None = None

    def __post_init__(self) -> None:
        for name, text, form in (("name", self.name, _NAME), ("version", self.version, _VERSION)):
            if text is not None and (not isinstance(text, str) or not form.fullmatch(text)):
                expected = "letters, digits, _ and -" + " with a letter first" * (name == "name")
                raise UsageError(f"{_WHERE}, {name}", f"{text!r:.60}", expected, f"for example {name}='mine'")
        if self.version is not None and self.name is None:
            raise UsageError(_WHERE, "a version without a name", "both", "for example name='mine', version='1'")
        for name, several in (("labels", self.labels), ("trained_on", self.trained_on), ("files", self.files)):
            if isinstance(several, str):
                raise UsageError(f"{_WHERE}, {name}", repr(several), "a list of texts", f"write {name}=[{several!r}]")
        if isinstance(self.object, InMemory):
            raise UsageError(_WHERE, "an InMemory inside another", "the object itself", "give it once")

    @property
    def called(self) -> str:
        """Return its name in tables, without what tells it from others of that name."""
        if self.name is not None:
            return self.name
        own = vars(self.object).get("__name__") if not isinstance(self.object, type) else None
        found = own if isinstance(own, str) else named_as(self.object)
        return re.sub(r"\W+", "", found) or "object"

    @classmethod
    def of(cls, given: Any) -> InMemory:
        """Return what was given, with nothing said of it where it is an object alone.

        Args:
            given: an object, with or without what has to be said.
        """
        return given if isinstance(given, InMemory) else cls(given)


def named_as(given: Any) -> str:
    """Return the name of a function, or of an object's class.

    Args:
        given: the function or object.

    >>> named_as(named_as), named_as([])
    ('named_as', 'list')
    """
    import functools
    import types

    if isinstance(given, functools.partial):
        return named_as(given.func)
    by_name = types.FunctionType | types.BuiltinFunctionType | types.MethodType
    return given.__name__ if isinstance(given, by_name) else type(given).__name__
