"""Plots of results for a notebook or a paper, on matplotlib (the extra `plots`): each gives its axes."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from bench.api.plainly import plainly
from bench.core.errors import UsageError
from bench.core.showing.plain_text import plain_text
from leaderboards.k_curves import PARAMETER
from leaderboards.python.heat_map import cells_of, frame_of
from leaderboards.python.series import Series, series_of, series_of_errors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_VALUES = ("acc_att", "robust_accuracy")


@plainly("bench.plot_acc_att")
def plot_acc_att(
    scores: Any, *, value: str = "acc_att", corr: bool | None = None, noises: str | None = None, ax: Axes | None = None
) -> Axes:
    """Plot Acc_att against the number of queries, with 95 % bands, a line each victim, defence and attack.

    Args:
        scores: a run's folder, or several, for every k up to the budget; else what `bench.curve(run, "k")`,
            `bench.run`, `bench.score` or `bench.show` gave.
        value: "acc_att" or "robust_accuracy".
        corr: lines of informed or of uninformed attackers alone; None for both.
        noises: lines of "all", "additive" or "imperceptible" noises alone; None for all.
        ax: to draw on; None for new ones.

    Returns:
        The axes.

    Raises:
        bench.core.errors.BenchError: there is nothing to draw, or no matplotlib.
    """
    _check_value("bench.plot_acc_att", value)
    frame = frame_of("bench.plot_acc_att", scores, every_k=True)
    lines = series_of(frame, value, corr, noises)
    axes = _axes("bench.plot_acc_att", lines, ax)
    for number, one in enumerate(lines):
        colour = f"C{number % 10}"
        axes.plot(one.x, one.y, color=colour, marker="o", markersize=3, label=_text(one.label))
        axes.fill_between(one.x, one.low, one.high, color=colour, alpha=0.15, linewidth=0)
    label = "Acc_att" if value == "acc_att" else "robust accuracy"
    axes.set(xlabel="queries (k)", ylabel=label, ylim=(0, 1))
    _legend(axes, lines)
    return axes


@plainly("bench.plot_curves")
def plot_curves(curves: Any, parameter: str | None = None, *, score: str = "uar", ax: Axes | None = None) -> Axes:
    """Plot curves: the error against a parameter of an attack, or Acc_att against k, with 95 % intervals.

    Args:
        curves: what `bench.curve` gave; or a run's folder, or several, with `parameter`.
        parameter: of folders: "k", or a number among an attack's parameters.
        score: of errors: "uar" or "war"; of numbers "ccc" or "war".
        ax: to draw on; None for new ones.

    Returns:
        The axes; dotted is the error when nobody attacks.

    Raises:
        bench.core.errors.BenchError: there is nothing to draw, or no matplotlib.
    """
    from leaderboards.python.curves import Curves, curve

    if not isinstance(curves, Curves):
        if parameter is None:
            raise UsageError("bench.plot_curves, parameter", "none", "a name", "for example parameter='epsilon'")
        curves = curve(curves, parameter)
    if curves.parameter == PARAMETER:
        return plot_acc_att(curves, ax=ax)
    known = dict.fromkeys(name for one in curves.of_parameter for name in one.scores)
    if score not in known:
        expected, remedy = "one of " + ", ".join(known), f"for example {next(iter(known), 'uar')!r}"
        raise UsageError("bench.plot_curves, score", repr(score), expected, remedy)
    lines = series_of_errors(curves, score)
    axes = _axes("bench.plot_curves", lines, ax)
    for number, (one, clean) in enumerate(lines):
        colour = f"C{number % 10}"
        bars = (
            [y - low for y, low in zip(one.y, one.low, strict=True)],
            [h - y for y, h in zip(one.y, one.high, strict=True)],
        )
        axes.errorbar(one.x, one.y, bars, color=colour, marker="o", capsize=3, elinewidth=0.5, label=_text(one.label))
        axes.plot(one.x, clean, color=colour, linestyle=":")
    axes.set(xlabel=_text(curves.parameter), ylabel=f"1 − {score.upper()}", ylim=(0, 2 if score == "ccc" else 1))
    _legend(axes, [one for one, _ in lines])
    return axes


@plainly("bench.plot_heat_map")
def plot_heat_map(
    scores: Any,
    *,
    k: int | None = None,
    value: str = "acc_att",
    corr: bool = False,
    noises: str = "all",
    ax: Axes | None = None,
) -> Axes:
    """Plot a heat map: victims, each under its defence, down, attacks across; folds and seeds are averaged.

    Args:
        scores: a run's folder, or several; else what `bench.run`, `bench.score` or `bench.show` gave.
        k: numbers of queries; None for the greatest.
        value: "acc_att" or "robust_accuracy".
        corr: of informed attackers; of uninformed ones where there is no other.
        noises: which successes are counted.
        ax: to draw on; None for new ones.

    Returns:
        The axes, whose image holds the figures.

    Raises:
        bench.core.errors.BenchError: there is nothing to draw, or no matplotlib.
    """
    _check_value("bench.plot_heat_map", value)
    table = cells_of(frame_of("bench.plot_heat_map", scores), k, value, corr, noises)
    axes = _axes("bench.plot_heat_map", table, ax)
    values = table.to_numpy(dtype=float)
    image = axes.imshow(values, vmin=0, vmax=1, cmap="viridis", aspect="auto")
    axes.set_xticks(range(table.shape[1]), [_text(str(name)) for name in table.columns], rotation=30, ha="right")
    axes.set_yticks(range(table.shape[0]), [_text(str(name)) for name in table.index])
    for row, column in ((r, c) for r in range(table.shape[0]) for c in range(table.shape[1])):
        figure = float(values[row, column])
        shown = f"{figure:.2f}" if figure == figure else "–"  # noqa: PLR0124  # not a number: no such cell
        axes.text(column, row, shown, ha="center", va="center", color="white" if figure < 0.6 else "black")
    axes.figure.colorbar(image, ax=axes, label="Acc_att" if value == "acc_att" else "robust accuracy")
    return axes


def _check_value(function: str, value: str) -> None:
    if value not in _VALUES:
        raise UsageError(f"{function}, value", repr(value), "one of " + ", ".join(_VALUES), "for example 'acc_att'")


def _axes(function: str, drawn: Sized, ax: Axes | None) -> Axes:
    """The axes to draw on."""
    if not len(drawn):
        remedy = "look at the columns corr, noises and k of the scores"
        raise UsageError(function, "no score of this kind", "at least one", remedy)
    if ax is not None:
        return ax
    if find_spec("matplotlib") is None:
        raise UsageError(function, "no matplotlib", "the extra 'plots'", "pip install 'serbench[plots]'")
    from matplotlib import pyplot

    axes: Axes = pyplot.figure(layout="constrained").add_subplot()
    return axes


def _legend(axes: Axes, lines: Sequence[Series]) -> None:
    if any(one.label for one in lines):
        axes.legend(fontsize="small")


def _text(label: str) -> str:
    """A label as text: a dollar sign begins no formula."""
    return plain_text(label).replace("$", r"\$")
