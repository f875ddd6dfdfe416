"""`bench leaderboard`: boards of several runs."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

import bench
from bench.scoring.inference.ranks import Rank


class Cells(HTMLParser):
    """The text of every table cell, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        assert tag not in ("script", "img", "link", "iframe"), "nothing is fetched or run"
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def test_a_leaderboard_in_three_formats(
    finished_run: tuple, second_run: Path, bench_here: Callable, tmp_path: Path
) -> None:
    board = tmp_path / "deep" / "board"
    said = bench_here("leaderboard", finished_run[0], second_run, "--out", board)
    assert said.code == 0, said.err
    names = ["leaderboard.md", "leaderboard.csv", "index.html"]
    assert said.out.split() == [str(board / name) for name in names]
    assert sorted(path.name for path in board.iterdir()) == sorted(names)

    with (board / "leaderboard.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 3 * 4 * 3, "victims × (corr, noises) × k"
    settings: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for line in lines:
        settings.setdefault((line["corr"], line["noises"], line["k"]), []).append(line)
    for ranked in settings.values():
        figures = [("chance-level" in line["bells"], -float(line["robust_accuracy"])) for line in ranked]
        assert figures == sorted(figures)
        assert [int(line["rank"]) for line in ranked] == [1 + figures.index(figure) for figure in figures]
        last = sum("chance-level" in line["bells"] for line in ranked)
        for line in ranked:
            open_ranks = (4 - last, 3) if "chance-level" in line["bells"] else (1, 3 - last)
            assert (int(line["rank_low"]), int(line["rank_high"])) == open_ranks, "two speakers tell nobody apart"
        assert all("few-speakers" in line["bells"] for line in ranked)
        assert {(line["victim"], line["defense"]) for line in ranked} == {
            (json.loads((finished_run[0].parent / "scores.json").read_text())["cells"][0]["victim"], "none"),
            ("cnn_gru:channels=4,max_epochs=8", "none"),
            ("cnn_gru:channels=4,max_epochs=8", "multi_condition"),
        }

    cells = Cells()
    cells.feed((board / "index.html").read_text(encoding="utf-8"))
    from_html = [row for row in cells.rows if row[0] != "rank"]
    from_csv = [
        [str(Rank(*(int(line[name]) for name in ("rank", "rank_low", "rank_high")))), line["victim"], line["defense"]]
        for line in lines
    ]
    assert [row[:3] for row in from_html] == from_csv
    markdown = (board / "leaderboard.md").read_text(encoding="utf-8")
    rows = [row.strip("|").split(" | ") for row in markdown.splitlines() if row[:3] in ("| 1", "| 2", "| 3")]
    assert [[cell.strip() for cell in row[:3]] for row in rows] == from_csv
    for line, row in zip(lines, from_html, strict=True):
        for place, name in ((3, "robust_accuracy"), (4, "clean_uar"), (5, "acc_att")):
            value, low, high = (float(line[f"{name}{end}"]) for end in ("", "_low", "_high"))
            assert row[place] == f"{value:.2f} [{low:.2f}, {high:.2f}]"
        assert row[9] == line["n"] == "16"
        assert row[-1].partition("\n")[0] == line["bells"]


def test_the_same_run_twice_is_on_the_board_once(finished_run: tuple, bench_here: Callable, tmp_path: Path) -> None:
    copy = shutil.copytree(finished_run[0], tmp_path / "copy")
    bench_here("leaderboard", finished_run[0], "--out", tmp_path / "once")
    bench_here("leaderboard", finished_run[0], copy, finished_run[0], "--out", tmp_path / "thrice")
    for name in ("leaderboard.md", "leaderboard.csv", "index.html"):
        assert (tmp_path / "once" / name).read_bytes() == (tmp_path / "thrice" / name).read_bytes()


def test_a_site_is_built_of_runs(finished_run: tuple, second_run: Path, bench_here: Callable, tmp_path: Path) -> None:
    said = bench_here("leaderboard", "build", finished_run[0], second_run, "--out", tmp_path / "site")
    assert said.code == 0, said.err
    assert said.out.split() == [str(tmp_path / "site" / "index.html")]
    assert len(list((tmp_path / "site" / "entries").iterdir())) == 2 * 3, "victims in two tracks: Corr yes, and no"
    assert bench_here("leaderboard", "build", "--out", tmp_path / "none").code == 2


def test_a_run_with_a_site_in_its_folder_is_a_run(finished_run: tuple, bench_here: Callable, tmp_path: Path) -> None:
    """A site has a folder `entries` too, as a board has."""
    run, site = shutil.copytree(finished_run[0], tmp_path / "run"), tmp_path / "site"
    for _ in range(2):
        done = bench_here("leaderboard", "build", run, "--out", run)
        assert done.code == 0, done.err
    assert len(bench.leaderboard(run).boards) == len(bench.leaderboard(finished_run[0]).boards)
    assert bench_here("leaderboard", "build", run, "--out", site).code == 0
    said = bench_here("leaderboard", "rank", site, "--out", tmp_path / "board")
    assert said.code == 2
    assert f"{site}: found a board without entries; expected the --out folder of a bench run" in said.err
    with pytest.raises(bench.DataError, match="a board without entries"):
        bench.leaderboard(site)


@pytest.mark.parametrize(
    ("words", "made"),
    [
        (("--out", "OUT", "build", "RUN"), "files/leaderboard.json"),
        (("--sounds=0", "--out=OUT", "build", "RUN"), "files/leaderboard.json"),
        (("--out", "OUT", "RUN"), "leaderboard.csv"),
        (("rank", "RUN", "--out", "OUT"), "leaderboard.csv"),
        (("RUN", "--out", "OUT"), "leaderboard.csv"),
    ],
)
def test_options_may_stand_before_the_command_and_no_command_ranks(
    bench_here: Callable, finished_run: tuple, tmp_path: Path, words: tuple[str, ...], made: str
) -> None:
    told = {"RUN": str(finished_run[0]), "OUT": str(tmp_path / "out")}
    said = bench_here("leaderboard", *(word.replace("OUT", told["OUT"]).replace("RUN", told["RUN"]) for word in words))
    assert said.code == 0, said.err
    assert (tmp_path / "out" / made).is_file()
