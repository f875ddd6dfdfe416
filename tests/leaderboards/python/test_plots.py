"""Plots hold the figures of the records: lines, bands, points, the cells of the heat map."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bench
from bench.core.errors import UsageError
from bench.scoring.inference.estimates import Estimate
from bench.scoring.record_files.names import Setting
from leaderboards.curves import Curve, CurveNames, Point, PointError

matplotlib = pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    matplotlib.use("agg")
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):  # one test alone draws nothing
        pyplot.close("all")


def scored(victim: str, defense: str, attack: str, k: int, acc_att: float, **more: Any) -> dict[str, Any]:
    names = {"victim": victim, "defense": defense, "attack": attack, "corr": False, "noises": "all", "k": k}
    ends = {"ci95_low": acc_att - 0.1, "ci95_high": acc_att + 0.1}
    robust = {"robust_accuracy": 1 - acc_att, "robust_accuracy_low": 0.0, "robust_accuracy_high": 1.0}
    return {**names, "acc_att": acc_att, **ends, **robust, **more}


SCORES = pd.DataFrame(
    [
        scored("a", "none", "boundary", 5, 0.2),
        scored("a", "none", "boundary", 1, 0.1),
        scored("a", "none", "fade_in", 5, 0.3),
        scored("a", "none", "fade_in", 1, 0.3),
        scored("$b$", "smoothing", "boundary", 5, 0.6),
        scored("$b$", "smoothing", "boundary", 1, 0.5),
        scored("$b$", "smoothing", "boundary", 5, 0.9, corr=True),
        scored("$b$", "smoothing", "boundary", 5, 0.8, noises="imperceptible"),
    ]
)


def band(collection: Any) -> list[tuple[float, float, float]]:
    """x, low and high of a band."""
    points = collection.get_paths()[0].vertices
    return [
        (x, points[points[:, 0] == x, 1].min(), points[points[:, 0] == x, 1].max()) for x in np.unique(points[:, 0])
    ]


def test_lines_are_the_scores_with_their_bands() -> None:
    axes = bench.plot_acc_att(SCORES, corr=False, noises="all")
    drawn = {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}
    assert drawn == {
        "a · none · boundary": ([1, 5], [0.1, 0.2]),
        "a · none · fade\\_in".replace("\\", ""): ([1, 5], [0.3, 0.3]),
        r"\$b\$ · smoothing · boundary": ([1, 5], [0.5, 0.6]),
    }
    assert np.allclose(band(axes.collections[0]), [(1, 0.0, 0.2), (5, 0.1, 0.3)])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("queries (k)", "Acc_att")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(drawn)


def test_robust_accuracy_has_its_own_interval() -> None:
    axes = bench.plot_acc_att(SCORES[:2], value="robust_accuracy")
    (line,) = axes.lines
    assert list(line.get_ydata()) == [0.9, 0.8]
    assert np.allclose(band(axes.collections[0]), [(1, 0, 1), (5, 0, 1)])
    assert axes.get_legend() is None  # one line needs no name


def test_a_run_is_drawn_at_every_k(finished_run: tuple[Path, Any]) -> None:
    folder = finished_run[0]
    figure = matplotlib.figure.Figure()
    axes = figure.subplots()
    assert bench.plot_acc_att(folder, corr=False, noises="all", ax=axes) is axes
    (line,) = axes.lines
    assert list(line.get_xdata()) == list(range(1, 9))
    score = bench.score(folder, k=range(1, 9))
    own = score[(score["noises"] == "all") & ~score["corr"]]
    assert list(line.get_ydata()) == list(own["acc_att"])
    assert np.allclose([(low, high) for _, low, high in band(axes.collections[0])], own[["ci95_low", "ci95_high"]])
    curves = bench.curve(folder, "k")
    assert [one.get_label() for one in bench.plot_curves(curves).lines] == [
        one.get_label() for one in bench.plot_acc_att(folder).lines
    ]
    frame = curves.to_frame()
    assert {"acc_att_low", "robust_accuracy_high", "n"} <= set(frame)
    assert len(frame) == len(score)


def test_the_heat_map_is_victims_by_attacks() -> None:
    axes = bench.plot_heat_map(SCORES)
    (image,) = axes.images
    shown = np.ma.filled(image.get_array(), np.nan)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["boundary", "fade_in"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", r"\$b\$ + smoothing"]
    assert np.array_equal(shown, [[0.2, 0.3], [0.6, np.nan]], equal_nan=True)
    assert [text.get_text() for text in axes.texts] == ["0.20", "0.30", "0.60", "–"]
    informed = bench.plot_heat_map(SCORES, corr=True).images[0].get_array()
    assert np.array_equal(np.ma.filled(informed, np.nan), [[0.2, 0.3], [0.9, np.nan]], equal_nan=True)
    assert bench.plot_heat_map(SCORES, k=1, value="robust_accuracy").images[0].get_array()[0, 0] == 0.9
    assert bench.plot_heat_map(SCORES, noises="imperceptible").images[0].get_array().shape == (1, 1)


def error_curve(main: str = "uar") -> bench.Curves:
    names = CurveNames("<i>v</i>", "none", "real_noise", "crowd", Setting("c", "b", "ahsn", "k-fold", None), "data")
    errors = [(0.5, Estimate(0.2, 0.1, 0.4, 9), 0.1), (1.0, Estimate(0.6, 0.5, 0.7, 9), 0.1)]
    points = [Point(x, {name: PointError(one, clean) for name in (main, "war")}, 9, 9) for x, one, clean in errors]
    return bench.Curves("epsilon", (Curve(names, tuple(points)),))


def test_errors_against_a_parameter_have_their_intervals() -> None:
    axes = bench.plot_curves(error_curve())
    (container,) = axes.containers
    line, _, (bars,) = container.lines
    assert list(line.get_xdata()) == [0.5, 1.0]
    assert list(line.get_ydata()) == [0.2, 0.6]
    assert np.allclose([segment[:, 1] for segment in bars.get_segments()], [(0.1, 0.4), (0.5, 0.7)])
    assert [list(one.get_ydata()) for one in axes.lines if one.get_linestyle() == ":"] == [[0.1, 0.1]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epsilon", "1 − UAR")
    with pytest.raises(UsageError, match="one of uar, war"):
        bench.plot_curves(error_curve(), score="ccc")


def test_errors_of_numbers_are_those_of_ccc() -> None:
    curves = error_curve("ccc")
    axes = bench.plot_curves(curves, score="ccc")
    assert (axes.get_ylabel(), axes.get_ylim()) == ("1 − CCC", (0, 2))
    assert curves.table()[0] == ["curve", "epsilon", "1 − CCC", "1 − WAR", "applied"]
    with pytest.raises(UsageError, match="one of ccc, war"):
        bench.plot_curves(curves)


def test_what_results_show_is_escaped() -> None:
    curves = error_curve()
    page = curves._repr_html_()
    assert "&lt;i&gt;v&lt;/i&gt;" in page
    assert "<i>" not in page
    assert "0.60 [0.50, 0.70]" in page
    assert "<i>v</i>" in str(curves)
    assert list(curves.to_frame()["uar_error"]) == [0.2, 0.6]


def test_a_board_is_its_csv(finished_run: tuple[Path, Any], tmp_path: Path) -> None:
    found = bench.leaderboard(finished_run[0], out=tmp_path / "board")
    assert [file.name for file in found.files] == ["leaderboard.md", "leaderboard.csv", "index.html"]
    assert len(found.to_frame()) == sum(len(board.lines) for board in found.boards)
    assert found._repr_html_().count("<caption>") == len(found.boards)
    assert all(board.title in str(found) for board in found.boards)
    assert bench.leaderboard(finished_run[0]).files == ()
    page = bench.report(finished_run[0], tmp_path / "report.html")
    assert "<html" in page.read_text(encoding="utf-8")
    with pytest.raises(bench.UsageError, match="found a folder; expected the name of a file"):
        bench.report(finished_run[0], tmp_path)
    shown = bench.show(finished_run[0])
    assert "boundary" in str(shown)
    assert shown._repr_html_().count("<tr>") == len(shown.to_frame()) + 1


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leaderboards.python.plots.find_spec", lambda name: None)
    with pytest.raises(bench.UsageError, match=r"pip install 'serbench\[plots\]'"):
        bench.plot_heat_map(SCORES)
