"""Figures of groups of people, or of utterances, read from runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import DataError, UsageError

if TYPE_CHECKING:
    from bench.scoring.entries.groups import GroupScore, ToldEntry
    from bench.scoring.figures.dependence import Estimand


@dataclass(frozen=True)
class Groups:
    """Hold figures by group.

    Args:
        by: what was asked for.
        entries: of each victim, defence and attack, with the figures of its groups.
    """

    by: tuple[str, ...] = ()
    entries: tuple[tuple[ToldEntry, list[GroupScore]], ...] = ()

    @classmethod
    def read(cls, runs: Sequence[Path], by: tuple[str, ...], ks: Sequence[int] | None, estimand: Estimand) -> Groups:
        """Make them from records; those that cannot be read are passed over, as the scores themselves say.

        Args:
            runs: `--out` folders.
            by: what utterances are grouped by; nothing is read where it is empty.
            ks: numbers of queries; None for those that the runs were scored at.
            estimand: what intervals are about.

        Raises:
            DataError: no record tells of something that is asked for.
        """
        if not by:
            return cls()
        from bench.evaluation.runs import read_entries
        from bench.scoring.entries.groups import group_scores

        entries = read_entries(runs, ks, lambda _: None)
        for one in by:
            if not any(entry.tells(one) for entry in entries):
                found = f"records that say nothing of the speakers' {one}"
                remedy = "run again where records are older than --by: they have what the corpus's metadata tell"
                raise DataError(runs[0], found, f"a corpus that tells the {one} of its speakers", remedy)
        scored = [(entry, [one for what in by for one in group_scores(entry, what, estimand)]) for entry in entries]
        return cls(by, tuple(scored))

    def to_json(self) -> dict[str, object]:
        """Return `groups` of docs/json.md; nothing where none were asked for."""
        return {"groups": [entry.to_json(scores) for entry, scores in self.entries]} if self.by else {}


def parse_by(text: str | None) -> tuple[str, ...]:
    """Read what figures are grouped by.

    Args:
        text: names with commas between them; None for nothing.

    Raises:
        UsageError: something that there is no grouping by.
    """
    if text is None:
        return ()
    from bench.core.specs import did_you_mean
    from bench.scoring.entries.groups import BY

    names = tuple(dict.fromkeys(one.strip() for one in text.split(",")))
    for name in names:
        if name not in BY:
            raise UsageError(f"--by {text}", repr(name), "one of " + ", ".join(BY), did_you_mean(name, BY))
    return names
