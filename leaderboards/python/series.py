"""What a plot's lines are made of: figures of one victim, defence and attack, told apart by what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from leaderboards.python.curves import Curves

_ENDS = {"acc_att": ("ci95_low", "ci95_high"), "robust_accuracy": ("robust_accuracy_low", "robust_accuracy_high")}
_NAMES = (
    *("victim", "defense", "attack", "corpus", "noise_bank", "task", "split", "limit", "fold", "seed"),
    *("threat_model", "corr", "noises"),
)


@dataclass(frozen=True)
class Series:
    """One line.

    Args:
        label: what sets it apart from the others; "" where there is one line.
        x: ascending.
        y: the figure at each.
        low: the lower ends of its 95 % intervals.
        high: the upper ends.
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def series_of(frame: pd.DataFrame, value: str, corr: bool | None, noises: str | None) -> list[Series]:
    """Put scores on lines against k.

    Args:
        frame: one row a score.
        value: "acc_att" or "robust_accuracy".
        corr: of informed or of uninformed attackers alone; None for both.
        noises: which successes are counted; None for all.
    """
    chosen = frame
    if corr is not None:
        chosen = chosen[chosen["corr"] == corr]
    if noises is not None:
        chosen = chosen[chosen["noises"] == noises]
    names = [name for name in _NAMES if name in chosen and chosen[name].nunique(dropna=False) > 1]
    groups = [part for _, part in chosen.groupby(names, sort=False, dropna=False)] if names else [chosen]
    low, high = _ENDS[value] if _ENDS[value][0] in chosen else (f"{value}_low", f"{value}_high")
    found = []
    for part in (one.sort_values("k") for one in groups if len(one)):
        first = part.iloc[0]
        told = [_named(name, first[name]) for name in names]
        columns = (tuple(map(float, part[name])) for name in ("k", value, low, high))
        found.append(Series(" · ".join(told), *columns))
    return found


def _named(name: str, value: object) -> str:
    if name == "corr":
        return "informed" if value else "uninformed"
    return str(value) if name in ("victim", "defense", "attack") else f"{name.replace('_', ' ')} {value}"


def series_of_errors(curves: Curves, score: str) -> list[tuple[Series, Sequence[float]]]:
    """Put errors on lines against a parameter, each with the errors when nobody attacks.

    Args:
        curves: of an attack's parameter.
        score: "uar", "war", or of numbers "ccc"; curves that have no such error are left out.
    """
    from leaderboards.curves import titles

    drawn = [one for one in curves.of_parameter if score in one.scores]
    found: list[tuple[Series, Sequence[float]]] = []
    for one, label in zip(drawn, titles(drawn)[1] if drawn else (), strict=True):
        errors = [point.errors[score] for point in one.points]
        values = tuple(each.error.value for each in errors)
        ends = tuple(each.error.low for each in errors), tuple(each.error.high for each in errors)
        line = Series(label, tuple(point.x for point in one.points), values, *ends)
        found.append((line, [each.clean for each in errors]))
    return found
