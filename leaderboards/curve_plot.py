"""Curves as a picture, with matplotlib (the extra `plots`)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import UsageError
from bench.core.storage.cache import appearing_file
from bench.evaluation.plans.options import check_writable
from leaderboards.curves import SCORES, Curve, titles
from leaderboards.k_curves import PARAMETER, KCurve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")


def check_plot_target(path: Path, option: str = "--out", instead: str = "") -> None:
    """Raise a UsageError now, not after the work, where no picture can be drawn or its format is not known.

    Args:
        path: the picture.
        option: that names it.
        instead: what else its user may do where there is no matplotlib.
    """
    check_writable(path.parent, option)
    if path.suffix.lower() not in FORMATS:
        expected = "a file name that ends in " + ", ".join(FORMATS)
        raise UsageError(f"{option} {path}", path.suffix or "no ending", expected, "choose one of these formats")
    if path.is_dir():
        raise UsageError(f"{option} {path}", "a folder", "a file", "choose another name")
    if find_spec("matplotlib") is None:
        remedy = "pip install 'serbench[plots]'" + (f", or {instead}" if instead else "")
        raise UsageError(f"{option} {path}", "no matplotlib", "the extra 'plots'", remedy)


def draw(drawn: Sequence[Curve], parameter: str, path: Path) -> None:
    """Write a picture of curves: 1 − UAR (or 1 − CCC) on the left, 1 − WAR on the right, with 95 % intervals.

    Dotted is the error on the same utterances when nobody attacks. Needs no display; the same curves give the same
    file.

    Args:
        drawn: at least one.
        parameter: the name along the horizontal axis.
        path: a new file, of one of `FORMATS`.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    title, labels = titles(drawn)
    highest = [error.error.value for curve in drawn for point in curve.points for error in point.errors.values()]
    with matplotlib.rc_context({"svg.hashsalt": "serbench", "svg.fonttype": "none"}):
        figure = Figure(figsize=(10, 4.5 + 0.2 * len(drawn)), layout="constrained")
        axes = figure.subplots(1, len(SCORES), sharey=True)
        for place, panel in enumerate(axes):
            for number, (curve, label) in enumerate(zip(drawn, labels, strict=True)):
                x, colour = [point.x for point in curve.points], f"C{number % 10}"
                score = curve.scores[place]
                errors = [point.errors[score].error for point in curve.points]
                bars = [one.value - one.low for one in errors], [one.high - one.value for one in errors]
                y = [one.value for one in errors]
                panel.errorbar(x, y, bars, label=label, color=colour, marker="o", capsize=3, elinewidth=0.5)
                panel.plot(x, [point.errors[score].clean for point in curve.points], linestyle=":", color=colour)
            named = dict.fromkeys(f"1 − {curve.scores[place].upper()}" for curve in drawn)
            panel.set(xlabel=parameter, ylabel=" or ".join(named), ylim=(0, max(1.0, *highest)))
        figure.suptitle(title.replace("$", r"\$"), fontsize="small", wrap=True)
        handles, names = axes[0].get_legend_handles_labels()
        escaped = [name.replace("$", r"\$") for name in names]
        dotted = Line2D([], [], linestyle=":", color="grey")
        figure.legend([*handles, dotted], [*escaped, "not attacked"], loc="outside lower center", fontsize="small")
        _save(figure, path)


def draw_ks(drawn: Sequence[KCurve], path: Path) -> None:
    """Write a picture of Acc_att against the number of queries, with 95 % bands.

    Needs no display; the same curves give the same file.

    Args:
        drawn: at least one.
        path: a new file, of one of `FORMATS`.
    """
    import matplotlib
    from matplotlib.figure import Figure

    from leaderboards.python.curves import Curves
    from leaderboards.python.plots import plot_acc_att

    with matplotlib.rc_context({"svg.hashsalt": "serbench", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8, 5), layout="constrained")
        plot_acc_att(Curves(PARAMETER, tuple(drawn)), ax=figure.subplots())
        _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    kind = path.suffix.lower().removeprefix(".")
    undated = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    with appearing_file(path) as temporary:
        figure.savefig(temporary, format=kind, dpi=150, metadata=undated)
