"""The papers' published figures, as data beside this module."""

from __future__ import annotations

import csv
from importlib import resources


def facts(name: str) -> tuple[dict[str, str], ...]:
    """Read the rows of a CSV of published figures beside this module."""
    text = resources.files("leaderboards.reproduce").joinpath(name).read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def number(text: str) -> float | None:
    """Read a published figure; None where the paper prints none.

    >>> number("0.23"), number("")
    (0.23, None)
    """
    return float(text) if text else None


def share(percent: str) -> float | None:
    """Read a published percentage as a share; None where the paper prints none.

    >>> share("56.5"), share("")
    (0.565, None)
    """
    return round(float(percent) / 100, 6) if percent else None
