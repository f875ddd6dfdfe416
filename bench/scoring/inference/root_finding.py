"""Where a function is 0: Brent's method, without half a second of imports."""

from __future__ import annotations

from collections.abc import Callable

_RELATIVE = 4 * 2.0**-52
_MOST = 100


def root(function: Callable[[float], float], low: float, high: float, tolerance: float) -> float:
    """Find where a function is 0, between two places where its signs differ.

    Brent's (1973) method: the secant or the inverse parabola through the last places where it falls within the bracket
    and shrinks fast enough, else the middle of the bracket. It takes the same steps as `scipy.optimize.brentq`, to the
    last bit.

    Args:
        function: of a number.
        low: one end.
        high: the other.
        tolerance: how far the place may be off.

    Raises:
        ValueError: the signs at the ends are the same.

    >>> round(root(lambda x: x * x - 2, 0.0, 2.0, 1e-12), 9)
    1.414213562
    """
    last, here = (low, function(low)), (high, function(high))
    if 0.0 in (last[1], here[1]):
        return low if last[1] == 0 else high
    if (last[1] < 0) == (here[1] < 0):
        raise ValueError(f"{last[1]:g} and {here[1]:g} at the ends: need one below 0 and one above")
    other, step, before = last, 0.0, 0.0
    for _ in range(_MOST):
        if last[1] != 0 and here[1] != 0 and (last[1] < 0) != (here[1] < 0):
            other, step, before = last, here[0] - last[0], here[0] - last[0]
        if abs(other[1]) < abs(here[1]):
            last, here, other = here, other, here
        least = (tolerance + _RELATIVE * abs(here[0])) / 2
        middle = (other[0] - here[0]) / 2
        if here[1] == 0 or abs(middle) < least:
            break
        tried = _tried(last, here, other) if abs(before) > least and abs(here[1]) < abs(last[1]) else None
        if tried is not None and 2 * abs(tried) < min(abs(before), 3 * abs(middle) - least):
            before, step = step, tried
        else:
            before, step = middle, middle
        moved = here[0] + (step if abs(step) > least else least if middle > 0 else -least)
        last, here = here, (moved, function(moved))
    return here[0]


def _tried(last: tuple[float, float], here: tuple[float, float], other: tuple[float, float]) -> float:
    """The step that the secant, or the inverse parabola, would take."""
    (x, y), (x_last, y_last), (x_other, y_other) = here, last, other
    if x_last == x_other:
        return -y * (x - x_last) / (y - y_last)
    slope, beyond = (y_last - y) / (x_last - x), (y_other - y) / (x_other - x)
    return -y * (y_other * beyond - y_last * slope) / (beyond * slope * (y_other - y_last))
