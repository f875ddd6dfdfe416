"""Pictures as SVG, written by hand: scales, axes and text that stays text, with no library and the same every time."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from bench.core.showing.plain_text import plain_text

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#3b8ec4", "#b03a2e", "#6c4f9e")
"""Colours that the colour-blind tell apart; in the page, style sheets lighten them for the dark."""
_STYLE = "".join(f".s{number}{{stroke:{colour};fill:{colour}}}" for number, colour in enumerate(SERIES)) + (
    "svg{font:12px system-ui,sans-serif;background:#fff;color:#1a1a1a}text{fill:currentColor;stroke:none}"
    ".axis{stroke:#999}.grid{stroke:#ddd}.line{fill:none;stroke-width:2}.bar{stroke-width:1.2}"
    ".clean{stroke:#888;stroke-width:2}.heat{stroke:#fff}.strong{fill:#fff}.small{font-size:11px}"
)


def tag(name: str, text: object = "", **attributes: object) -> Markup:
    """Write one element.

    Args:
        name: of the element.
        text: inside it; escaped unless it is `Markup`.
        **attributes: escaped; `klass` is class, and _ stands for -.
    """
    named = {("class" if key == "klass" else key.replace("_", "-")): value for key, value in attributes.items()}
    told = "".join(f' {key}="{escape(_plain(value))}"' for key, value in named.items())
    inside = text if isinstance(text, Markup) else escape(plain_text(str(text)))
    return Markup(f"<{name}{told}>{inside}</{name}>")  # noqa: S704  # names are ours


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
        own = tag("style", Markup(_STYLE)) if alone else Markup("")  # noqa: S704  # a constant
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
