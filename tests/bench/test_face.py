"""The face `bench`: honest about what it has, quick to import, and all that components need beside the tool kits."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import torch

import bench

ROOT = Path(__file__).parents[2]
ROOMS = tuple(f"bench.{room}" for room in ("audio", "perturbations", "peers", "modelling", "defending", "testing"))
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


def ours_in(annotation: object) -> Iterator[type]:
    """The classes of ours that an annotation speaks of."""
    if isinstance(annotation, type) and annotation.__module__.startswith("bench."):
        yield annotation
    for part in get_args(annotation):
        for one in part if isinstance(part, list) else [part]:
            yield from ours_in(one)


def test_whatever_an_author_is_given_has_its_name_here() -> None:
    contracts = [bench.Attack.search, bench.SpeechEffect.apply, bench.LearningAttack.learn, bench.TrainableVictim.fit]
    asked: list[object] = [*contracts, bench.Victim.log_probs, bench.Corpus.read, bench.NoiseBank.read]
    known = {"torch": torch, "Tensor": torch.Tensor, "NoiseSet": bench.NoiseSet, "Batch": bench.Batch}
    found: set[type] = set()
    while asked:
        hints = get_type_hints(asked.pop(), localns=known)
        new = {one for annotation in hints.values() for one in ours_in(annotation)} - found
        asked += new
        found |= new
    assert bench.AttackTools in found
    assert sorted(one.__name__ for one in found if getattr(bench, one.__name__, None) is not one) == []


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
