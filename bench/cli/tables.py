"""The tables of a run: scores, tests between conditions, rankings; each fits 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bench.scoring.results import PooledScores
    from leaderboards.ranking import Board


def narrow_table(*titles: str) -> Table:
    """Make a table whose columns stand as close as they can."""
    from rich import box
    from rich.table import Table

    return Table(*titles, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


def print_table(console: Console, table: Table) -> None:
    """Print a table so that no interval is broken in two and nothing is cut: what is too wide stands line by line.

    A pipe has no width: there a table is as wide as it needs to be.

    Args:
        console: where to.
        table: any.
    """
    from rich.cells import cell_len
    from rich.measure import Measurement

    for column in table.columns:
        if column.no_wrap or any("[" in str(cell) for cell in column.cells):
            column.min_width = max(cell_len(str(cell)) for cell in column.cells)
    needed = Measurement.get(console, console.options.update(width=10_000), table).minimum
    if needed <= console.width or not console.is_terminal:
        console.width = max(console.width, needed)
        console.print(table)
        return
    console.print()
    for row in zip(*(column.cells for column in table.columns), strict=True):
        for column, cell in zip(table.columns, row, strict=True):
            console.print(f"{column.header}: {cell}", soft_wrap=True)
        console.print()


def attack_table(entry: PooledScores) -> Table:
    """Lay out the scores as a table, a line for each Corr, Noises and k, in the order of P1's Table 2."""
    table = narrow_table("Corr", "Noises")
    table.add_column("k", justify="right")
    pcm = any(score.acc_att_pcm is not None for score in entry.scores)
    ccc = entry.dimension is not None
    for title in ("robust accuracy", "Acc_att", *(("PCM",) if pcm else ()), *(("CCC after",) if ccc else ()), "n"):
        table.add_column(title, no_wrap=True, justify="right" if title == "n" else "left")
    last: tuple[bool, str] | None = None
    for score in entry.scores:
        condition = (score.corr, score.noises)
        names = ("", "") if condition == last else (yes_or_no(score.corr), score.noises)
        known = ("" if score.acc_att_pcm is None else f"{score.acc_att_pcm.value:.2f}",) if pcm else ()
        after = () if score.ccc is None else (f"{score.ccc.value:.2f}",)
        figures = (str(score.robust_accuracy), str(score.acc_att), *known, *after, str(score.acc_att.n))
        table.add_row(*names, str(score.k), *figures)
        last = condition
    return table


def halves_table(entry: PooledScores) -> Table:
    """Lay out Acc_att with either half of the bank as a table, a line for each Corr, Noises and k."""
    table = narrow_table("Corr", "Noises")
    whole = {(one.corr, one.noises, one.k): one.acc_att for one in entry.scores}
    for title in ("k", "all", "first half", "second half", "difference"):
        table.add_column(title, no_wrap=True, justify="right" if title == "k" else "left")
    for one in entry.bank_halves:
        figures = [str(one.acc_att[half]) for half in ("first", "second")]
        all_of_them = f"{whole[one.corr, one.noises, one.k].value:.2f}"
        table.add_row(yes_or_no(one.corr), one.noises, str(one.k), all_of_them, *figures, str(one.difference))
    return table


def ranking_table(board: Board) -> Table:
    """Lay out a ranking as a table that fits 80 columns."""
    table = narrow_table()
    table.add_column("rank", no_wrap=True)
    for title in ("victim", "defence"):
        table.add_column(title, overflow="fold", ratio=1)
    for title in ("robust accuracy", f"clean {board.clean_name}", "Acc_att"):
        table.add_column(title, no_wrap=True)
    for line in board.lines:
        rank = "–" if line.rank is None else str(line.rank)
        plain = (f"{one.value:.2f}" for one in (line.entry.clean.main, line.score.acc_att))
        table.add_row(rank, line.victim, line.defense, str(line.score.robust_accuracy), *plain)
    return table


def tests_table(entry: PooledScores) -> Table:
    """Lay out the tests between conditions as a table, a line for each test that p was adjusted for."""
    from bench.scoring.entries.lines import plain_p

    table = narrow_table("Tested", "With")
    for title in ("k", "Difference", "p", "Holm p", "Seen", "P1's t"):
        table.add_column(title, no_wrap=True, justify="right" if title == "k" else "left")
    for test in entry.tests:
        given = test.noises or f"Corr {yes_or_no(bool(test.corr))}"
        what = "Corr" if test.compared == "corr" else "Noises"
        detectable, p1 = f"{test.found.detectable:.2f}", plain_p(test.p1_holm)
        figures = (str(test.found.difference), plain_p(test.p), plain_p(test.p_holm), detectable, p1)
        table.add_row(what, given, str(test.k), *figures)
    return table


def tests_legend(entry: PooledScores) -> list[str]:
    """Say what the columns of a table of tests are."""
    lines = [
        "Difference: Corr yes − no, or noises all − imperceptible, same utterances.",
        "p: the greater of sign-flip over speakers and t on speaker sums.",
        f"Holm p: adjusted for the {entry.tests[0].family} tests of this table.",
        "Seen: the smallest true difference that is found at 0.05 four times in five.",
        "P1's t: Holm p of P1's t-test, which takes a speaker's utterances for independent.",
    ]
    untested = next((test.found.test for test in entry.tests if test.p is None), None)
    return lines if untested is None else [lines[0], f"p –: {untested}.", *lines[3:]]


def yes_or_no(truth: bool) -> str:
    """Write a truth value as options take it.

    >>> yes_or_no(True)
    'yes'
    """
    return "yes" if truth else "no"
