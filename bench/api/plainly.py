"""Errors of the functions for Python: one sentence in the words of Python, without what lies between."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from bench.core.errors import BenchError, ComponentError, UsageError
from bench.core.keywords import refuse_unknown

_P = ParamSpec("_P")
_R = TypeVar("_R")
_OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*)")
_VALUED = re.compile(r"(?<![\w-])--([a-z][a-z-]*)[ =]([\w.,/]*\d)\b")
_ARGUMENTS = {"measure": "measures"}
"""Options that are called otherwise in Python."""
_OWN = ("progress",)
"""Arguments that no command has."""


def plainly(function: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Make a function say what is wrong with its arguments, and with all else that a user can put right, in a sentence.

    Errors of ours are raised from the function itself; of a component of the user's that failed, its own error stays
    their cause.

    Args:
        function: its name, as it is called: "bench.run".
    """

    def decorate(inner: Callable[_P, _R]) -> Callable[_P, _R]:
        signature = inspect.signature(inner)

        @functools.wraps(inner)
        def outer(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            try:
                _check_call(function, signature, args, kwargs)
                return inner(*args, **kwargs)
            except BenchError as error:
                cause = error.__cause__ if isinstance(error, ComponentError) else None
                told = in_python(function, error)
            raise told from cause

        return outer

    return decorate


def in_python(function: str, error: BenchError) -> BenchError:
    """Return an error of the same kind in the words of Python: `fold` of `bench.run` where it says `--fold`.

    Args:
        function: whose argument it is about: "bench.run".
        error: in the words of the command line, or not.

    >>> str(in_python("bench.run", UsageError("--k", "0", "at least 1", "for example --k 5,15,25")))
    "bench.run, k: found 0; expected at least 1; for example k='5,15,25'"
    """
    head = _OPTION.match(error.where)
    where = f"{function}, {_name(head)}{error.where[head.end() :]}" if head else error.where
    where = f"{function}, {where}" if where in _OWN else where
    words = (_in_words(text) for text in (error.found, error.expected, error.remedy))
    return type(error)(where, *words)


def _in_words(text: str) -> str:
    text = _VALUED.sub(lambda found: f"{_name(found)}={found[2]!r}", text)
    return _OPTION.sub(_name, text).replace("see bench list", "see bench.components()")


def _name(option: re.Match[str]) -> str:
    name = option[1].replace("-", "_")
    return _ARGUMENTS.get(name, name)


def _check_call(
    function: str, signature: inspect.Signature, args: tuple[object, ...], kwargs: dict[str, object]
) -> None:
    """Refuse a call with keywords that there are not, too many arguments, or too few."""
    known = signature.parameters
    if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in known.values()):
        refuse_unknown(function, kwargs, tuple(known))
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        expected = ", ".join(
            name for name, one in known.items() if one.default is one.empty and one.kind is not one.VAR_KEYWORD
        )
        raise UsageError(function, str(error), f"a call with {expected}", f"see help({function})") from None
