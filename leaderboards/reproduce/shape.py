"""What every table here is made of: rows of figures, and what becomes of the paper's claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.scoring.inference.estimates import Estimate
from bench.scoring.record_files.names import Setting
from leaderboards.reproduce.claims import Claim, corrected
from leaderboards.reproduce.families import Rule

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
class Table:
    """One table of a paper, from runs of ours.

    Args:
        paper: which: "P1, section 7.2".
        about: victim, corpus, noise bank, task, split, folds, seeds, speakers: what all rows share.
        rows: each from column to value, all with the same columns in one order. Published figures stand in columns
            whose names begin with "published".
        claims: the paper's, each with its verdict.
        notes: what the columns mean.
        family: over how many claims the verdicts are corrected: all those with a test of all tables that are made
            together. None before, when nothing is decided.
        rule: by which they are; None before.
    """

    paper: str
    about: TableSubject
    rows: tuple[Mapping[str, TableValue], ...]
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()
    family: int | None = None
    rule: Rule | None = None

    def to_json(self) -> dict[str, object]:
        """Return the table as plain values."""
        rows = [{name: _plain(value) for name, value in row.items()} for row in self.rows]
        corrected_by = {"corrected_over": self.family, "corrected_by": self.rule}
        claims = {"claims": [claim.to_json() for claim in self.claims], **corrected_by}
        return {"paper": self.paper, **self.about.to_json(), "rows": rows, **claims, "notes": list(self.notes)}


def judged(tables: Sequence[Table]) -> list[Table]:
    """Decide the claims of tables that are made together: their p are adjusted for the number of them all.

    Args:
        tables: with claims that nothing is decided of yet.
    """
    families, tested, rule = corrected(
        [table.claims for table in tables], [table.about.setting.corpus for table in tables]
    )
    return [
        replace(table, claims=claims, family=tested, rule=rule) for table, claims in zip(tables, families, strict=True)
    ]


def _plain(value: TableValue) -> object:
    return value.to_json() if isinstance(value, Estimate) else value
