"""The face `bench`: honest about what it has, quick to import, and all that components need beside the tool kits."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import bench

ROOT = Path(__file__).parents[2]
ROOMS = ("bench.audio", "bench.perturbations", "bench.modelling", "bench.defending", "bench.testing")
"""What else a component, or its test, may import."""

SAMPLE = sorted((ROOT / "tests" / "plugin" / "serbench_sample").glob("*.py"))
PAGES = [ROOT / "README.md", ROOT / "docs" / "plugins.md"]


def test_everything_that_it_lists_is_there() -> None:
    assert dir(bench) == sorted(bench.__all__)
    assert len(set(bench.__all__)) == len(bench.__all__)
    assert {"run", "Batch", "AttackTools", "Utterance", "UsageError"} <= set(dir(bench))
    assert all(getattr(bench, name) is not None for name in dir(bench))


def test_what_it_does_not_have_is_an_error() -> None:
    with pytest.raises(AttributeError, match="module 'bench' has no attribute 'Utterances'"):
        bench.Utterances  # noqa: B018


def test_it_starts_fast() -> None:
    heavy = "torch numpy pandas scipy pyarrow soundfile rich typer concurrent.futures importlib.abc".split()  # noqa: SIM905
    code = f"import sys, bench; dir(bench); print([name for name in {heavy} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "[]"


def test_the_page_lists_exactly_what_it_has() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    told = re.findall(r"^::: (?:bench|leaderboards\.python\.\w+)\.(\w+)$", page, flags=re.MULTILINE)
    assert sorted(told) == dir(bench)


def imported(source: str) -> Iterator[str]:
    """The modules of ours that a file imports."""
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (name for name in names if name.partition(".")[0] in ("bench", "attacks", "victims", "defenses"))


def sources() -> Iterator[object]:
    for file in SAMPLE:
        yield pytest.param(file.read_text(encoding="utf-8"), id=file.name)
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for number, block in enumerate(re.findall(r"^```(?:python)?\n((?:from|import) .*?)^```$", text, re.M | re.S)):
            yield pytest.param(block, id=f"{page.name}-{number}")


@pytest.mark.parametrize("source", list(sources()))
def test_what_authors_copy_imports_the_face_and_the_tool_kits_alone(source: str) -> None:
    """Of the built-ins themselves the import-linter says it."""
    for module in imported(source):
        assert module == "bench" or module.startswith(ROOMS), module


def test_there_is_something_to_copy() -> None:
    assert len(list(sources())) >= len(SAMPLE) + 3
