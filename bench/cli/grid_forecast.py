"""What a grid comes to, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.evaluation.forecast import Forecast


def headline(found: Forecast, workers: int = 1) -> str:
    """Say in one line what a grid comes to, and what is left of it.

    Args:
        found: what it comes to.
        workers: side by side.
    """
    counts = f"{found.cells:,} cells of {len(found.groups):,} fitted victims: {found.done:,} done, {found.left:,} left"
    again = f" ({found.failed:,} of them failed before)" if found.failed else ""
    work = f"{found.to_train:,} to train, at most {found.queries:,} queries"
    guess = " (a guess: nothing like it was measured here)" if found.guessed else ""
    return f"{counts}{again}; {work}; about {duration(found.seconds(workers))}{guess}, {size(found.bytes)} of disk"


def show_forecast(found: Forecast) -> None:
    """Print what a grid comes to: a line for each fitted victim, and the whole."""
    for group in found.groups:
        state = "kept" if group.trained else "to be trained"
        left = group.cells - group.done
        rest = f"; {left:,} left, at most {group.queries:,} queries, {duration(group.seconds)}" if left else ""
        say(f"{group.fitted} ({state}): {group.cells:,} cells, {group.done:,} done{rest}")
    say(headline(found))


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
