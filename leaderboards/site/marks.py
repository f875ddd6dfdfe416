"""Marks that tell series apart by colour and by shape, and the names beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from bench.core.showing.plain_text import plain_text
from leaderboards.site.drawing import SERIES, tag


def short(text: str, most: int = 34) -> str:
    """Shorten a name for a legend; its middle goes.

    Args:
        text: the name.
        most: characters that are left.

    >>> short("abcdefghij", 7)
    'abc…hij'
    """
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[: most - 1 - half]}…{text[-half:]}"


def legend(names: Sequence[str], left: float, top: float) -> Iterable[Markup]:
    """Name the series, one below the other.

    Args:
        names: of the series, in order.
        left: where the marks stand.
        top: where the first of them does.
    """
    for number, name in enumerate(names):
        y = top + 20 * number
        yield mark(number, left + 6, y)
        yield tag("text", short(plain_text(name)), x=left + 18, y=y + 4, klass="small")


def mark(number: int, x: float, y: float) -> Markup:
    """Draw a series' mark: shape and colour both tell it apart.

    Args:
        number: of the series.
        x: where its middle is.
        y: likewise.
    """
    klass = f"s{number % len(SERIES)}"
    if number % 4 == 0:
        return tag("circle", klass=klass, cx=x, cy=y, r=4.5)
    shapes = {
        1: ((-4, -4), (4, -4), (4, 4), (-4, 4)),
        2: ((0, -5), (5, 4), (-5, 4)),
        3: ((0, -6), (6, 0), (0, 6), (-6, 0)),
    }
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in shapes[number % 4])
    return tag("polygon", klass=klass, points=points)
