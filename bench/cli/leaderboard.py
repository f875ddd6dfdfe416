"""`bench leaderboard`: ranked tables from records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bench.core.errors import DataError


def leaderboard(
    runs: Annotated[list[Path], typer.Argument(help="The --out folders of one or more bench runs.", metavar="RUN...")],
    out: Annotated[Path, typer.Option(help="Where leaderboard.md, leaderboard.csv and index.html go.")],
) -> None:
    """Rank victims under their defences by robust accuracy: what is recognised, and stays so under attack."""
    from bench.evaluation.options import check_writable

    check_writable(out)

    from bench.cli.score import say_passed_over
    from bench.evaluation.runs import read_results
    from leaderboards.board import write_board
    from leaderboards.sources import check_distinct

    passed_over: list[DataError] = []
    results = read_results(runs, instead=passed_over.append)
    check_distinct(results, runs)
    for path in write_board(results, out):
        typer.echo(str(path))
    say_passed_over(passed_over)
