"""`bench leaderboard`: ranked tables from records, and a whole site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from bench.cli.leaderboard_entries import add, rounds
from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.core.errors import DataError
    from bench.scoring.results import Results
    from leaderboards.site.facts import Gathered

RANK = "rank"

Runs = Annotated[list[Path], typer.Argument(help="The --out folders of bench runs, or boards.", metavar="RUN...")]


class _RankUnlessNamed(TyperGroup):
    """Takes words without the name of a command as runs to rank."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Put the command first, before options that were written before it."""
        at = 0
        while at < len(args) and args[at].startswith("--") and args[at] not in ctx.help_option_names:
            at += 1 if "=" in args[at] else 2
        if at < len(args) and args[at] in self.commands:
            args = [args[at], *args[:at], *args[at + 1 :]]
        elif args and args[0] not in ctx.help_option_names:
            args = [RANK, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_RankUnlessNamed,
    help="Rank victims and defences of some runs.\n\n"
    "bench leaderboard RUN... --out DIR is short for bench leaderboard rank.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback()
def _group() -> None:
    """Rank victims and defences of some runs."""


@app.command(RANK, short_help="Write ranked tables: Markdown, CSV and a plain page.")
def rank(
    runs: Runs,
    out: Annotated[Path, typer.Option(help="Where leaderboard.md, leaderboard.csv and index.html go.", metavar="DIR")],
) -> None:
    """Rank victims under their defences by robust accuracy: what is recognised, and stays so under attack.

    Three files: leaderboard.md, leaderboard.csv and index.html, a plain page.
    """
    from leaderboards.board import write_board

    _write(runs, out, lambda results, _, __: write_board(results, out))


@app.command("build", short_help="Write a whole site, which works without a server.")
def build(
    runs: Runs,
    out: Annotated[Path, typer.Option(help="Where the site goes.", metavar="DIR")],
    figures: Annotated[
        str, typer.Option(help="Its pictures also as png, pdf or png,pdf; needs matplotlib.", metavar="FORMATS")
    ] = "",
    dated: Annotated[
        str | None,
        typer.Option(help="When it is published; Every Eval Ever's files are written then.", metavar="YYYY-MM-DD"),
    ] = None,
    sounds: Annotated[
        int,
        typer.Option(
            help="Examples to hear on each page, of bench run --keep-audio; publish only what you may.",
            min=0,
            metavar="N",
        ),
    ] = 0,
    hub_dataset: Annotated[
        str | None,
        typer.Option(
            help="A benchmark's dataset on the Hugging Face Hub, for .eval_results files.", metavar="OWNER/NAME"
        ),
    ] = None,
) -> None:
    """Write a site of some runs, which works without a server.

    It has a ranked table a track, plots, a page an entry, and files in other formats.
    """
    from leaderboards.site.build import build_site
    from leaderboards.site.exchange.files import SiteOptions

    options = SiteOptions.of(figures, dated, hub_dataset, sounds)
    _write(runs, out, lambda results, facts, told: build_site(results, facts, out, options, told)[:1])


app.command("add", short_help="Take verified entries of others on to a board.")(add)
app.add_typer(rounds, name="round", short_help="Make up a round of attacks that nobody knows beforehand.")


def _write(
    runs: Sequence[Path],
    out: Path,
    written: Callable[[Results, Gathered, Callable[[DataError], None]], Sequence[Path]],
) -> None:
    from bench.cli.score import say_passed_over
    from bench.core.errors import UsageError
    from bench.evaluation.plans.options import check_writable
    from bench.evaluation.runs import read_results
    from bench.scoring.entries.fates import NotedFates
    from leaderboards.receipts import folders_in
    from leaderboards.site.facts import Gathered
    from leaderboards.sources import check_distinct

    folders = folders_in(runs)
    if not folders:
        raise UsageError(
            "RUN", "none", "the --out folder of a bench run", "bench leaderboard build bench-run --out site"
        )
    check_writable(out)
    passed_over: list[DataError] = []
    noted = NotedFates()
    results = read_results(folders, instead=passed_over.append, noted=noted)
    check_distinct(results, folders)
    for path in written(results, Gathered.of(folders, noted), passed_over.append):
        say(str(path))
    say_passed_over(passed_over)
