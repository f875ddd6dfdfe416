"""`bench curve`: a victim's error against a parameter of an attack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leaderboards.curves import Curve
    from leaderboards.k_curves import KCurve


def curve(
    runs: Annotated[list[Path], typer.Argument(help="The --out folders of one or more bench runs.", metavar="RUN...")],
    parameter: Annotated[
        str, typer.Option(metavar="NAME", help="A number among the attack's parameters: epsilon; or k, the queries.")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw it into this file: .png, .svg or .pdf (extra: plots).")
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the curves as JSON to this file; - is standard output.")
    ] = None,
) -> None:
    """Show the error (1 - UAR, 1 - WAR; of numbers 1 - CCC) of victims against a parameter of an attack that asks once.

    There is one curve for each victim, defence and rest of the attack's spec. --parameter k shows Acc_att and robust
    accuracy of any attack, query by query. Records alone are read: no model is loaded.
    """
    from bench.cli.report import check_json_target, write_json

    check_json_target(json)
    if out is not None:
        from leaderboards.curve_plot import check_plot_target

        check_plot_target(out, instead="leave out --out: the figures are printed all the same")

    from bench.cli.score import say_passed_over
    from bench.core.errors import DataError
    from bench.scoring.results import SCHEMA
    from leaderboards.curve_plot import draw, draw_ks
    from leaderboards.python.curves import curves_of

    passed_over: list[DataError] = []
    found = curves_of(runs, parameter, passed_over.append)
    by_k, by_parameter = found.of_queries, found.of_parameter
    if out is not None and by_k:
        draw_ks(by_k, out)
    elif out is not None:
        draw(by_parameter, parameter, out)
    if write_json({"schema": SCHEMA, "parameter": parameter, "curves": found.to_json()}, json):
        _print_ks(by_k) if by_k else _print(by_parameter, parameter)
    say_passed_over(passed_over)


def _print_ks(drawn: Sequence[KCurve]) -> None:
    """A table for each curve."""
    from bench.cli.tables import narrow_table, print_table
    from bench.core.showing.consoles import PlainConsole

    console = PlainConsole()
    for one in drawn:
        console.print(f"\n{one.title} ({one.setting.task} on {one.setting.corpus}, n = {one.n})", soft_wrap=True)
        table = narrow_table("k", "Acc_att", "robust accuracy")
        for point in one.points:
            table.add_row(str(point.k), str(point.acc_att), str(point.robust_accuracy))
        print_table(console, table)
    console.print("Acc_att: share attacked successfully within k queries. [95 % interval], clustered by speaker.")


def _print(drawn: Sequence[Curve], parameter: str) -> None:
    """A table for each curve."""
    from rich import box
    from rich.table import Table

    from bench.cli.tables import print_table
    from bench.core.showing.consoles import PlainConsole
    from leaderboards.curves import titles

    console = PlainConsole()
    title, labels = titles(drawn)
    console.print(title, soft_wrap=True)
    for one, label in zip(drawn, labels, strict=True):
        console.print(f"\n{label or one.names.attack} ({one.names.data})", soft_wrap=True)
        heads = [head for score in one.scores for head in (f"1 − {score.upper()}", "clean")]
        table = Table(parameter, *heads, "applied", box=box.SIMPLE_HEAD)
        for point in one.points:
            errors = [point.errors[score] for score in one.scores]
            figures = [text for each in errors for text in (str(each.error), f"{each.clean:.2f}")]
            table.add_row(f"{point.x:g}", *figures, f"{point.applied} of {point.of}")
        print_table(console, table)
    console.print(
        "Errors after the one query, on the utterances to which the attack applied; clean: the same ones when nobody "
        "attacks. [95 % interval], clustered by speaker."
    )
