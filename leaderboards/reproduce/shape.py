"""What every table here is made of: rows of figures, and what becomes of the paper's claims."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, Protocol

from bench.scoring.statistics import Interval

Verdict = Literal["holds", "does not hold", "not decided", "not tested"]
"""Of a claim. "not decided": the interval lies on both sides of where the claim draws its line."""


@dataclass(frozen=True)
class TableFigure:
    """A figure of ours.

    Args:
        value: a share, or a difference of shares.
        ci95: its interval, clustered by speaker.
        signed: whether it is a difference, which is printed with its sign.
    """

    value: float
    ci95: Interval
    signed: bool = False

    def __str__(self) -> str:
        """As tables print it; a small loss is −0.00, since verdicts go by the sign.

        >>> str(TableFigure(0.25, (0.2, 0.3))), str(TableFigure(0.25, (-0.1, 0.6), signed=True))
        ('0.25 [0.20, 0.30]', '+0.25 [-0.10, +0.60]')
        """
        sign = "+" if self.signed else ""
        exact = (round(one, 9) + 0.0 for one in (self.value, *self.ci95))  # what is nothing but rounding is +0.00
        value, low, high = (f"{one:{sign}.2f}" for one in exact)
        return f"{value} [{low}, {high}]"

    def to_json(self) -> dict[str, Any]:
        """Return the figure as plain values."""
        return {"value": self.value, "ci95": list(self.ci95)}


@dataclass(frozen=True)
class Claim:
    """What a paper says, and what a run says to it.

    Args:
        text: the claim.
        verdict: what becomes of it.
        ours: the figure that decides it; None where it cannot be had.
        published: the paper's figure; None where it prints none.
    """

    text: str
    verdict: Verdict
    ours: TableFigure | None = None
    published: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the claim as plain values."""
        ours = None if self.ours is None else self.ours.to_json()
        return {"claim": self.text, "verdict": self.verdict, "ours": ours, "published": self.published}


def above(text: str, ours: TableFigure | None, published: float | None = None) -> Claim:
    """Judge the claim that a figure is above 0: its whole interval has to be.

    Args:
        text: the claim.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.

    >>> above("better", TableFigure(0.1, (-0.1, 0.3))).verdict
    'not decided'
    """
    if ours is None:
        return Claim(text, "not tested", None, published)
    low, high = ours.ci95
    return Claim(text, "holds" if low > 0 else "does not hold" if high <= 0 else "not decided", ours, published)


def below(text: str, ours: TableFigure | None, published: float | None = None) -> Claim:
    """Judge the claim that a figure is below 0: its whole interval has to be.

    Args:
        text: the claim.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.

    >>> below("worse", TableFigure(-0.2, (-0.3, -0.1)), published=-0.28).verdict
    'holds'
    """
    if ours is None:
        return Claim(text, "not tested", None, published)
    low, high = ours.ci95
    return Claim(text, "holds" if high < 0 else "does not hold" if low >= 0 else "not decided", ours, published)


NEGLIGIBLE = 0.05
"""What a claim of no difference allows: five points of a score. A wide interval proves nothing."""


def not_above(text: str, ours: TableFigure | None, published: float | None = None) -> Claim:
    """Judge the claim that a figure is not above 0, to speak of: its whole interval has to be below `NEGLIGIBLE`.

    Args:
        text: the claim.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.

    >>> wide, better = TableFigure(0.01, (-0.2, 0.2)), TableFigure(0.1, (0.05, 0.2))
    >>> not_above("no gain", wide).verdict, not_above("no gain", better).verdict
    ('not decided', 'does not hold')
    """
    if ours is None:
        return Claim(text, "not tested", None, published)
    low, high = ours.ci95
    verdict: Verdict = "does not hold" if low > 0 else "holds" if high < NEGLIGIBLE else "not decided"
    return Claim(text, verdict, ours, published)


def around(text: str, ours: TableFigure | None, published: float | None = None) -> Claim:
    """Judge the claim that a figure is 0, to speak of: its whole interval has to lie within ± `NEGLIGIBLE`.

    Args:
        text: the claim.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.

    >>> near, wide = TableFigure(0.01, (-0.02, 0.04)), TableFigure(0.05, (-0.01, 0.11))
    >>> around("alike", near).verdict, around("alike", wide).verdict
    ('holds', 'not decided')
    """
    if ours is None:
        return Claim(text, "not tested", None, published)
    low, high = ours.ci95
    reaches = low <= 0 <= high
    small = max(-low, high) < NEGLIGIBLE
    return Claim(text, "holds" if reaches and small else "not decided" if reaches else "does not hold", ours, published)


@dataclass(frozen=True)
class Table:
    """One table of a paper, from runs of ours.

    Args:
        paper: which: "P1, section 7.2".
        about: victim, corpus, noise bank, task, split, folds, seeds, speakers: what all rows share.
        rows: each from column to value, all with the same columns in one order. Published figures stand in columns
            whose names begin with "published".
        claims: the paper's, each with its verdict.
        notes: what the columns mean.
    """

    paper: str
    about: Mapping[str, Any]
    rows: tuple[Mapping[str, TableFigure | str | float | None], ...]
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()

    def shown(self) -> Table:
        """Return what is printed: the table itself."""
        return self

    def to_json(self) -> dict[str, Any]:
        """Return the table as plain values."""
        rows = [{name: _plain(value) for name, value in row.items()} for row in self.rows]
        claims = [claim.to_json() for claim in self.claims]
        return {"paper": self.paper, **self.about, "rows": rows, "claims": claims, "notes": list(self.notes)}


class Shown(Protocol):
    """A table that can be printed, and written as JSON."""

    def shown(self) -> Table:
        """Return what is printed of it."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        ...


def _plain(value: TableFigure | str | float | None) -> Any:
    return value.to_json() if isinstance(value, TableFigure) else value


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
