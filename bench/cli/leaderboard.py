"""`bench leaderboard`: ranked tables from records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def leaderboard(
    runs: Annotated[list[Path], typer.Argument(help="The --out folders of one or more bench runs.", metavar="RUN...")],
    out: Annotated[Path, typer.Option(help="Where leaderboard.md, leaderboard.csv and index.html go.")],
) -> None:
    """Rank victims under their defences by robust accuracy: what is recognised, and stays so under attack."""
    from bench.evaluation.options import check_writable

    check_writable(out)

    from bench.evaluation.runs import read_results
    from leaderboards.board import write_board

    for path in write_board(read_results(runs), out):
        typer.echo(str(path))
