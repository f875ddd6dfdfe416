"""How fast attacks succeed, as a picture, with matplotlib (the extra `plots`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.core.storage.cache import appearing_file
from bench.scoring.entries.attack_reports import AttackReport


def draw_reports(reports: Sequence[AttackReport], path: Path) -> None:
    """Write a picture of Acc_att by k, each curve with its band.

    Needs no display; the same reports give the same file.

    Args:
        reports: at least one.
        path: a new file, one that `leaderboards.curve_plot.check_plot_target` has let pass.
    """
    import matplotlib
    from matplotlib.figure import Figure

    kind = path.suffix.lower().removeprefix(".")
    with matplotlib.rc_context({"svg.hashsalt": "serbench", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8, 5 + 0.2 * len(reports)), layout="constrained")
        axes = figure.subplots()
        for number, report in enumerate(reports):
            ks, colour = list(report.curve), f"C{number % 10}"
            told = " · ".join(str(value) for name, value in report.names.items() if name != "corr")
            label = told.replace("$", r"\$")
            axes.step(ks, [one.value for one in report.curve.values()], where="post", color=colour, label=label)
            bands = [one.low for one in report.curve.values()], [one.high for one in report.curve.values()]
            axes.fill_between(ks, *bands, step="post", color=colour, alpha=0.12, linewidth=0)
        axes.set(xlabel="queries", ylabel="Acc_att", ylim=(0, 1), xlim=(1, max(max(one.curve) for one in reports)))
        figure.legend(loc="outside lower center", fontsize="small")
        with appearing_file(path) as temporary:
            undated = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
            figure.savefig(temporary, format=kind, dpi=150, metadata=undated)
