"""Arguments of the functions for Python, looked at before anything is done: one clear sentence for a wrong one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bench.core.errors import UsageError
from bench.core.specs import did_you_mean


def refuse_unknown(function: str, given: Collection[str], known: Collection[str]) -> None:
    """Refuse a keyword that a function does not have.

    Args:
        function: its name, for the message.
        given: the keywords.
        known: those that it has.

    Raises:
        UsageError: one is not known; the message names the nearest.

    >>> refuse_unknown("bench.run", ["deffense"], ["defense", "task"])
    Traceback (most recent call last):
        ...
    bench.core.errors.UsageError: bench.run: found the keyword 'deffense'; expected one of defense, task; did you mean
    'defense'?
    """
    for name in given:
        if name not in known:
            expected = "one of " + ", ".join(sorted(known))
            raise UsageError(function, f"the keyword {name!r}", expected, did_you_mean(name, known))


def check_typed(function: str, given: Mapping[str, object], kinds: Mapping[str, type | tuple[type, ...]]) -> None:
    """Refuse an argument of another type than its own; None and a bool for a number are of another type.

    Args:
        function: its name, for the message.
        given: the arguments by keyword; those that `kinds` does not name are not looked at.
        kinds: the type, or the types, that each must have.

    Raises:
        UsageError: one has another.

    >>> check_typed("bench.attack", {"k": "25"}, {"k": int})
    Traceback (most recent call last):
        ...
    bench.core.errors.UsageError: bench.attack, k: found '25', a str; expected int; give a value of that type
    """
    for name, kind in kinds.items():
        if name not in given:
            continue
        value, types = given[name], kind if isinstance(kind, tuple) else (kind,)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            expected = " or ".join(one.__name__ for one in types)
            found = f"{value!r:.60}, a {type(value).__name__}"
            raise UsageError(f"{function}, {name}", found, expected, "give a value of that type")
