"""The one console for tables and lines: whatever stands in them is text, and neither mark-up nor an escape."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from bench.core.showing.plain_text import plain_text


class PlainConsole(Console):
    """A console that shows every text as it is: `[b]` and `:heart:` too, and escapes written out.

    Texts in tables, titles and bars come from labels, speakers, files and services; none of them is mark-up.

    Args:
        stderr: whether it writes to standard error.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Turn a text into what is shown, whoever asks: a line, a cell, a title.

        Args:
            text: as it is.
            **options: rich's own: style, justify, overflow ...
        """
        return super().render_str(plain_text(text), **(options | {"markup": False, "emoji": False, "highlight": False}))
