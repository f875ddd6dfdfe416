"""A command that is refused, in one line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_refused(bench_here: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: Callable) -> Callable:
    """Run a command that must be refused; its one line."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path / "cache"))

    def kept() -> dict[str, bytes | None]:
        """All but what is known of sound files by now: the next attempt need not decode them again."""
        for known in ("digests", "sounds"):
            shutil.rmtree(tmp_path / "cache" / known, ignore_errors=True)
        return {name: content for name, content in tree(tmp_path).items() if name != "cache"}

    def run(words: list[object]) -> str:
        before = kept()
        said = bench_here(*words)
        assert said.code == 2, said
        assert said.out == ""
        assert "Traceback" not in said.err
        last = said.err.splitlines()[-1]
        assert last.startswith("bench: "), said.err
        assert all(" ..." in line or ": done in " in line for line in said.err.splitlines()[:-1]), "only progress"
        assert all(part in last for part in (": found ", "; expected "))
        assert kept() == before, "nothing is written"
        return last

    return run


def made_corpus(tiny_corpus: Path, tmp_path: Path) -> Path:
    """A copy of the tiny corpus, to be spoilt."""
    return shutil.copytree(tiny_corpus, tmp_path / "emodb")


def made_noises(tiny_noises: Path, tmp_path: Path) -> Path:
    """A copy of the tiny noises, to be spoilt."""
    return shutil.copytree(tiny_noises, tmp_path / "noises")
