"""Small tables of results, as text and as HTML: text from outside stays text."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Sequence

from bench.core.showing.plain_text import plain_text


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a table as text.

    Args:
        heads: of the columns.
        rows: of cells, as many each.

    >>> print(text_table(["k", "n"], [["5", "16"]]))
    k    n
    ---  ---
    5    16
    """
    from tabulate import tabulate

    cells = [[plain_text(cell) for cell in row] for row in rows]
    return str(tabulate(cells, list(heads), tablefmt="simple", disable_numparse=True))


def html_table(heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """Lay out a table as HTML, everything in it escaped.

    Args:
        heads: of the columns.
        rows: of cells, as many each.
        caption: above it; "" for none.

    >>> html_table(["a"], [["<b>"]])
    '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """

    def row(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(plain_text(cell))}</{tag}>" for cell in cells) + "</tr>"

    above = f"<caption>{html.escape(plain_text(caption))}</caption>" if caption else ""
    body = "".join(row(cells, "td") for cells in rows)
    return f"<table>{above}<thead>{row(heads, 'th')}</thead><tbody>{body}</tbody></table>"


class ShownAsTable(ABC):
    """Show a result as a table: printed, in a shell, and in a notebook."""

    @abstractmethod
    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Return the heads of its columns, and its rows."""

    def __str__(self) -> str:
        """Return the table as text."""
        return text_table(*self.table())

    def __repr__(self) -> str:
        """Return the same."""
        return str(self)

    def _repr_html_(self) -> str:
        return html_table(*self.table())
