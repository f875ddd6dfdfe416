"""A paper's table as text: ours beside the published figures, and what becomes of the paper's claims."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bench.cli.report import listed, speakers
from bench.scoring.names import FEW_SPEAKERS

if TYPE_CHECKING:
    from leaderboards.reproduce.shape import Claim, Shown, Table, TableValue

_LEAST_WIDTH = 160


def show(found: Iterable[Shown]) -> None:
    """Print tables of papers, each with its claims and notes."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as Grid

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _LEAST_WIDTH)
    for table in (one.shown() for one in found):
        console.print("\n" + headline(table), markup=False, soft_wrap=True)
        grid = Grid(*(table.rows[0] if table.rows else ()), box=box.SIMPLE_HEAD)
        for row in table.rows:
            grid.add_row(*(cell(name, value) for name, value in row.items()))
        console.print(grid, markup=False)
        for line in (*map(verdict, table.claims), *table.notes, *caution(table)):
            console.print(line, markup=False, soft_wrap=True)


def headline(table: Table) -> str:
    """Say which table it is, and what it rests on."""
    about = table.about
    words = [f"{name.replace('_', ' ')} {value}" for name, value in about.names().items() if value is not None]
    numbers = [f"fold {listed(about.folds)}", f"seed {listed(about.seeds)}"]
    rests = f"{about.n} utterances of {speakers(about.speakers)}"
    return " · ".join([table.paper, *words, *numbers, rests])


def caution(table: Table) -> list[str]:
    """Say what there is to say of a table of few speakers; nothing of others."""
    if table.about.speakers >= FEW_SPEAKERS:
        return []
    return [f"{speakers(table.about.speakers)} can say little about others: --fold all tests every speaker."]


def cell(name: str, value: TableValue) -> str:
    """Write one value of a table; a dash where there is none.

    Args:
        name: the column, which says whether figures are differences, written with a sign.
        value: what stands in it.

    >>> cell("gain", None), cell("published gain", 0.05), cell("published accuracy", 0.5)
    ('-', '+0.05', '0.50')
    """
    if value is None:
        return "-"
    if isinstance(value, float):
        signed = any(word in name for word in ("gain", "impact", "activation", "valence", "P1"))
        return f"{value:{'+' if signed else ''}.2f}"
    return str(value)


def verdict(claim: Claim) -> str:
    """Write a claim and what becomes of it on one line."""
    ours = "" if claim.ours is None else f"; ours {claim.ours}"
    published = "" if claim.published is None else f"; published {claim.published:+.2f}"
    return f"{claim.verdict}: {claim.text}{ours}{published}"
