"""What a run comes to, in words, before it begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bench.evaluation.forecasts.forecast import Forecast

if TYPE_CHECKING:
    from bench.evaluation.cell.experiment import Experiment
    from bench.evaluation.plans.planned import Planned
    from bench.scoring.records import Store


def headline(found: Forecast, workers: int = 1) -> str:
    """Say in one line what a grid comes to, and what is left of it.

    Args:
        found: what it comes to.
        workers: side by side.
    """
    whole = f"{counted(found.cells, 'cell')} of {counted(len(found.groups), 'fitted victim')}"
    counts = f"{whole}: {found.done:,} done, {found.left:,} left"
    again = f" ({found.failed:,} of them failed before)" if found.failed else ""
    work = f"{found.to_train:,} to train, at most {found.queries:,} queries"
    guess = " (a guess: nothing like it was measured here)" if found.guessed else ""
    return f"{counts}{again}; {work}; about {duration(found.seconds(workers))}{guess}, {size(found.bytes)} of disk"


def of_services(found: Forecast) -> Iterator[str]:
    """Say of each victim that is somebody's service how many requests it is sent at most.

    Args:
        found: what a run comes to.
    """
    for group in found.groups:
        if group.requests:
            corr = f", {group.corr_requests:,} of them for Corr" if group.corr_requests else ""
            allowed = "any number is" if group.requests_allowed is None else f"{group.requests_allowed:,} are"
            text = f"{group.fitted}: at most {group.requests:,} requests to its service{corr}; {allowed} allowed in all"
            over = group.requests_allowed is not None and group.requests > group.requests_allowed
            yield text + " (--max-requests): it may end there, and go on when more are allowed" * over


def beforehand(parts: Sequence[tuple[Experiment, Sequence[Planned]]], store: Store) -> Iterator[str]:
    """Say what is left of a run: requests, cells, time and disk; nothing where it is done.

    Args:
        parts: data and cells.
        store: the run's folder.
    """
    from bench.evaluation.forecasts.forecasting import forecast

    found = forecast(parts, store)
    if found.left:
        yield headline(found)
        yield from of_services(found)


def counted(count: int, what: str) -> str:
    """Write how many there are of something.

    Args:
        count: how many.
        what: one of them, in words.

    >>> counted(1, "cell"), counted(2400, "cell")
    ('1 cell', '2,400 cells')
    """
    return f"{count:,} {what}" + "s" * (count != 1)


def duration(seconds: float) -> str:
    """Write a time in words.

    >>> duration(4.2), duration(340), duration(9000)
    ('4 s', '6 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def size(count: float) -> str:
    """Write a number of bytes in words.

    >>> size(2_500_000), size(3.2e9)
    ('2 MB', '3.2 GB')
    """
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
