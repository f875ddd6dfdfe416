"""P3's Tables 3 to 6 session by session: the accuracy of each fold, beside that of each of IEMOCAP's sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from leaderboards.reproduce.facts import facts, share
from leaderboards.reproduce.shape import Table, TableSubject, TableValue

PAPER = "P3, Tables 3 to 6, session by session"
SESSIONS = (1, 2, 3, 4, 5)
_NOTES = (
    "Accuracy of each fold, mean over its seeds; intervals and claims stand in the table of all folds.",
    "Published: IEMOCAP's sessions. Fold 0 is session 1 with --corpus iemocap --split leave-one-session-out alone.",
)

RowsOf = Callable[[str, str], tuple[pd.DataFrame | None, str]]
"""From model and perturbation to the answers, and the column of them that counts."""


def by_session(about: TableSubject, asked: Iterable[tuple[str, str]], rows_of: RowsOf) -> Table:
    """Make the table: a row for each model and perturbation, a column for each session and each fold.

    Args:
        about: what the table rests on.
        asked: models and perturbations, in the order of the rows.
        rows_of: looks up the answers.
    """
    rows = tuple(_row(about, model, name, *rows_of(model, name)) for model, name in asked)
    return Table(PAPER, about, rows, notes=_NOTES)


def _row(about: TableSubject, model: str, name: str, rows: pd.DataFrame | None, column: str) -> dict[str, TableValue]:
    known = {(row["model"], row["perturbation"]): row for row in facts("p3_fusion.csv")}
    printed = known.get((model, name), {})
    sessions = {f"published session {n}": share(printed.get(f"session_{n}", "")) for n in SESSIONS}
    found = {} if rows is None else _accuracies(rows, column)
    folds = {f"fold {fold}": found.get(fold) for fold in about.folds}
    return {"model": model, "perturbation": name, **sessions, **folds}


def _accuracies(rows: pd.DataFrame, column: str) -> dict[int, float]:
    """Of each fold: the mean over its cells of the share that is right."""
    right = rows.assign(right=rows[column] == rows["label_true"])
    cells = right.groupby(["fold", "seed", "repeat"])["right"].mean()
    return {int(fold): float(mean) for fold, mean in cells.groupby("fold").mean().items()}  # type: ignore[call-overload]
