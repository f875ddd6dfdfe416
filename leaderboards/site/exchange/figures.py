"""The site's pictures as PNG and PDF for papers and slides, with matplotlib (the extra `plots`).

They are redrawn from the elements of the very pictures that the pages show, so that no figure has a second source.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from bench.core.errors import UsageError
from leaderboards.site.drawing import SERIES, Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = ("png", "pdf")
_GREYS = {"axis": "#999999", "grid": "#dddddd", "clean": "#888888", "heat": "#ffffff"}
_WIDTHS = {"line": 1.6, "bar": 1.0, "clean": 1.6}
_TURNED = re.compile(r"rotate\((-?[\d.]+) ")
_UNDATED = {"png": {}, "pdf": {"CreationDate": None}}
_INCH = 100.0
_SIDES = {"start": "left", "middle": "center", "end": "right"}


def check_kinds(kinds: Sequence[str]) -> None:
    """Raise a UsageError where pictures cannot be written in formats.

    Args:
        kinds: file endings.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise UsageError("--figures", repr(kind[:40]), " or ".join(KINDS), "SVG is always there")
    if kinds and find_spec("matplotlib") is None:
        raise UsageError("--figures", "no matplotlib", "the extra 'plots'", "pip install 'serbench[plots]'")


def rendered(picture: Picture, kind: str) -> bytes:
    """Draw a picture in another format: PNG with 200 dots per inch, or PDF with text that stays text.

    The same picture gives the same bytes with the same version of matplotlib.

    Args:
        picture: of the site.
        kind: "png" or "pdf".
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"font.size": 8.6, "pdf.fonttype": 42, "text.parse_math": False}):
        figure = Figure(figsize=(picture.width / _INCH, picture.height / _INCH))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, picture.width), ylim=(picture.height, 0))
        axes.axis("off")
        for order, one in enumerate(ElementTree.fromstring(picture.svg(alone=True))):  # noqa: S314  # our own, just written
            _draw(axes, one, order)
        written = io.BytesIO()
        figure.savefig(written, format=kind, dpi=200, metadata=_UNDATED[kind])
    return written.getvalue()


def _draw(axes: Axes, element: ElementTree.Element, order: int) -> None:
    name, at = element.tag.rpartition("}")[2], element.attrib
    classes = at.get("class", "").split()
    colour = _colour(classes)
    width = next((_WIDTHS[one] for one in classes if one in _WIDTHS), 0.8)
    if name == "line":
        ends = [float(at[one]) for one in ("x1", "x2", "y1", "y2")]
        axes.plot(ends[:2], ends[2:], color=colour, linewidth=width, solid_capstyle="butt", zorder=order)
    elif name == "text":
        _write(axes, element, classes, order)
    else:
        _fill(axes, name, at, colour, order)


def _fill(axes: Axes, name: str, at: dict[str, str], colour: str, order: int) -> None:
    from matplotlib.patches import Circle, Polygon, Rectangle

    if name == "circle":
        axes.add_patch(Circle((float(at["cx"]), float(at["cy"])), float(at["r"]), color=colour, zorder=order))
    elif name == "polygon":
        points = [tuple(map(float, point.split(","))) for point in at["points"].split()]
        axes.add_patch(Polygon(points, color=colour, zorder=order))
    elif name == "rect":
        left, top, wide, high = (float(at[one]) for one in ("x", "y", "width", "height"))
        opacity = float(at.get("fill-opacity", 1.0))
        face = Rectangle((left, top), wide, high, facecolor=colour, alpha=opacity, edgecolor="none", zorder=order)
        axes.add_patch(face)
        axes.add_patch(Rectangle((left, top), wide, high, fill=False, edgecolor="#ffffff", linewidth=1, zorder=order))


def _write(axes: Axes, element: ElementTree.Element, classes: Sequence[str], order: int) -> None:
    at = element.attrib
    turned = _TURNED.match(at.get("transform", ""))
    axes.text(
        float(at["x"]),
        float(at["y"]),
        element.text or "",
        ha=_SIDES[at.get("text-anchor", "start")],
        va="baseline",
        rotation=0.0 if turned is None else -float(turned[1]),
        rotation_mode="anchor",
        color="#ffffff" if "strong" in classes else "#1a1a1a",
        fontsize=7.9 if "small" in classes else 8.6,
        zorder=order,
    )


def _colour(classes: Sequence[str]) -> str:
    """The colour that the style sheet gives: of a series, or a grey."""
    series = [int(one[1:]) for one in classes if re.fullmatch(r"s\d", one)]
    return SERIES[series[0]] if series else next((_GREYS[one] for one in classes if one in _GREYS), "#1a1a1a")
