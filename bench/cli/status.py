"""`bench status`: how a run goes, from another terminal or another machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import Json
from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.evaluation.grids.status import Status

Run = Annotated[Path, typer.Argument(metavar="RUN", help="The --out folder of a bench run or a bench grid.")]


def status(run: Run, json: Json = None) -> None:
    """Say how a run goes: what is done, who is at what and since when, what was lost, what failed and why.

    Reads the run's folder, and takes no part in it.
    """
    from bench.cli.report import check_json_target, write_json
    from bench.evaluation.grids.status import status_of

    check_json_target(json)
    found = status_of(run)
    if write_json(found.to_json(), json):
        for line in lines(found):
            say(line)


def lines(found: Status) -> list[str]:
    """Say how a run goes in words, the whole first."""
    from bench.evaluation.forecasts.forecast_words import duration

    speed = f"; {found.cells_a_minute:.1f} cells a minute" if found.cells_a_minute else ""
    rest = found.seconds_left
    time_left = f", about {duration(rest)} left" if rest and found.left else ""
    counts = f"{found.done:,} of {found.planned:,} cells done, {found.failed:,} failed, {found.left:,} left"
    told = [f"{counts}{speed}{time_left}"]
    for one in found.at_work:
        heard = f"since {duration(one.seconds)}, heard of {duration(one.heard_s)} ago"
        told.append(f"{'LOST ' if one.lost else ''}{one.process}: {one.what} ({heard})")
    told += [f"taken over from {process}: {what}" for what, process in found.taken_over]
    told += [f"failed: {what}: {why}" for what, why in found.failures]
    return told + [f"damaged, and set aside: {file}" for file in found.damaged]
