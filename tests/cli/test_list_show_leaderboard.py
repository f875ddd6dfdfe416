"""`bench --help`, `list`, `show` and `leaderboard`: quick, complete, and from the records alone."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path

import pytest

from bench.contracts.component import KINDS
from bench.contracts.registry import Registry
from bench.scoring.ranks import Rank

BUILT_ON = ("torch", "torchaudio", "librosa", "foolbox", "art", "numpy", "pandas", "tabulate")
HEAVY = (*BUILT_ON, "scipy", "numba", "sklearn", "pyarrow", "soundfile", "jinja2", "matplotlib")
START = f"""
import atexit, sys
heavy = {HEAVY!r}
atexit.register(lambda: print("imported:", *(name for name in heavy if name in sys.modules), file=sys.stderr))
from bench.cli.main import main
sys.argv[0] = "bench"
main()
"""


def heavy_after(words: list[str]) -> str:
    """The last line of a process's standard error: which slow libraries it has imported."""
    said = subprocess.run([sys.executable, "-c", START, *words], check=False, capture_output=True, text=True)
    return said.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["list"],
        ["list", "attacks", "--json"],
        ["run", "--help"],
        ["show", "--help"],
        ["score", "--help"],
        ["leaderboard", "--help"],
        ["run", "--victim", "cnn_gruu", "--attack", "boundary"],
        ["run", "--victim", "cnn_gru", "--attack", "boundary", "--k", "0"],
    ],
    ids=" ".join,
)
def test_it_starts_fast(words: list[str]) -> None:
    """Neither torch nor anything else that is slow is imported; `benchmarks/starting.py` has the times."""
    assert heavy_after(words) == "imported:"


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["list"], ["run", "--help"], ["data"]], ids=" ".join)
def test_what_is_not_asked_for_is_not_imported(words: list[str]) -> None:
    """Neither pydantic, by which typer reads the options that are given, nor the other subcommands."""
    others = {"bench.cli.account", "bench.cli.certify", "bench.cli.listen", "bench.cli.reproduce", "bench.cli.victims"}
    start = START.replace(repr(HEAVY), repr(("pydantic", "rich", *sorted(others))))
    said = subprocess.run([sys.executable, "-c", start, *words], check=False, capture_output=True, text=True)
    assert said.stderr.splitlines()[-1] == "imported:"


def test_completion_starts_fast() -> None:
    environment = os.environ | {"_BENCH_COMPLETE": "complete_bash", "COMP_WORDS": "bench l", "COMP_CWORD": "1"}
    words = [sys.executable, "-c", START]
    said = subprocess.run(words, check=False, capture_output=True, text=True, env=environment)
    assert said.stdout.split() == ["list", "leaderboard", "listen"]
    assert said.stderr.splitlines()[-1] == "imported:"


def test_the_version(bench_here: Callable) -> None:
    assert bench_here("--version").out == f"serbench {version('serbench')}\n"


def test_help_names_every_command(bench_here: Callable) -> None:
    out = bench_here("--help").out
    assert all(name in out for name in ("run", "list", "show", "score", "leaderboard"))
    assert bench_here("-h").out == out
    bare = bench_here()
    assert bare.code == 2
    assert "Commands:" in bare.out + bare.err


# ---- list


def test_list_names_everything(bench_here: Callable) -> None:
    registry = Registry.discover()
    said = bench_here("list")
    assert said.code == 0
    for kind in KINDS:
        assert f"\n{kind}\n" in said.out
        for name in registry.names(kind):
            assert f"\n  {name}  (" in said.out


@pytest.mark.parametrize("kind", KINDS)
def test_list_as_json(bench_here: Callable, kind: str) -> None:
    found = json.loads(bench_here("list", kind, "--json").out)
    assert [entry["name"] for entry in found] == Registry.discover().names(kind)
    for entry in found:
        assert entry["kind"] == kind
        assert entry["origin"] == f"serbench {version('serbench')}"
        assert entry["summary"].endswith(".")


def test_list_of_an_unknown_kind(bench_here: Callable) -> None:
    said = bench_here("list", "atacks")
    assert said.code == 2
    assert "did you mean 'attacks'?" in said.err


# ---- show


def test_show_says_what_the_run_said(finished_run: tuple, bench_here: Callable) -> None:
    run, first = finished_run
    said = bench_here("show", run)
    assert said.code == 0, said.err
    assert said.out == first.out
    assert said.err == ""


def test_show_at_another_k(finished_run: tuple, bench_here: Callable) -> None:
    all_of_them = json.loads((finished_run[0].parent / "scores.json").read_text())["cells"][0]["scores"]
    said = bench_here("show", finished_run[0], "--k", "7,2", "--json", "-")
    found = json.loads(said.out)["cells"][0]["scores"]
    assert sorted({score["k"] for score in found}) == [2, 7]
    assert [score for score in found if score["k"] == 2] == [score for score in all_of_them if score["k"] == 2]
    for at_7 in (score for score in found if score["k"] == 7):
        at_4, at_8 = (
            next(s for s in all_of_them if (s["corr"], s["noises"], s["k"]) == (at_7["corr"], at_7["noises"], k))
            for k in (4, 8)
        )
        assert at_4["acc_att"] <= at_7["acc_att"] <= at_8["acc_att"]


def test_show_needs_neither_victim_nor_sound(
    finished_run: tuple, bench_here: Callable, own_cache: Path, tmp_path: Path, tree: Callable
) -> None:
    run = shutil.copytree(finished_run[0], tmp_path / "moved")
    before = tree(run)
    assert bench_here("show", run).out == finished_run[1].out
    assert tree(run) == before, "showing writes nothing"
    assert not own_cache.exists()


def test_an_output_that_is_not_utf_8(finished_run: tuple, bench_process: Callable) -> None:
    said = bench_process("show", finished_run[0], PYTHONIOENCODING="ascii")
    assert said.code == 0, said.err
    assert said.out.isascii()
    assert finished_run[1].out.splitlines()[1].encode("ascii", "replace").decode() in said.out


def test_show_writes_json(finished_run: tuple, bench_here: Callable, tmp_path: Path) -> None:
    said = bench_here("show", finished_run[0], "--json", tmp_path / "scores.json")
    assert said.out == finished_run[1].out
    assert json.loads((tmp_path / "scores.json").read_text()) == json.loads(
        (finished_run[0].parent / "scores.json").read_text()
    )
    assert [path.name for path in tmp_path.iterdir()] == ["scores.json"]


# ---- score


def test_score_says_what_show_says(finished_run: tuple, bench_here: Callable) -> None:
    for more in ((), ("--k", "1,5"), ("--k", "8", "--json", "-")):
        shown, scored = (bench_here(command, finished_run[0], *more) for command in ("show", "score"))
        assert shown.code == scored.code == 0, scored.err
        assert shown.out == scored.out


def test_score_puts_runs_together(finished_run: tuple, second_run: Path, bench_here: Callable) -> None:
    said = bench_here("score", finished_run[0], second_run, "--k", "1,8", "--json", "-")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert len(found["pooled"]) == 3
    assert {score["k"] for entry in found["pooled"] for score in entry["scores"]} == {1, 8}
    tables = bench_here("score", finished_run[0], second_run).out
    assert tables.count("Ranked: ") == 4, "one for each Corr and Noises, at the greatest k"


def test_score_names_a_k_beyond_the_budget(finished_run: tuple, bench_here: Callable) -> None:
    said = bench_here("score", finished_run[0], "--k", "1,5,50")
    assert said.code == 2
    assert said.out == ""
    expected = f"at most 8, the budget of {finished_run[0]}"
    assert said.err == f"bench: --k: found 50; expected {expected}; run again with --k 50\n"


@pytest.mark.parametrize("command", ["score", "show"])
@pytest.mark.parametrize("json", ["tables", "-"])
def test_scoring_loads_no_model(finished_run: tuple, command: str, json: str) -> None:
    imported = heavy_after([command, str(finished_run[0]), "--k", "1,8", *(["--json", json] if json == "-" else [])])
    assert not {"torch", "torchaudio", "librosa", "soundfile", "numba"} & set(imported.split())
    assert "pandas" in imported.split(), "something was scored"


@pytest.mark.parametrize("columns", [80, 200])
def test_a_table_fits_eighty_columns(second_run: Path, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No figure and no name of a column is cut or folded."""
    import io

    from rich.console import Console

    from bench.cli import tables
    from bench.evaluation.runs import read_results
    from leaderboards.ranking import boards

    found = read_results([second_run])
    ranked = [tables.ranking_table(board) for board in boards(found, greatest_k=True)]
    for table in (*map(tables.attack_table, found.pooled), *ranked):
        page = Console(file=io.StringIO(), width=columns)
        page.print(table)
        text = page.file.getvalue()
        assert max(map(len, text.splitlines())) <= 80 or columns > 80
        assert "…" not in text
        assert "robust accuracy" in text
    for entry in found.pooled:
        page = Console(file=io.StringIO(), width=columns)
        page.print(tables.attack_table(entry))
        for one in entry.scores:
            assert str(one.acc_att) in page.file.getvalue()
            assert str(one.robust_accuracy) in page.file.getvalue()


# ---- leaderboard


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


@pytest.fixture(scope="module")
def second_run(bench_before: Callable, tiny_job: Callable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another victim, bare and defended, under the same attack: other lines of the same boards."""
    out = tmp_path_factory.mktemp("second") / "run"
    job = tiny_job(victim="cnn_gru:channels=4,max_epochs=8", defense=["none", "multi_condition"], out=out)
    said = bench_before(*job)
    assert said.code == 0, said.err
    return out


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
