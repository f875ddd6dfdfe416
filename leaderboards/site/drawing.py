"""Pictures as SVG, written by hand: scales, axes and text that stays text, with no library and the same every time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from bench.core.plain_text import plain_text

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#3b8ec4", "#b03a2e", "#6c4f9e")
"""Colours that the colour-blind tell apart; in the page, style sheets lighten them for the dark."""
_STYLE = "".join(f".s{number}{{stroke:{colour};fill:{colour}}}" for number, colour in enumerate(SERIES)) + (
    "svg{font:12px system-ui,sans-serif;background:#fff;color:#1a1a1a}text{fill:currentColor;stroke:none}"
    ".axis{stroke:#999}.grid{stroke:#ddd}.line{fill:none;stroke-width:2}.bar{stroke-width:1.2}"
    ".clean{stroke:#888;stroke-width:2}.heat{stroke:#fff}.low{fill:#fff}.small{font-size:11px}"
)


def tag(name: str, text: object = "", **attributes: object) -> Markup:
    """Write one element.

    Args:
        name: of the element.
        text: inside it; escaped unless it is `Markup`.
        **attributes: escaped; `klass` is class, and _ stands for -.
    """
    named = {("class" if key == "klass" else key.replace("_", "-")): value for key, value in attributes.items()}
    told = Markup("").join(Markup(' {}="{}"').format(key, _plain(value)) for key, value in named.items())
    inside = text if isinstance(text, Markup) else escape(plain_text(str(text)))
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), told, inside)


def _plain(value: object) -> object:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value


@dataclass(frozen=True)
class Picture:
    """Hold a picture.

    Args:
        id: unique in a page.
        title: what it shows.
        says: the same for who cannot see it.
        width: in units of its own.
        height: likewise.
        parts: elements.
    """

    id: str
    title: str
    says: str
    width: int
    height: int
    parts: tuple[Markup, ...]

    def svg(self, alone: bool = False) -> Markup:
        """Return it as one element.

        Args:
            alone: as a file of its own, with its colours in it; else a page's style sheet has them.
        """
        own = tag("style", Markup(_STYLE)) if alone else Markup("")
        title = tag("title", self.title, id=f"{self.id}-title")
        says = tag("desc", self.says, id=f"{self.id}-says")
        where = {"xmlns": "http://www.w3.org/2000/svg"} if alone else {}
        return tag(
            "svg",
            Markup("").join((title, says, own, *self.parts)),
            **where,
            viewBox=f"0 0 {self.width} {self.height}",
            role="img",
            aria_labelledby=f"{self.id}-title {self.id}-says",
            **({"width": self.width, "height": self.height} if alone else {}),
        )


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
