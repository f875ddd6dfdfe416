"""A grid that is done already: said at once, without loading what measures; and kept as done where it has been."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING

from bench.cli.grid_workers import this_worker
from bench.cli.saying import say
from bench.core.showing.progress import Progress, for_terminal
from bench.core.storage.cache import cache_dir
from bench.core.storage.sweeping import folders_of, sweep
from bench.evaluation.finished import Command, before, finished, keep_finished
from bench.evaluation.forecasts.forecast import Forecast, GroupForecast
from bench.evaluation.forecasts.forecast_words import duration, headline

if TYPE_CHECKING:
    from pathlib import Path

    from bench.evaluation.plans.options import Options
    from bench.evaluation.run import Prepared


class Noting:
    """Pass on what is said, and note it.

    Args:
        progress: told of everything.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.said: list[str] = []

    def task(self, description: str, total: int | None = None) -> AbstractContextManager[Callable[[int], None]]:
        """Announce a task.

        Args:
            description: what is done.
            total: the number of steps, where it is known.
        """
        return self.progress.task(description, total)

    def say(self, text: str) -> None:
        """Show one line of text, and note it."""
        self.said.append(text)
        self.progress.say(text)


def say_finished(command: Command, workers: int) -> bool:
    """Say what came of a grid that is known to be done; return whether it is.

    Args:
        command: as it was given.
        workers: that were asked for.
    """
    begun = time.monotonic()
    if workers < 1 or this_worker() is not None or (found := finished(command)) is None:
        return False
    for line in (*found.said, headline(_forecast(found.groups), workers)):
        say(line, err=True)
    sweep([*folders_of(found.out), *folders_of(cache_dir())])
    cells = sum(cells for _, cells in found.groups)
    say(summary(cells, cells, 0, time.monotonic() - begun, found.out, 0), err=True)
    return True


def prepare_noting(asked: Sequence[Options], command: Command) -> tuple[list[Prepared], Callable[[], None]]:
    """Prepare a grid.

    Args:
        asked: the plan's selections.
        command: as it was given.

    Returns:
        The parts, and what keeps the command as done: to be called once all cells are.
    """
    from bench.evaluation.run import prepare_all

    state, progress = before(asked), Noting(for_terminal())
    parts = prepare_all(asked, progress)
    return parts, partial(keep_finished, command, asked, state, parts, tuple(progress.said))


def summary(cells: int, before: int, failed: int, seconds: float, out: Path, code: int) -> str:
    """Say in one line what came of a grid: of the whole, which others may have had a part in.

    Args:
        cells: planned.
        before: of them, done before this command began.
        failed: of them.
        seconds: that it took.
        out: the run's folder.
        code: the exit code.
    """
    counts = f"{before:,} done when it began, {cells - failed:,} when it ended, {failed:,} failed"
    tables = f"bench show {shlex.quote(str(out))} has the tables"
    return f"{cells:,} cells: {counts}; {duration(seconds)}; {tables}; exit code {code}"


def _forecast(groups: Sequence[tuple[str, int]]) -> Forecast:
    done = (GroupForecast(who, n, n, 0, 0, trained=True, seconds=0.0, bytes=0.0, guessed=False) for who, n in groups)
    return Forecast(tuple(done))
