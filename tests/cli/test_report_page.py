"""`bench report`: a finished run becomes one page, without its victim and its sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def test_a_finished_run_becomes_a_page(finished_run: tuple, bench_here: Callable, tmp_path: Path) -> None:
    said = bench_here("report", finished_run[0], "--out", tmp_path / "for-you.html")
    assert said.code == 0, said.err
    assert said.out == f"{tmp_path / 'for-you.html'}\n"
    assert [file.name for file in tmp_path.iterdir()] == ["for-you.html"]
    page = (tmp_path / "for-you.html").read_text(encoding="utf-8")
    assert "Of 100 utterances that it recognises, " in page
    assert "Very few people speak in this test." in page, "a bell, in plain words"
    assert str(finished_run[0]) not in page, "no path of this machine is handed on"


def test_where_it_cannot_go_is_named(finished_run: tuple, bench_here: Callable, tmp_path: Path) -> None:
    said = bench_here("report", finished_run[0], "--out", tmp_path)
    assert said.code == 2
    assert "found a folder; expected the name of a file" in said.err
    said = bench_here("report", tmp_path, "--out", tmp_path / "page.html")
    assert said.code == 2
    assert "no folder cells/ in it" in said.err
    assert not (tmp_path / "page.html").exists()
