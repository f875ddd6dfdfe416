"""`bench reproduce`: a paper's table from runs of one's own, with the published figures beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.arguments import (
    DATA,
    DEFENSE,
    FOLDS,
    LIMIT,
    MACHINE,
    OUT,
    VICTIM,
    Asked,
    DryRun,
    Json,
    Offered,
    Several,
    asking,
)
from bench.cli.reproduce_blocks import p4_blocks
from bench.cli.reproduce_claims import claims
from bench.cli.reproduce_tables import OFFERS, Offer

if TYPE_CHECKING:
    from bench.evaluation.plans.options import Options

app = typer.Typer(
    help="Make a paper's table, ours beside the published one.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback()
def _group() -> None:
    """Make a paper's table, ours beside the published one."""


Percents = Annotated[list[int], typer.Option(metavar="N", help="Of adversarial examples, from 1 to 100.")]
Splits = Annotated[Several, typer.Option(metavar="NAME", help="As in bench run; may be given several times.")]
Plot = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Draw the curves into this file: .png, .svg or .pdf (extra: plots).")
]


def _table(offer: Offer) -> Offered:
    """Options that a run has too. The table chooses attacks, and most of them their defences."""
    return {
        "victim": replace(VICTIM, help="Who is tested.", default=list(offer.victims)),
        **({"defense": DEFENSE} if "defense" in offer.options else {}),
        **DATA,
        "task": Asked("tasks", Several, "NAME", offer.paper, list(offer.tasks)),
        "fold": replace(FOLDS["fold"], default="all"),
        "seeds": FOLDS["seeds"],
        "limit": LIMIT,
        **MACHINE,
        "out": replace(OUT, default=Path(offer.out)),
    }


def _command(offer: Offer) -> Callable[..., None]:
    """A command that makes a table."""
    splits, percents = list(offer.splits), list(range(10, 101, 10))

    def command(options: Options, split: Splits = splits, dry_run: DryRun = False, json: Json = None) -> None:
        reproduce(offer, options, split, dry_run, json)

    def curves(
        options: Options,
        split: Splits = splits,
        percent: Percents = percents,
        plot: Plot = None,
        dry_run: DryRun = False,
        json: Json = None,
    ) -> None:
        reproduce(offer, options, split, dry_run, json, plot, percents=percent)

    chosen = curves if "percent" in offer.options else command
    chosen.__doc__ = f"{offer.text}\n\nThe same command goes on after an interruption."
    return asking(_table(offer), ks=(1,))(chosen)


for _offer in OFFERS:
    app.command(_offer.name, short_help=_offer.short)(_command(_offer))
app.command("p4_blocks", short_help="How many utterances and blocks there are.")(p4_blocks)
app.command("claims", short_help="Every claim of several tables in one, corrected together.")(claims)


def reproduce(
    offer: Offer,
    options: Options,
    splits: Sequence[str],
    dry_run: bool,
    json: str | None,
    plot: Path | None = None,
    **more: Any,
) -> None:
    """Run what a table needs, and print it or write it as JSON.

    Args:
        offer: which table.
        options: of its runs, but for the split.
        splits: one table for each.
        dry_run: say what would run, and run nothing.
        json: the file to write, - for standard output; None to print.
        plot: the file to draw curves into.
        **more: what the table's module asks for beside.
    """
    from importlib import import_module

    from bench.cli.forecast import dry
    from bench.cli.report import check_json_target
    from leaderboards.curve_plot import check_plot_target

    check_json_target(json)
    if plot is not None:
        check_plot_target(plot, "--plot", "leave out --plot: the figures are printed all the same")
    table = import_module(f"leaderboards.reproduce.{offer.name}")
    asked = [one for split in splits for one in table.asked(replace(options, split=split), **more)]
    if dry_run:
        dry(asked, json)
    else:
        _run(table, asked, json, plot)


def _run(table: Any, asked: Sequence[Options], json: str | None, plot: Path | None) -> None:
    from bench.cli.report import say_failures, write_json
    from bench.cli.reproduce_show import show
    from bench.core.showing.progress import for_terminal
    from bench.evaluation.run import execute_all

    done = execute_all(asked, for_terminal())
    found = table.tables(done.cells)
    if plot is not None and found:
        table.draw(done.cells, plot)
    if write_json({"schema": 2, "tables": [one.to_json() for one in found]}, json):
        show(found)
    say_failures(done.failures, asked[0].out)
