"""The board in docs/board is what its records in results/ give: pages by their text, figures to nine digits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.evaluation.runs import read_results
from bench.scoring.entries.fates import NotedFates
from leaderboards.site.build import build_site
from leaderboards.site.facts import Gathered

ROOT = Path(__file__).parents[2]
BOARD = ROOT / "docs" / "board"
RUNS = (ROOT / "results" / "embedded", ROOT / "results" / "emodb")
NUMBER = re.compile(r"-?\d[\d.]*(?:e-?\d+)?")
AGAIN = "bench leaderboard build results/embedded results/emodb --out docs/board"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("board")
    noted = NotedFates()
    build_site(read_results(RUNS, noted=noted), Gathered.of(RUNS, noted), folder)
    return folder


def files(folder: Path) -> set[str]:
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


def test_it_is_what_its_records_give(built: Path) -> None:
    assert files(built) == files(BOARD), AGAIN
    for name in sorted(files(built)):
        if Path(name).suffix in {".html", ".css", ".js", ".md", ".yaml"}:
            then, now = ((folder / name).read_text(encoding="utf-8") for folder in (BOARD, built))
            assert NUMBER.sub("0", then) == NUMBER.sub("0", now), f"docs/board/{name}: {AGAIN}"


def test_its_figures_are_those_of_its_records(built: Path) -> None:
    then, now = (json.loads((folder / "files" / "leaderboard.json").read_text()) for folder in (BOARD, built))
    assert numbers(then) == pytest.approx(numbers(now), rel=1e-9, abs=1e-9), AGAIN


def numbers(found: Any) -> list[float]:
    """Every number of JSON, in its order."""
    if isinstance(found, dict):
        return [number for one in found.values() for number in numbers(one)]
    if isinstance(found, list):
        return [number for one in found for number in numbers(one)]
    return [float(found)] if isinstance(found, int | float) and not isinstance(found, bool) else []
