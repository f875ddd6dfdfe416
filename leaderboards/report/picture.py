"""The report's picture: what is left of a model, attempt by attempt, with the band that the data leave open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from markupsafe import Markup

from bench.scoring.inference.estimates import Estimate
from leaderboards.site.drawing import Picture, tag
from leaderboards.site.marks import legend, mark
from leaderboards.site.plane import Plane

Curve = Sequence[tuple[int, Estimate]]
"""Robust accuracy by the number of queries allowed; at 0 what is recognised when nobody attacks."""
_TENTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
MOST_POINTS = 12


def chosen_ks(most: int) -> list[int]:
    """Choose the numbers of queries at which a curve is drawn.

    Args:
        most: the greatest.

    >>> chosen_ks(4), chosen_ks(100)[:3], chosen_ks(100)[-1], len(chosen_ks(100))
    ([1, 2, 3, 4], [1, 10, 19], 100, 12)
    """
    if most <= MOST_POINTS:
        return [*range(1, most + 1)]
    return sorted({round(1 + (most - 1) * place / (MOST_POINTS - 1)) for place in range(MOST_POINTS)})


def robust_curves(id: str, curves: Mapping[str, Curve]) -> Picture:
    """Draw robust accuracy against k, a line and a band for each kind of successes.

    Args:
        id: unique in the page.
        curves: by what is counted, at least one.
    """
    most = max(k for curve in curves.values() for k, _ in curve)
    named = sorted({0, *(k for curve in curves.values() for k, _ in curve)})
    shown = named if len(named) <= MOST_POINTS + 1 else [0, *chosen_ks(most)]
    plane = Plane(52, 34, 400, 220, (0, most))
    parts = [*plane.axes("attempts allowed, k", "share still recognised (robust accuracy)", shown, _TENTHS)]
    told = []
    for number, (name, curve) in enumerate(curves.items()):
        parts += _band(plane, number, curve)
        parts += _line(plane, number, curve)
        told.append(f"{name}: " + ", ".join(f"{one.value:.2f} at k = {k}" for k, one in curve))
    parts += legend([*curves], 476, 44)
    title = "What is left, attempt by attempt; the band is the 95 % interval"
    return Picture(id, title, "; ".join(told), 720, 300, tuple(parts))


def _band(plane: Plane, number: int, curve: Curve) -> Iterable[Markup]:
    there = [plane.at(k, one.high) for k, one in curve]
    back = [plane.at(k, one.low) for k, one in reversed(curve)]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (*there, *back))
    yield tag("polygon", klass=f"s{number}", points=points, fill_opacity=0.2, stroke_opacity=0)


def _line(plane: Plane, number: int, curve: Curve) -> Iterable[Markup]:
    places = [plane.at(k, one.value) for k, one in curve]
    for (x1, y1), (x2, y2) in pairwise(places):
        yield tag("line", klass=f"s{number} line", x1=x1, y1=y1, x2=x2, y2=y2)
    for x, y in places:
        yield mark(number, x, y)
