"""A paper's table as text: ours beside the published figures, and what becomes of the paper's claims."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bench.cli.report import listed, speakers
from bench.scoring.record_files.names import few_say_little

if TYPE_CHECKING:
    from leaderboards.reproduce.claims import Claim
    from leaderboards.reproduce.shape import Table, TableValue

_LEAST_WIDTH = 160
RULES = {"westfall-young": "by signs flipped together (Westfall and Young)", "holm": "after Holm"}
"""By which p are adjusted for their number, as lines under tables say it."""


def show(found: Iterable[Table]) -> None:
    """Print tables of papers, each with its claims and notes."""
    from rich import box
    from rich.table import Table as Grid

    from bench.cli.tables import print_table
    from bench.core.showing.consoles import PlainConsole

    console = PlainConsole()
    if not console.is_terminal:
        console.width = max(console.width, _LEAST_WIDTH)
    for table in found:
        console.print("\n" + headline(table), soft_wrap=True)
        grid = Grid(*(table.rows[0] if table.rows else ()), box=box.SIMPLE_HEAD)
        for row in table.rows:
            grid.add_row(*(cell(name, value) for name, value in row.items()))
        print_table(console, grid)
        for line in (*map(verdict, table.claims), *corrected(table), *table.notes, *caution(table)):
            console.print(line, soft_wrap=True)


def headline(table: Table) -> str:
    """Say which table it is, and what it rests on."""
    about = table.about
    words = [f"{name.replace('_', ' ')} {value}" for name, value in about.names().items() if value is not None]
    numbers = [f"fold {listed(about.folds)}", f"seed {listed(about.seeds)}"]
    rests = f"{about.n} utterances of {speakers(about.speakers)}"
    return " · ".join([table.paper, *words, *numbers, rests])


def caution(table: Table) -> list[str]:
    """Say what there is to say of a table of few speakers; nothing of others."""
    found = few_say_little(table.about.speakers)
    return [] if found is None else [f"{found}."]


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
        signed = any(word in name for word in ("gain", "impact", "relative", "as UAR"))
        return f"{value:{'+' if signed else ''}.2f}"
    return str(value)


def verdict(claim: Claim) -> str:
    """Write a claim and what becomes of it on one line."""
    why = "" if claim.why is None else f" ({claim.why})"
    ours = "" if claim.ours is None else f"; ours {claim.ours}"
    p = "" if claim.p_adjusted is None else f", p {p_value(claim.p_adjusted)}"
    figures = [] if claim.published is None else [f"{claim.published:+.2f}"]
    figures += [f"{figure:+.2f} ({what})" for what, figure in claim.beside]
    published = f"; published {', '.join(figures)}" if figures else ""
    return f"{claim.verdict}{why}: {claim.text}{ours}{p}{published}"


def p_value(p: float) -> str:
    """Write a p after its sign; what is too small to be told is not 0.

    >>> p_value(0.0312), p_value(0.0000004)
    ('= 0.031', '< 0.001')
    """
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def corrected(table: Table) -> list[str]:
    """Say over how many claims the verdicts of a table are corrected; nothing where it has none."""
    if not table.claims:
        return []
    count = f"{table.family} claims" if table.family != 1 else "1 claim"
    rule = RULES[table.rule or "westfall-young"]
    return [f"Verdicts: two-sided tests over speakers at 5 %, p {rule} over the {count} of this run with a test."]
