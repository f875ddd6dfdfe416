"""The values of a recipe's parts: whatever an attack gives for them, what is kept is plain.

A subclass may say one thing when it is asked and another when it is used. So each value is made plain first, and looked
at then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from numbers import Integral, Real
from typing import Any

MOST_DB = 300.0
"""An overlay's level lies within so many decibels of the speech's: with a faint sound's gain, a factor far beyond is
no float32, and NaN would be asked about."""
MOST_TAP = 1e6
"""A filter's tap lies within so much of 0: energies of what is filtered by far greater ones are no float32, and the
sound would be taken for a silent one, and NaN be asked about."""
MOST_WHOLE = 1 << 64
"""Whole numbers are below this: places in sounds and texts are far below, and a key is one of so many."""


class RecipeError(ValueError):
    """A part of a recipe has a value that it cannot have."""


def text(name: str, value: Any) -> str:
    """Take a value for text that can be written down; of a subclass, what it holds, whatever it says of itself.

    Args:
        name: of the field, for the message.
        value: what was given for it.

    Raises:
        RecipeError: it is no text, or has halves of letters.
    """
    if not isinstance(value, str):
        raise RecipeError(f"{name}={value!r:.60}: text")
    found = value if type(value) is str else str.__str__(value)
    if not found.isascii() and not found.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in found):
        raise RecipeError(f"{name}={found!r:.60}: text that can be written, without halves of letters")
    return found


def number(name: str, value: Any) -> float:
    """Take a value for a finite number.

    Args:
        name: of the field, for the message.
        value: what was given for it.

    Raises:
        RecipeError: it is none.
    """
    if type(value) is float and math.isfinite(value):  # as nearly all are: the classes of numbers are slow to ask
        return value
    if not isinstance(value, bool) and isinstance(value, Real):
        with suppress(ArithmeticError, ValueError):
            found = float(value)  # looked at afterwards: a subclass says what it likes until then
            if math.isfinite(found):
                return found
    raise RecipeError(f"{name}={value!r:.60}: a finite number")


def level(value: Any) -> float:
    """Take a value for a level in dB.

    Args:
        value: what was given for it.

    Raises:
        RecipeError: it is none from -300 to 300.
    """
    found = number("snr_db", value)
    if not -MOST_DB <= found <= MOST_DB:
        raise RecipeError(f"snr_db={found:g}: from -{MOST_DB:g} to {MOST_DB:g}")
    return found


def tap(value: Any) -> float:
    """Take a value for one tap of a filter.

    Args:
        value: what was given for it.

    Raises:
        RecipeError: it is none from -1e6 to 1e6: what is filtered is brought to its level anyway.
    """
    found = number("filter", value)
    if not -MOST_TAP <= found <= MOST_TAP:
        raise RecipeError(f"filter={found:g}: from -{MOST_TAP:g} to {MOST_TAP:g}")
    return found


def whole(name: str, value: Any) -> int:
    """Take a value for a whole number from 0, below 2**64.

    Args:
        name: of the field, for the message.
        value: what was given for it.

    Raises:
        RecipeError: it is none.
    """
    if type(value) is int and 0 <= value < MOST_WHOLE:
        return value
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise RecipeError(f"{name}={value!r:.60}: a whole number from 0")
    found = int(value)
    if not 0 <= found < MOST_WHOLE:
        raise RecipeError(f"{name}={found if abs(found) <= MOST_WHOLE else 'a longer one'}: from 0, below 2**64")
    return found


def span(name: str, value: Sequence[Any]) -> tuple[int, int]:
    """Take a value for a stretch: the first, and the one after the last.

    Args:
        name: of the field, for the message.
        value: what was given for it.

    Raises:
        RecipeError: it is none.
    """
    first, after = value
    first, after = whole(name, first), whole(name, after)
    if after < first:
        raise RecipeError(f"{name}={(first, after)!r:.60}: the first, and the one after the last")
    return first, after


def one_of(name: str, value: Any, known: Sequence[str]) -> str:
    """Take a value for one of some words.

    Args:
        name: of the field, for the message.
        value: what was given for it.
        known: the words.

    Raises:
        RecipeError: it is none of them.
    """
    found = text(name, value)
    if found not in known:
        raise RecipeError(f"{name}={found!r:.60}: one of {', '.join(map(repr, known))}")
    return found
