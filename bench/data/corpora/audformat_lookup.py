"""Where an audformat database says what of a stretch: in its own table, in another, or as a property of a label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from bench.data.corpora.audformat_files import AudformatTable, Database, Stretch, stretch_of

Said: TypeAlias = Callable[[Stretch], set[str]]
"""What is said of a stretch: nothing, one thing, or several that contradict each other."""


def lookup(base: Database, table: AudformatTable, names: Sequence[str], described: bool = False) -> Said | None:
    """Find who tells what is said under a name of a stretch or its file: the table itself, else the others, else
    labels.

    Args:
        base: the database.
        table: the one whose rows are utterances.
        names: columns that will do, the first that a table has going before the others.
        described: whether a label stands for its description (a code for what was read).

    Returns:
        A function from a stretch to what is said of it. None where nothing has the name.

    Raises:
        DataError: a table is not as it should be.
    """
    others = [other for other in base.tables.values() if other is not table]
    for tables in ([table], others):
        columns = [(one, next((name for name in names if name in one.columns), None)) for one in tables]
        direct = [
            _by_stretch(base, one, name, _descriptions(base, one, name) if described else {})
            for one, name in columns
            if name is not None
        ]
        if direct:
            return partial(_said, direct)
    for tables in ([table], others):
        derived = [
            _by_stretch(base, one, column, {label: known.get(names[0], "") for label, known in labels.items()}, "")
            for one in tables
            for column in one.columns
            if (labels := base.scheme(one, column).labels) and any(names[0] in known for known in labels.values())
        ]
        if derived:
            return partial(_said, derived)
    return None


def _by_stretch(
    base: Database, table: AudformatTable, column: str, meaning: Mapping[str, str], otherwise: str | None = None
) -> dict[Stretch, str]:
    """What a column's cells mean; a cell without a meaning is `otherwise`, or stands for itself."""
    cells = {stretch_of(row, table): row.cells[column] for row in base.rows(table)}
    return {place: meaning.get(cell, cell if otherwise is None else otherwise) for place, cell in cells.items()}


def _descriptions(base: Database, table: AudformatTable, column: str) -> dict[str, str]:
    labels = base.scheme(table, column).labels or {}
    return {label: known[""] for label, known in labels.items() if "" in known}


def _said(sources: Sequence[Mapping[Stretch, str]], place: Stretch) -> set[str]:
    """What the sources say of a stretch, or else of its whole file."""
    whole = (place[0], 0.0, None)
    return {said for source in sources if (said := source.get(place) or source.get(whole, ""))}
