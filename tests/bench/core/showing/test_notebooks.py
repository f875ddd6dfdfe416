"""Progress in a notebook: a line a task, written over, of plain text alone."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from bench.core.errors import UsageError
from bench.core.showing.notebooks import NotebookProgress, notebook_display
from bench.core.showing.progress import SILENT, LineProgress, for_python


class Page:
    """What a notebook shows, by IPython's protocol: `display` adds, a handle's `update` writes over."""

    def __init__(self) -> None:
        self.lines: list[dict[str, str]] = []
        self.updates = 0

    def display(self, shown: dict[str, str], raw: bool, display_id: bool = False) -> Any:
        assert raw
        self.lines.append(shown)
        place = len(self.lines) - 1

        def update(shown: dict[str, str], raw: bool) -> None:
            assert raw
            self.updates += 1
            self.lines[place] = shown

        return SimpleNamespace(update=update) if display_id else None


def test_a_task_is_one_line_that_ends_with_all_its_steps() -> None:
    page = Page()
    progress = NotebookProgress(page.display)
    with progress.task("Attacking", total=40) as advance:
        assert page.lines == [{"text/plain": f"Attacking [{'.' * 30}] 0 of 40"}]
        progress.say("a line between")
        for _ in range(40):
            advance(1)
    assert page.lines[0]["text/plain"].startswith(f"Attacking [{'#' * 30}] 40 of 40, ")
    assert page.lines[1:] == [{"text/plain": "a line between"}]


def test_without_a_total_it_says_that_it_is_done() -> None:
    page = Page()
    with NotebookProgress(page.display).task("Reading"):
        assert page.lines == [{"text/plain": "Reading ..."}]
    assert page.lines[0]["text/plain"].startswith("Reading: done, ")


def test_text_stays_text() -> None:
    page = Page()
    NotebookProgress(page.display).say("<b>a\x1b[31m")
    assert page.lines == [{"text/plain": "<b>a\\x1b[31m"}]


def test_what_is_asked_for_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert notebook_display() is None
    assert for_python(None) is SILENT
    assert for_python(False) is SILENT
    assert for_python(SILENT) is SILENT
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    assert isinstance(for_python(True), LineProgress)
    with pytest.raises(UsageError, match="progress: found 'yes'"):
        for_python("yes")  # type: ignore[arg-type]


def test_a_notebook_is_told_from_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    display = Page().display
    for name, expected in (("TerminalInteractiveShell", None), ("ZMQInteractiveShell", display)):
        shell = type(name, (), {})()
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda own=shell: own))
        monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
        assert notebook_display() == expected
    assert isinstance(for_python(None), NotebookProgress)
    assert for_python(False) is SILENT
