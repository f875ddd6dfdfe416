"""What a grid comes to, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.cli.saying import say
from bench.evaluation.forecast_words import duration, headline, of_services

if TYPE_CHECKING:
    from bench.evaluation.forecast import Forecast


def show_forecast(found: Forecast) -> None:
    """Print what a grid comes to: a line for each fitted victim, and the whole."""
    for group in found.groups:
        state = "kept" if group.trained else "to be trained"
        left = group.cells - group.done
        rest = f"; {left:,} left, at most {group.queries:,} queries, {duration(group.seconds)}" if left else ""
        say(f"{group.fitted} ({state}): {group.cells:,} cells, {group.done:,} done{rest}")
    say(headline(found))
    for line in of_services(found):
        say(line)
