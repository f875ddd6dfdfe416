"""What every table here is made of: rows of figures, and what becomes of the paper's claims."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Literal, Protocol

from bench.scoring.estimates import Estimate
from bench.scoring.names import Setting

Verdict = Literal["holds", "does not hold", "not decided", "not tested"]
"""Of a claim. "not decided": the interval lies on both sides of where the claim draws its line."""


TableValue = Estimate | str | float | None
"""What stands in a table: a figure of ours, a word, a published figure, or nothing."""


@dataclass(frozen=True)
class TableSubject:
    """Say what all rows of a table share.

    Args:
        victim: spec, or several in words.
        defense: spec; None where the rows have several.
        setting: corpus, noise bank, task, split and limit.
        folds: put together.
        seeds: likewise.
        speakers: of so many.
        n: different utterances.
    """

    victim: str
    defense: str | None
    setting: Setting
    folds: tuple[int, ...]
    seeds: tuple[int, ...]
    speakers: int
    n: int

    def names(self) -> dict[str, object]:
        """Return the names alone: victim, defense where there is one, corpus, noise bank, task, split, limit."""
        defense = {} if self.defense is None else {"defense": self.defense}
        return {"victim": self.victim, **defense, **self.setting.to_json()}

    def to_json(self) -> dict[str, object]:
        """Return the names and counts as they stand in a table's JSON."""
        pooled = {"folds": list(self.folds), "seeds": list(self.seeds)}
        return {**self.names(), **pooled, "speakers": self.speakers, "n": self.n}


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
    ours: Estimate | None = None
    published: float | None = None

    def to_json(self) -> dict[str, object]:
        """Return the claim as plain values."""
        ours = None if self.ours is None else self.ours.to_json()
        return {"claim": self.text, "verdict": self.verdict, "ours": ours, "published": self.published}


def above(text: str, ours: Estimate | None, published: float | None = None) -> Claim:
    """Judge the claim that a figure is above 0: its whole interval has to be.

    Args:
        text: the claim.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.

    >>> above("better", Estimate(0.1, -0.1, 0.3, 9)).verdict
    'not decided'
    """
    if ours is None:
        return Claim(text, "not tested", None, published)
    low, high = ours.ci95
    return Claim(text, "holds" if low > 0 else "does not hold" if high <= 0 else "not decided", ours, published)


def below(text: str, ours: Estimate | None, published: float | None = None) -> Claim:
    """Judge the claim that a figure is below 0: its whole interval has to be.

    Args:
        text: the claim.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.

    >>> below("worse", Estimate(-0.2, -0.3, -0.1, 9), published=-0.28).verdict
    'holds'
    """
    if ours is None:
        return Claim(text, "not tested", None, published)
    low, high = ours.ci95
    return Claim(text, "holds" if high < 0 else "does not hold" if low >= 0 else "not decided", ours, published)


NEGLIGIBLE = 0.05
"""What a claim of no difference allows: five points of a score. A wide interval proves nothing."""


def not_above(text: str, ours: Estimate | None, published: float | None = None) -> Claim:
    """Judge the claim that a figure is not above 0, to speak of: its whole interval has to be below `NEGLIGIBLE`.

    Args:
        text: the claim.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.

    >>> wide, better = Estimate(0.01, -0.2, 0.2, 9), Estimate(0.1, 0.05, 0.2, 9)
    >>> not_above("no gain", wide).verdict, not_above("no gain", better).verdict
    ('not decided', 'does not hold')
    """
    if ours is None:
        return Claim(text, "not tested", None, published)
    low, high = ours.ci95
    verdict: Verdict = "does not hold" if low > 0 else "holds" if high < NEGLIGIBLE else "not decided"
    return Claim(text, verdict, ours, published)


def around(text: str, ours: Estimate | None, published: float | None = None) -> Claim:
    """Judge the claim that a figure is 0, to speak of: its whole interval has to lie within ± `NEGLIGIBLE`.

    Args:
        text: the claim.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.

    >>> near, wide = Estimate(0.01, -0.02, 0.04, 9), Estimate(0.05, -0.01, 0.11, 9)
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
    about: TableSubject
    rows: tuple[Mapping[str, TableValue], ...]
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()

    def shown(self) -> Table:
        """Return what is printed: the table itself."""
        return self

    def to_json(self) -> dict[str, object]:
        """Return the table as plain values."""
        rows = [{name: _plain(value) for name, value in row.items()} for row in self.rows]
        claims = [claim.to_json() for claim in self.claims]
        return {"paper": self.paper, **self.about.to_json(), "rows": rows, "claims": claims, "notes": list(self.notes)}


class Shown(Protocol):
    """A table that can be printed, and written as JSON."""

    def shown(self) -> Table:
        """Return what is printed of it."""
        ...

    def to_json(self) -> dict[str, object]:
        """Return it as plain values."""
        ...


def _plain(value: TableValue) -> object:
    return value.to_json() if isinstance(value, Estimate) else value


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
