"""Checks of a component's parameters, said in one way: for `__post_init__`."""

from __future__ import annotations

import math
from collections.abc import Collection

from bench.core.errors import UsageError


def within(
    component: str,
    parameter: str,
    value: float,
    remedy: str,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    but_not: float | None = None,
) -> None:
    """Refuse a number out of its range; NaN is out of every range.

    Args:
        component: whose parameter it is, by kind and name: "attack 'pitch'".
        parameter: the field's name.
        value: what it was given.
        remedy: what to do about it, such as a value that is usual.
        at_least: the lowest value, itself allowed.
        above: the lowest value, itself not allowed.
        at_most: the highest value, itself allowed.
        but_not: a value in between that makes no sense.

    Raises:
        UsageError: it is out of range.

    >>> within("attack 'pitch'", "factor", 9.0, "P1 takes 1.25", at_least=0.25, at_most=4, but_not=1)
    Traceback (most recent call last):
        ...
    bench.core.errors.UsageError: attack 'pitch', parameter 'factor': found 9.0; expected at least 0.25, at most 4, not
    1; P1 takes 1.25
    """
    good = (
        (at_least is None or value >= at_least)
        and (above is None or value > above)
        and (at_most is None or value <= at_most)
        and not math.isnan(value)
        and value != but_not
    )
    if not good:
        bounds = {"at least": at_least, "more than": above, "at most": at_most, "not": but_not}
        expected = ", ".join(f"{words} {bound:g}" for words, bound in bounds.items() if bound is not None)
        raise UsageError(f"{component}, parameter {parameter!r}", str(value), expected, remedy)


def chosen(component: str, parameter: str, values: Collection[str], known: Collection[str]) -> None:
    """Refuse names that are not known, and none at all.

    Args:
        component: whose parameter it is: "attack 'drop_letters'".
        parameter: the field's name.
        values: what it was given: one name or several.
        known: the names that there are.

    Raises:
        UsageError: nothing was given, or something else.

    >>> chosen("attack 'filler'", "length", ["middling"], ("short", "long"))
    Traceback (most recent call last):
        ...
    bench.core.errors.UsageError: attack 'filler', parameter 'length': found middling; expected short, long; choose from
    these
    """
    if not values or set(values) - set(known):
        found = ", ".join(sorted(set(values) - set(known))) or "none"
        raise UsageError(f"{component}, parameter {parameter!r}", found, ", ".join(known), "choose from these")
