"""`bench curve`: a victim's error against a parameter of an attack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leaderboards.curves import Curve


def curve(
    runs: Annotated[list[Path], typer.Argument(help="The --out folders of one or more bench runs.", metavar="RUN...")],
    parameter: Annotated[str, typer.Option(metavar="NAME", help="A number among the attack's parameters: epsilon.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw it into this file: .png, .svg or .pdf (extra: plots).")
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the curves as JSON to this file; - is standard output.")
    ] = None,
) -> None:
    """Show the error (1 - UAR, 1 - WAR) of victims against a parameter of an attack that asks once.

    There is one curve for each victim, defence and rest of the attack's spec.
    """
    from bench.cli.report import check_json_target, write_json

    check_json_target(json)
    if out is not None:
        from leaderboards.curve_plot import check_plot_target

        check_plot_target(out, instead="leave out --out: the figures are printed all the same")

    from bench.core.errors import DataError
    from bench.scoring.records import Store
    from bench.scoring.results import SCHEMA
    from leaderboards.curves import curves

    found = (cell for run in runs for cell in Store(run).cells())
    cells = {cell.key: cell for cell in found if cell.description.names.half is None}
    if not cells:
        raise DataError(runs[0], "no finished cell", "records of a bench run", "run it again to the end")
    drawn = curves((cells[key] for key in sorted(cells)), parameter)
    if out is not None:
        from leaderboards.curve_plot import draw

        draw(drawn, parameter, out)
    if write_json({"schema": SCHEMA, "parameter": parameter, "curves": [one.to_json() for one in drawn]}, json):
        _print(drawn, parameter)


def _print(drawn: Sequence[Curve], parameter: str) -> None:
    """A table for each curve."""
    from rich import box
    from rich.table import Table

    from bench.cli.tables import print_table
    from bench.core.consoles import PlainConsole
    from leaderboards.curves import SCORES, titles

    console = PlainConsole()
    title, labels = titles(drawn)
    console.print(title, soft_wrap=True)
    for one, label in zip(drawn, labels, strict=True):
        console.print(f"\n{label or one.names.attack} ({one.names.data})", soft_wrap=True)
        heads = [head for score in SCORES for head in (f"1 − {score.upper()}", "clean")]
        table = Table(parameter, *heads, "applied", box=box.SIMPLE_HEAD)
        for point in one.points:
            errors = [point.errors[score] for score in SCORES]
            figures = [text for one in errors for text in (str(one.error), f"{one.clean:.2f}")]
            table.add_row(f"{point.x:g}", *figures, f"{point.applied} of {point.of}")
        print_table(console, table)
    console.print("Errors after the one query, on the utterances to which the attack applied; clean: the same ones")
    console.print("when nobody attacks. [95 % interval], clustered by speaker.")
