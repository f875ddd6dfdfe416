"""What cells come to before they run, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.cli.report import write_json
from bench.cli.saying import say
from bench.evaluation.forecasts.forecast_words import counted, duration, headline, of_services

if TYPE_CHECKING:
    from bench.evaluation.forecasts.forecast import Forecast
    from bench.evaluation.plans.options import Options
    from bench.evaluation.run import Prepared


def dry(asked: Sequence[Options], json: str | None, workers: int = 1) -> None:
    """Say what would run: what --dry-run does. Data is read, and nothing trained, asked or written.

    Args:
        asked: the selections of a plan, a run or a table.
        json: the file to write, - for standard output; None to print.
        workers: side by side.

    Raises:
        UsageError: fewer than one.
    """
    from bench.cli.grid_workers import check_workers
    from bench.core.showing.progress import for_terminal
    from bench.evaluation.run import prepare_all

    check_workers(workers)
    found = forecast_of(prepare_all(asked, for_terminal()), asked)
    if write_json(found.to_json(), json):
        show_forecast(found, workers)


def forecast_of(parts: Sequence[Prepared], asked: Sequence[Options]) -> Forecast:
    """Foretell what is left of selections.

    Args:
        parts: of `prepare_all`.
        asked: what they were made of.
    """
    from bench.evaluation.forecasts.forecasting import forecast
    from bench.scoring.records import Store

    return forecast([(part.experiment, part.planned) for part in parts], Store(asked[0].out))


def show_forecast(found: Forecast, workers: int = 1) -> None:
    """Print what a grid comes to: a line for each fitted victim, and the whole.

    Args:
        found: what it comes to.
        workers: side by side.
    """
    for group in found.groups:
        state = "ready" if group.trained else "to be trained"
        left = group.cells - group.done
        rest = f"; {left:,} left, at most {group.queries:,} queries, {duration(group.seconds)}" if left else ""
        say(f"{group.fitted} ({state}): {counted(group.cells, 'cell')}, {group.done:,} done{rest}")
    say(headline(found, workers))
    for line in of_services(found):
        say(line)
