"""`bench attack-report`: how fast the attacks of a run succeeded, by what, and with whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bench.core.showing.consoles import PlainConsole
    from bench.scoring.entries.attack_reports import AttackReport, GroupReport

_SHOWN = 10
_KS = (1, 5, 15, 25, 50, 100)


def attack_report(
    runs: Annotated[list[Path], typer.Argument(help="The --out folders of one or more bench runs.", metavar="RUN...")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the curves: .png, .svg or .pdf (extra: plots).")
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the reports as JSON to this file; - is standard output.")
    ] = None,
) -> None:
    """Show Acc_att query by query, queries to success, which sounds and shapes did it, by emotion and by speaker.

    There is one report for each victim, defence, attack, Corr and Noises; folds and seeds are pooled.
    """
    from bench.cli.report import check_json_target, write_json

    check_json_target(json)
    if out is not None:
        from leaderboards.curve_plot import check_plot_target

        check_plot_target(out, instead="leave out --out: the figures are printed all the same")

    from bench.cli.score import say_passed_over
    from bench.core.errors import DataError
    from bench.scoring.entries.attack_reports import attack_reports
    from bench.scoring.entries.several_runs import believed_of
    from bench.scoring.results import SCHEMA

    passed_over: list[DataError] = []
    reports = attack_reports(believed_of(runs, passed_over.append))
    if not reports:
        say_passed_over(passed_over)
        raise DataError(runs[0], "no finished cell", "records of a bench run", "run it again to the end")
    if out is not None:
        from leaderboards.attack_plot import draw_reports

        draw_reports(reports, out)
    if write_json({"schema": SCHEMA, "reports": [one.to_json() for one in reports]}, json):
        _print(reports)
    say_passed_over(passed_over)


def _print(reports: list[AttackReport]) -> None:
    from bench.cli.tables import yes_or_no
    from bench.core.showing.consoles import PlainConsole

    def said(value: object) -> str:
        return yes_or_no(value) if isinstance(value, bool) else str(value)

    console = PlainConsole()
    for report in reports:
        names = " · ".join(f"{name} {said(value)}" for name, value in report.names.items())
        console.print(f"\n{names}", soft_wrap=True)
        last = max(report.curve)
        ks = [k for k in report.curve if k in _KS or k == last or len(report.curve) < last]  # few were run
        console.print("Acc_att  " + "  ".join(f"k={k}: {report.curve[k]}" for k in ks), soft_wrap=True)
        median = report.queries.value
        told = f"{median:g}" if median is not None else f"not reached within {last}"
        console.print(f"median queries to success: {told} (Kaplan and Meier)")
        _print_means(console, report)
        _print_shares(console, "emotion", report.emotions)
        _print_shares(console, "speaker", report.speakers)
    console.print("Acc_att [95 % interval], clustered by speaker; n utterances, pooled over folds and seeds.")


def _print_means(console: PlainConsole, report: AttackReport) -> None:
    from bench.cli.tables import narrow_table, print_table

    for title, means in (("what did it", report.means), ("sound by sound", report.sounds)):
        table = narrow_table(title, "category", "source", "first successes")
        for one in means[:_SHOWN]:
            table.add_row(one.name, one.category, one.source, str(one.count))
        if means:
            print_table(console, table)
        if len(means) > _SHOWN:
            console.print(f"and {len(means) - _SHOWN} more: --json has them all")


def _print_shares(console: PlainConsole, title: str, shares: tuple[GroupReport, ...]) -> None:
    from bench.cli.tables import narrow_table, print_table

    table = narrow_table(title, "Acc_att", "n", "median queries")
    for one in shares:
        median = "–" if one.queries.value is None else f"{one.queries.value:g}"
        table.add_row(one.group, str(one.acc_att), str(one.acc_att.n), median)
    print_table(console, table)
