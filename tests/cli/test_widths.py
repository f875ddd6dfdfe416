"""What commands show fits: 80 and 200 columns and a pipe; nothing is cut, no interval is broken in two."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from bench.cli.tables import narrow_table, print_table
from bench.core.showing.consoles import PlainConsole

ENVIRONMENTS = {
    "80 columns": {"COLUMNS": "80", "FORCE_COLOR": "1", "NO_COLOR": "1"},
    "200 columns": {"COLUMNS": "200", "FORCE_COLOR": "1"},
    "a pipe": {},
}
COMMANDS = {
    "show": ["show", "RUN"],
    "score": ["score", "RUN", "--k", "1,8"],
    "score by groups": ["score", "RUN", "--by", "emotion"],
    "attack-report": ["attack-report", "RUN"],
    "status": ["status", "RUN"],
    "curve": ["curve", "RUN", "--parameter", "k"],
    "leaderboard": ["leaderboard", "RUN", "--out", "OUT"],
    "data check": ["data", "check", "emodb", "--root", "CORPUS"],
    "list": ["list"],
    "list one": ["list", "attacks", "boundary"],
    "help": ["--help"],
    "run --help": ["run", "--help"],
}
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("where", ENVIRONMENTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_it_fits(
    command: str,
    where: str,
    finished_run: tuple[Path, object],
    tiny_corpus: Path,
    bench_here: Callable,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENTS[where].items():
        monkeypatch.setenv(name, value)
    places = {"RUN": finished_run[0], "OUT": tmp_path / "board", "CORPUS": tiny_corpus}
    said = bench_here(*(places.get(word, word) for word in COMMANDS[command]))
    assert said.code == 0, said.err
    assert where != "a pipe" or "\x1b" not in said.out
    assert "NO_COLOR" not in ENVIRONMENTS[where] or not re.search(r"\x1b\[[0-9;]*[349][0-7]", said.out)
    lines = [_ESCAPE.sub("", line) for line in said.out.splitlines()]
    assert not [line for line in lines if "…" in line], "cut"
    assert not [line for line in lines if len(re.findall(r"\[[-+\d]", line)) > line.count("]")], "an interval in two"
    if "COLUMNS" in ENVIRONMENTS[where] and "help" not in command:
        wide = [line for line in lines if cell_len(line.rstrip()) > int(ENVIRONMENTS[where]["COLUMNS"])]
        assert not [line for line in wide if not _one_word(line)]


def test_a_table_that_is_too_wide_stands_line_by_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = narrow_table("group", *(f"figure {number}" for number in range(5)))
    table.add_row("anger", *["0.50 [0.25, 0.75]"] * 5)
    for name, value in ENVIRONMENTS["80 columns"].items():
        monkeypatch.setenv(name, value)
    print_table(PlainConsole(), table)
    lines = capsys.readouterr().out.splitlines()
    assert "figure 4: 0.50 [0.25, 0.75]" in lines
    assert max(map(len, lines)) < 80

    for name in ENVIRONMENTS["80 columns"]:
        monkeypatch.delenv(name)
    print_table(PlainConsole(), table)
    assert capsys.readouterr().out.count("0.50 [0.25, 0.75]  0.50 [0.25, 0.75]") == 2


def _one_word(line: str) -> bool:
    """Whether a line is longer than the terminal because of one name or path alone."""
    return max(map(len, line.split())) > 60
