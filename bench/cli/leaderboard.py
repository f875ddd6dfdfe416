"""`bench leaderboard`: ranked tables from records, and a whole site."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.core.errors import DataError
    from leaderboards.site.exchange.files import SiteOptions

BUILD = "build"
_RUNS = "The --out folders of one or more bench runs; after the word build (./build is a folder), a whole site of them."

_FIGURES = Annotated[
    str, typer.Option(help="The site's pictures also as png, pdf or png,pdf; needs matplotlib.", metavar="FORMATS")
]
_DATED = Annotated[
    str | None,
    typer.Option(help="When the site is published; Every Eval Ever's files are written then.", metavar="YYYY-MM-DD"),
]
_SOUNDS = Annotated[
    int,
    typer.Option(help="Examples to hear on each page, of bench run --keep-audio; publish only what you may.", min=0),
]
_HUB = Annotated[
    str | None,
    typer.Option(help="A benchmark's dataset on the Hugging Face Hub, for .eval_results files.", metavar="OWNER/NAME"),
]


def leaderboard(
    runs: Annotated[list[str], typer.Argument(help=_RUNS, metavar="[build] RUN...")],
    out: Annotated[Path, typer.Option(help="Where leaderboard.md, leaderboard.csv and index.html, or the site, go.")],
    figures: _FIGURES = "",
    dated: _DATED = None,
    sounds: _SOUNDS = 0,
    hub_dataset: _HUB = None,
) -> None:
    """Rank victims under their defences by robust accuracy: what is recognised, and stays so under attack.

    bench leaderboard RUN... --out DIR writes three files; bench leaderboard build RUN... --out DIR writes a site with a
    ranked table a track, plots, a page an entry, and files in other formats, which works without a server.
    """
    from bench.core.errors import UsageError
    from bench.evaluation.options import check_writable

    whole = runs[0] == BUILD
    folders = [Path(run) for run in (runs[1:] if whole else runs)]
    if not folders:
        raise UsageError(
            "RUN", "none", "the --out folder of a bench run", "bench leaderboard build bench-run --out site"
        )
    check_writable(out)

    from bench.cli.score import say_passed_over
    from leaderboards.site.exchange.files import SiteOptions

    options = SiteOptions.of(figures, dated, hub_dataset, sounds)
    if not whole and options != SiteOptions():
        found = "--figures, --dated, --sounds or --hub-dataset without the word build"
        raise UsageError("bench leaderboard", found, "a site", "bench leaderboard build RUN... --out DIR --figures pdf")
    passed_over: list[DataError] = []
    made = _site(folders, out, options, passed_over) if whole else _board(folders, out, passed_over)
    for path in made:
        say(str(path))
    say_passed_over(passed_over)


def _board(folders: Sequence[Path], out: Path, passed_over: list[DataError]) -> list[Path]:
    from bench.evaluation.runs import read_results
    from leaderboards.board import write_board
    from leaderboards.sources import check_distinct

    results = read_results(folders, instead=passed_over.append)
    check_distinct(results, folders)
    return write_board(results, out)


def _site(folders: Sequence[Path], out: Path, options: SiteOptions, passed_over: list[DataError]) -> list[Path]:
    from bench.evaluation.runs import read_results
    from leaderboards.site.build import build_site
    from leaderboards.site.facts import Gathered
    from leaderboards.sources import check_distinct

    results = read_results(folders, instead=passed_over.append)
    check_distinct(results, folders)
    return build_site(results, Gathered.of(folders), out, options, passed_over.append)[:1]
