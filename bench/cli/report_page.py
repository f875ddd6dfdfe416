"""`bench report`: a run as one page, in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.core.errors import DataError


def report(
    runs: Annotated[list[Path], typer.Argument(help="The --out folders of one or more bench runs.", metavar="RUN...")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The page, one HTML file.")] = Path("report.html"),
) -> None:
    """Write a run as one page, in plain words, to hand to somebody else: what was tested, how, and what came of it.

    The page is one HTML file that needs no other and asks no host for anything.
    """
    from bench.core.errors import UsageError
    from bench.evaluation.plans.options import check_writable

    if out.is_dir():
        raise UsageError(f"--out {out}", "a folder", "the name of a file", f"for example --out {out / 'report.html'}")
    check_writable(out.parent)

    from bench.cli.score import say_passed_over
    from bench.evaluation.runs import read_entries, read_results
    from leaderboards.report.build import write_report
    from leaderboards.sources import check_distinct

    passed_over: list[DataError] = []
    results = read_results(runs, instead=passed_over.append)
    check_distinct(results, runs)
    say(str(write_report(results, read_entries(runs, instead=lambda _: None), out)))
    say_passed_over(passed_over)
