"""A run as one page, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.api.arguments import runs_of
from bench.api.plainly import plainly
from bench.core.errors import UsageError
from bench.core.keywords import check_typed


@plainly("bench.report")
def report(runs: str | Path | Sequence[str | Path], out: str | Path = Path("report.html")) -> Path:
    """Write a run as one page, in plain words, to hand to somebody else: `bench report` from Python.

    Args:
        runs: the folder of one run, or of several.
        out: the page, one HTML file.

    Returns:
        The file.

    Raises:
        bench.core.errors.BenchError: there is no such run, or the file cannot be written.
    """
    from bench.evaluation.plans.options import check_writable
    from bench.evaluation.runs import read_entries, read_results
    from leaderboards.report.build import write_report
    from leaderboards.sources import check_distinct

    check_typed("bench.report", {"out": out}, {"out": (str, Path)})
    folders, page = runs_of("bench.report", runs), Path(out)
    if page.is_dir():
        raise UsageError(f"bench.report, out {page}", "a folder", "the name of a file", "for example out='report.html'")
    check_writable(page.parent)
    results = read_results(folders)
    check_distinct(results, folders)
    return write_report(results, read_entries(folders), page)
