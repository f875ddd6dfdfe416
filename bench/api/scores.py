"""Scores of finished runs, from Python: from their records alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.api.arguments import runs_of, several
from bench.api.plainly import plainly
from bench.core.keywords import check_typed
from bench.evaluation.plans.options import parse_ks
from bench.studies.shown_tables import ShownAsTable

if TYPE_CHECKING:
    import pandas as pd

    from bench.scoring.results import Results

_COLUMNS = (
    "victim",
    "defense",
    "attack",
    "task",
    "Corr",
    "Noises",
    "k",
    "robust accuracy",
    "Acc_att",
    "clean UAR or CCC",
    "n",
)


@plainly("bench.score")
def score(
    runs: str | Path | Sequence[str | Path],
    k: str | int | Sequence[int] | None = None,
    *,
    pooled: bool = True,
    estimand: str = "fitted",
    by: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Score runs anew, together, from their records: `bench score` from Python.

    Args:
        runs: the folder of one run, or of several.
        k: numbers of queries; by default those that the runs were scored at.
        pooled: one row a score over all folds and seeds, in the place of one for each.
        estimand: what intervals are about: "fitted", these victims; "trainings", trainings like theirs too.
        by: figures by group in the place of the others: "sex", "age", "language" of the speakers, where their corpus
            tells; "emotion".

    Returns:
        One row a score, as `bench.run` gives them; with `by` one row a group and score.

    Raises:
        bench.core.errors.BenchError: there is no such run, or a file of it is damaged.
    """
    check_typed("bench.score", {"pooled": pooled, "estimand": estimand}, {"pooled": bool, "estimand": str})
    folders, ks = runs_of("bench.score", runs), None if k is None else parse_ks(k)
    if by is not None:
        return _grouped(folders, ks, estimand, by)
    return _read(folders, ks, estimand).to_frame(pooled)


@plainly("bench.show")
def show(run: str | Path, k: str | int | Sequence[int] | None = None, *, estimand: str = "fitted") -> Shown:
    """Show a run again, scored from its records: `bench show` from Python.

    Args:
        run: its folder.
        k: numbers of queries; by default those that it was scored at.
        estimand: what intervals are about: "fitted", these victims; "trainings", trainings like theirs too.

    Returns:
        A table for a notebook or for `print`; `to_frame()` has all figures, `to_json()` the documented JSON.

    Raises:
        bench.core.errors.BenchError: there is no such run, or a file of it is damaged.
    """
    check_typed("bench.show", {"estimand": estimand}, {"estimand": str})
    return Shown(_read(runs_of("bench.show", [run]), None if k is None else parse_ks(k), estimand))


@dataclass(frozen=True, repr=False)
class Shown(ShownAsTable):
    """The scores of a run, as a table in a notebook.

    Args:
        results: pooled over folds and seeds, and one by one.
    """

    results: Results

    def to_frame(self, pooled: bool = True) -> pd.DataFrame:
        """Return all figures, one row a score, as `bench.run` gives them.

        Args:
            pooled: over all folds and seeds.
        """
        return self.results.to_frame(pooled)

    def to_json(self) -> dict[str, object]:
        """Return the documented JSON of `bench show`."""
        return self.results.to_json()

    def table(self) -> tuple[Sequence[str], list[tuple[str, ...]]]:
        """Return the table that it is shown as: the heads of its columns, and its rows."""
        rows = [
            (
                *(entry.victim, entry.defense, entry.attack, entry.setting.task),
                *("yes" if one.corr else "no", one.noises, str(one.k)),
                *map(str, (one.robust_accuracy, one.acc_att, entry.clean.main, one.acc_att.n)),
            )
            for entry in self.results.pooled
            for one in entry.scores
        ]
        return _COLUMNS, rows


def _read(folders: list[Path], ks: tuple[int, ...] | None, estimand: str) -> Results:
    from bench.evaluation.runs import read_results
    from bench.scoring.figures.dependence import estimand_named

    return read_results(folders, ks, estimand_named(estimand))


def _grouped(folders: list[Path], ks: tuple[int, ...] | None, estimand: str, by: Any) -> pd.DataFrame:
    import pandas as pd

    from bench.scoring.figures.dependence import estimand_named
    from bench.studies.grouped_scores import Groups, parse_by

    attributes = parse_by(",".join(map(str, several(by))))
    rows: list[dict[str, object]] = []
    for entry, scores in Groups.read(folders, attributes, ks, estimand_named(estimand)).entries:
        told = entry.to_json([])
        del told["scores"]
        for one in scores:
            names = {"by": one.by, "group": one.group, "corr": one.corr, "noises": one.noises, "k": one.k}
            row = told | names
            for name, figure in (
                ("acc_att", one.acc_att),
                ("robust_accuracy", one.robust_accuracy),
                ("recognised", one.recognised),
            ):
                row |= {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
            rows.append(row | {"n": one.acc_att.n, "speakers": one.speakers})
    return pd.DataFrame(rows)
