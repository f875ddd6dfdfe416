"""Text from outside is text on a terminal: no escape, no mark-up, nothing that turns or hides what stands beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.table import Table

from bench.core.showing.consoles import PlainConsole
from bench.core.showing.plain_text import plain_text
from bench.core.showing.progress import Bars, LineProgress
from bench.evaluation.grids.cell_log import CellLog

HOSTILE = (
    "\x1b[2J\x1b]0;title\x07",
    "\x1b]8;;http://evil.example\x1b\\text",
    "[link=http://evil.example]x[/link]",
    "[/x]",
    "[bold red]a[/]",
    "a\\[b]",
    ":heart:",
    "\u202egpj.exe",
    "an\u200bger\u2066",
    "\x9b31m\x7f\r",
    "\ud800",
)
ACTING = ("\x1b", "\x07", "\x9b", "\x7f", "\r", "\u202e", "\u200b", "\u2066", "\ud800", "\u2764")


def _is_plain(shown: str, text: str) -> None:
    assert plain_text(text) in shown
    assert not any(one in shown for one in ACTING)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_console_shows_text_as_it_is(
    text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    console = PlainConsole(stderr=True)
    table = Table(text, title=text, caption=text)
    table.add_row(text)
    for what in (text, table):
        console.print(what, soft_wrap=True)
    shown = capsys.readouterr().err
    _is_plain(shown, text)
    assert shown.count(plain_text(text)) == 5


@pytest.mark.parametrize("text", HOSTILE)
def test_progress_and_logs_show_text_as_it_is(
    text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for shown in (LineProgress(), Bars()):
        log = CellLog(shown, tmp_path)
        with log.cell("key", text), log.task(text, 1) as advance:
            log.say(text)
            advance(1)
    _is_plain(capsys.readouterr().err, text)
    _is_plain((tmp_path / "key.log").read_text(encoding="utf-8"), text)


def test_commands_print_in_one_place() -> None:
    """Who prints otherwise passes on what others wrote."""
    import bench

    root = Path(bench.__file__).parent
    at_home = {root / "cli" / "saying.py", root / "core" / "showing" / "consoles.py"}
    words = ("typer.echo(", "click.echo(", "typer.secho(", " Console(", "rich.markup")
    others = [file for file in root.rglob("*.py") if file not in at_home]
    found = [(file.name, word) for file in others for word in words if word in file.read_text(encoding="utf-8")]
    assert not found, "use bench.cli.saying.say, or bench.core.showing.consoles.PlainConsole"
