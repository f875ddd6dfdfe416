"""A rectangle with axes, in which figures have places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from leaderboards.site.drawing import tag


@dataclass(frozen=True)
class Plane:
    """Map figures to places: a rectangle with axes.

    Args:
        left: where it begins.
        top: likewise.
        width: of the rectangle.
        height: likewise.
        x: least and greatest value across.
        y: likewise, upwards.
    """

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float] = (0.0, 1.0)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a point.

        Args:
            x: its value across.
            y: its value upwards.
        """
        low, high = self.x
        across = (x - low) / (high - low) if high > low else 0.5
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def axes(self, across: str, upwards: str, xs: Sequence[float], ys: Sequence[float]) -> Iterable[Markup]:
        """Draw both axes with the values that are named.

        Args:
            across: what the horizontal axis shows.
            upwards: what the vertical one shows.
            xs: values named on the one.
            ys: values named on the other.
        """
        bottom, right = self.top + self.height, self.left + self.width
        for y in ys:
            place = self.at(self.x[0], y)[1]
            yield tag("line", klass="grid", x1=self.left, x2=right, y1=place, y2=place)
            yield tag("text", f"{y:g}", x=self.left - 6, y=place + 4, text_anchor="end")
        for x in xs:
            place = self.at(x, self.y[0])[0]
            yield tag("text", f"{x:g}", x=place, y=bottom + 18, text_anchor="middle")
        yield tag("line", klass="axis", x1=self.left, x2=right, y1=bottom, y2=bottom)
        yield tag("text", across, x=self.left + self.width / 2, y=bottom + 38, text_anchor="middle")
        yield tag("text", upwards, x=self.left - 40, y=self.top - 16)
