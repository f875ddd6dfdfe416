"""Checks of a component's parameters, said in one way: for `__post_init__`."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import fields
from typing import Any

from bench.core.errors import UsageError
from bench.core.specs import values_of

THE_DEFAULT = "the default is {name}={default}"


def within(
    component: str,
    parameter: str,
    value: float,
    remedy: str,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
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
        below: the highest value, itself not allowed.
        but_not: a value in between that makes no sense.

    Raises:
        UsageError: it is out of range.

    >>> within("attack 'pitch'", "factor", 9.0, "P1 takes 1.25", at_least=0.25, at_most=4, but_not=1)
    Traceback (most recent call last):
        ...
    bench.core.errors.UsageError: attack 'pitch', parameter 'factor': found 9.0; expected at least 0.25, at most 4, not
    1; P1 takes 1.25
    """
    low = (at_least is None or value >= at_least) and (above is None or value > above)
    high = (at_most is None or value <= at_most) and (below is None or value < below)
    if not (low and high) or math.isnan(value) or value == but_not:
        bounds = {"at least": at_least, "more than": above, "at most": at_most, "below": below, "not": but_not}
        expected = ", ".join(f"{words} {bound:g}" for words, bound in bounds.items() if bound is not None)
        raise UsageError(f"{component}, parameter {parameter!r}", str(value), expected, remedy)


def check_fields(
    component: Any, where: str, names: Collection[str], remedy: str = THE_DEFAULT, **bounds: float
) -> None:
    """Refuse a component where one of its fields is out of its range.

    A field that is None has not been given, and is not looked at; of a tuple, every value is.

    Args:
        component: a dataclass.
        where: whose fields these are, by kind and name: "victim 'cnn_gru'".
        names: of fields that have one range.
        remedy: what to do about it; `{name}` and `{default}` stand for the field's.
        **bounds: at_least, above, at_most, below, but_not, as `within` takes them.

    Raises:
        UsageError: one is out of its range.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Mine:
    ...     units: int = 64
    ...     def __post_init__(self):
    ...         check_fields(self, "victim 'mine'", ("units",), at_least=1)
    >>> Mine(units=0)
    Traceback (most recent call last):
        ...
    bench.core.errors.UsageError: victim 'mine', parameter 'units': found 0; expected at least 1; the default is
    units=64
    """
    values, defaults = values_of(component), {field.name: field.default for field in fields(component)}
    for name in names:
        value, advice = values[name], remedy.format(name=name, default=defaults[name])
        for one in value if isinstance(value, tuple) else (value,):
            if one is not None:
                within(where, name, one, advice, **bounds)


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
