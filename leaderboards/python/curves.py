"""Curves of finished runs, from Python: from their records alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.api.arguments import runs_of
from bench.api.plainly import plainly
from bench.core.errors import DataError
from bench.core.keywords import check_typed
from bench.studies.shown_tables import ShownAsTable
from leaderboards.curves import Curve
from leaderboards.k_curves import PARAMETER, KCurve

if TYPE_CHECKING:
    import pandas as pd

    from bench.scoring.inference.estimates import Estimate


@plainly("bench.curve")
def curve(runs: str | Path | Sequence[str | Path], parameter: str) -> Curves:
    """Draw curves from the records of finished runs: `bench curve` from Python; no model is loaded.

    Args:
        runs: the folder of one run, or of several.
        parameter: "k" for Acc_att and robust accuracy against the number of queries; else a number among the
            parameters of an attack that asks once, such as "epsilon", for the error against it.

    Returns:
        The curves; `to_frame()` has their points, `bench.plot_curves` draws them.

    Raises:
        bench.core.errors.BenchError: there is no such run, or no attack that has this number.
    """
    check_typed("bench.curve", {"parameter": parameter}, {"parameter": str})
    return curves_of(runs_of("bench.curve", runs), parameter)


@dataclass(frozen=True, repr=False)
class Curves(ShownAsTable):
    """Curves of one or more runs, as a table in a notebook.

    Args:
        parameter: along which they go.
        curves: one a victim, defence and attack.
    """

    parameter: str
    curves: tuple[KCurve, ...] | tuple[Curve, ...]

    @property
    def of_queries(self) -> list[KCurve]:
        """Return the curves against the number of queries."""
        return [one for one in self.curves if isinstance(one, KCurve)]

    @property
    def of_parameter(self) -> list[Curve]:
        """Return the curves against a parameter of an attack."""
        return [one for one in self.curves if isinstance(one, Curve)]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a point: the names of its curve, then its figures with their intervals."""
        import pandas as pd

        return pd.DataFrame([row for one in self.curves for row in _rows(one, self.parameter)])

    def to_json(self) -> list[dict[str, object]]:
        """Return `curves` of the JSON of `bench curve`."""
        return [one.to_json() for one in self.curves]

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return the table that it is shown as: the heads of its columns, and its rows."""
        found: list[list[str]] = []
        figures = ["Acc_att", "robust accuracy"]
        if self.parameter != PARAMETER:
            named = zip(*([f"1 − {score.upper()}" for score in one.scores] for one in self.of_parameter), strict=True)
            figures = [*(" or ".join(dict.fromkeys(names)) for names in named), "applied"]
        for one in self.curves:
            if isinstance(one, KCurve):
                found += [[one.title, str(at.k), str(at.acc_att), str(at.robust_accuracy)] for at in one.points]
            else:
                names = f"{one.names.victim} · {one.names.defense} · {one.names.attack}"
                for point in one.points:
                    errors = [str(point.errors[score].error) for score in one.scores]
                    found.append([names, f"{point.x:g}", *errors, f"{point.applied} of {point.of}"])
        return ["curve", self.parameter, *figures], found


def curves_of(folders: Sequence[Path], parameter: str, instead: Callable[[DataError], None] | None = None) -> Curves:
    """Draw curves from the records of runs.

    Args:
        folders: `--out` folders.
        parameter: "k", or a number among an attack's parameters.
        instead: told of each record file that is passed over; by default its error is raised.

    Raises:
        bench.core.errors.BenchError: a folder is no run, or no attack has this number.
    """
    from bench.evaluation.runs import read_entries
    from bench.scoring.entries.several_runs import believed_of
    from leaderboards.curves import curves
    from leaderboards.k_curves import k_curves

    if parameter == PARAMETER:
        return Curves(parameter, tuple(k_curves(read_entries(folders, instead=instead))))
    cells = [cell for cell in believed_of(folders, instead) if cell.description.names.half is None]
    if not cells:
        raise DataError(folders[0], "no finished cell", "records of a bench run", "run it again to the end")
    return Curves(parameter, tuple(curves(cells, parameter)))


def _rows(one: KCurve | Curve, parameter: str) -> list[dict[str, Any]]:
    if isinstance(one, KCurve):
        figures = (
            (at, _spread(at.acc_att, "acc_att"), _spread(at.robust_accuracy, "robust_accuracy")) for at in one.points
        )
        return [{**one.names(), PARAMETER: at.k, **acc_att, **robust, "n": one.n} for at, acc_att, robust in figures]
    found = []
    for point in one.points:
        errors: dict[str, Any] = {}
        for score in one.scores:
            errors |= _spread(point.errors[score].error, f"{score}_error")
            errors[f"{score}_error_clean"] = point.errors[score].clean
        found.append({**one.names.to_json(), parameter: point.x, **errors, "applied": point.applied, "of": point.of})
    return found


def _spread(figure: Estimate, name: str) -> dict[str, float]:
    return {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
