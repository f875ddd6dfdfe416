"""Scores as a table for plots: from whatever a function of the face gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.api.scores import Shown, score
from bench.core.errors import UsageError
from bench.core.specs import NO_DEFENSE
from leaderboards.k_curves import PARAMETER
from leaderboards.python.curves import Curves, curve

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("victim", "defense", "attack", "corr", "noises", "k", "acc_att", "robust_accuracy")
_GIVEN = "a run's folder, or what bench.run, bench.score, bench.show or bench.curve(run, 'k') gave"


def frame_of(function: str, given: Any, every_k: bool = False) -> pd.DataFrame:
    """Read scores: one row each.

    Args:
        function: who was called, for messages.
        given: a folder, several, or a result.
        every_k: of folders, at every number of queries up to the budget.

    Raises:
        UsageError: it is no scores.
    """
    import pandas as pd

    if isinstance(given, Shown):
        return given.to_frame()
    if isinstance(given, Curves) and given.parameter == PARAMETER:
        return given.to_frame()
    if isinstance(given, pd.DataFrame):
        missing = [name for name in _COLUMNS if name not in given]
        if missing:
            told = f"a DataFrame without {', '.join(missing)}"
            raise UsageError(f"{function}, scores", told, _GIVEN, "give the whole table")
        found: pd.DataFrame = given
        return found
    if isinstance(given, Curves):
        raise UsageError(
            f"{function}, scores", f"curves of {given.parameter}", _GIVEN, "draw them with bench.plot_curves"
        )
    return curve(given, PARAMETER).to_frame() if every_k else score(given)


def cells_of(frame: pd.DataFrame, k: int | None, value: str, corr: bool, noises: str) -> pd.DataFrame:
    """Put scores into a table: victims, each under its defence, down, attacks across.

    Args:
        frame: one row a score.
        k: numbers of queries; None for the greatest of each attack.
        value: "acc_att" or "robust_accuracy".
        corr: of informed attackers; of uninformed ones where there is no other.
        noises: which successes are counted.
    """
    chosen = frame[frame["noises"] == noises]
    most = chosen.groupby(["victim", "defense", "attack"])["k"].transform("max")
    chosen = chosen[chosen["k"] == (most if k is None else k)]
    informed = chosen.groupby(["victim", "defense", "attack"])["corr"].transform("any") if corr else False
    chosen = chosen[chosen["corr"] == informed]
    bare = chosen["defense"] == NO_DEFENSE
    names = chosen["victim"].where(bare, chosen["victim"] + " + " + chosen["defense"])
    table = chosen.assign(defended=names).pivot_table(
        index="defended", columns="attack", values=value, aggfunc="mean", sort=False
    )
    return table
