"""A grid, run: by this process alone, or with workers beside it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.cli.forecast import forecast_of
from bench.cli.grid_finished import prepare_noting, summary
from bench.cli.grid_workers import this_worker, threads_each, wait_for_go, workers
from bench.cli.report import say_failures, write_json
from bench.cli.saying import say
from bench.core.storage.clocks import clock
from bench.evaluation.forecasts.forecast_words import headline, of_services

if TYPE_CHECKING:
    from bench.cli.grid_ray import RayWorkers
    from bench.evaluation.finished import Command
    from bench.evaluation.forecasts.forecast import Forecast
    from bench.evaluation.grids.grid import Failure
    from bench.evaluation.plans.options import Options
    from bench.evaluation.run import Prepared


def run(asked: Sequence[Options], command: Command, count: int, json: str | None) -> None:
    """Measure what is not done yet, and say what came of it.

    Args:
        asked: the plan's selections.
        command: by which it is known again once it is done.
        count: workers, this process among them.
        json: the file to write scores to, - for standard output; None for none.

    Raises:
        typer.Exit: a cell failed.
    """
    from bench.evaluation.run import check_place

    out = asked[0].out
    check_place(out)
    if (own := this_worker()) is not None:
        wait_for_go()
        _work(asked, own.index, own.of, own.since)
        return
    if count > 1:
        out.mkdir(parents=True, exist_ok=True)
    since = clock(out)
    with workers(count, out, since) as team:
        _share_cores(count)
        from bench.evaluation.grids.grid import Share
        from bench.evaluation.run import measure

        parts, keep = prepare_noting(asked, command)
        found, begun = forecast_of(parts, asked), time.monotonic()
        _say_beforehand(found, count)
        team.go()
        failures = measure(parts, asked, Share(0, count, since if count > 1 else None))
        for line in team.wait():
            say(line, err=True)
    _told(asked, parts, failures, found, begun, json)
    keep()


def run_ray(asked: Sequence[Options], command: Command, workers: RayWorkers, json: str | None) -> None:
    """Let Ray's workers measure what is not done yet, and say what came of it.

    Args:
        asked: the plan's selections.
        command: by which it is known again once it is done.
        workers: how many, where.
        json: the file to write scores to, - for standard output; None for none.

    Raises:
        typer.Exit: a cell failed.
    """
    from bench.cli.grid_ray import ray_team
    from bench.evaluation.grids.grid import Share
    from bench.evaluation.run import check_place, measure

    out = asked[0].out
    check_place(out)
    with ray_team(workers) as team:
        out.mkdir(parents=True, exist_ok=True)
        since = clock(out)
        parts, keep = prepare_noting(asked, command)
        found, begun = forecast_of(parts, asked), time.monotonic()
        _say_beforehand(found, workers.count)
        if found.left:
            team.run(asked, since)
    _told(asked, parts, measure(parts, asked, Share(0, workers.count, since)), found, begun, json)
    keep()


def _told(
    asked: Sequence[Options],
    parts: Sequence[Prepared],
    failures: list[Failure],
    found: Forecast,
    begun: float,
    json: str | None,
) -> None:
    """Say what came of a grid, and end with the exit code that says so."""
    from bench.evaluation.run import checked_again, keep_sounds, scored

    out = asked[0].out
    failures += checked_again(parts, asked)
    keep_sounds(parts, asked)
    if json is not None:
        write_json(scored(parts, asked, failures).results.to_json(), json)
    code = max((failure.exit_code for failure in failures), default=0)
    say(summary(found.cells, found.done, len(failures), time.monotonic() - begun, out, code), err=True)
    say_failures(failures, out)


def _say_beforehand(found: Forecast, count: int) -> None:
    for line in (headline(found, count), *of_services(found)):
        say(line, err=True)


def _share_cores(count: int) -> None:
    """Compute on this process's share of the cores; what has been loaded by now has counted all of them."""
    if count > 1:
        import torch

        torch.set_num_threads(min(torch.get_num_threads(), threads_each(count)))


def _work(asked: Sequence[Options], index: int, of: int, since: float) -> None:
    """What a further worker does; failures are noted in the run's folder, where the leader finds them."""
    from bench.core.showing.progress import LineProgress
    from bench.evaluation.grids.grid import Share
    from bench.evaluation.run import measure, prepare_all

    measure(prepare_all(asked, LineProgress()), asked, Share(index, of, since))
    sys.stderr.flush()
