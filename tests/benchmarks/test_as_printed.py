"""Every benchmark can be started as it says: by `python -m`, so that no file of theirs hides a package of others."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STARTED = sorted(
    path.stem
    for path in (ROOT / "benchmarks").glob("*.py")
    if path.stem != "__main__" and '__name__ == "__main__"' in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", STARTED)
def test_it_is_imported_and_says_how_it_is_started(name: str) -> None:
    assert f"python -m benchmarks.{name}" in (import_module(f"benchmarks.{name}").__doc__ or "")


def test_nothing_is_started_by_its_file() -> None:
    """`python benchmarks/FILE` puts their folder first: `coverage.py` there is not the package that others import."""
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.py")]
    assert not [path for path in texts if re.search(r"python3? benchmarks/", path.read_text(encoding="utf-8"))]
