"""The house as its documentation and this project's habits say it is: rooms, sizes, names, the walk of a request."""

from __future__ import annotations

import ast
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ("bench", "attacks", "defenses", "victims", "leaderboards")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FILES = {file: file.read_text(encoding="utf-8") for top in OURS for file in sorted((ROOT / top).rglob("*.py"))}
PROBE = re.compile(r"\b(?:getattr|hasattr)\(")


@cache
def trees() -> dict[Path, ast.Module]:
    """Every file, parsed: when a test asks, not in each process that collects them."""
    return {file: ast.parse(text) for file, text in FILES.items()}


def functions() -> Iterator[tuple[str, int]]:
    """Every function: where it is, and its lines without its docstring."""
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                told = node.body[0] if ast.get_docstring(node) is not None else None
                lines = lines_of(node) - (lines_of(told) if told else 0)
                yield f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", lines


def lines_of(node: ast.stmt) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def test_every_room_is_described_where_it_is_and_in_the_architecture() -> None:
    rooms = {path.name for path in (ROOT / "bench").iterdir() if (path / "__init__.py").is_file()}
    told = set(re.findall(r"^\| `bench/(\w+)/` \|", ARCHITECTURE, re.MULTILINE))
    assert rooms == told
    for room in rooms:
        assert ast.get_docstring(trees()[ROOT / "bench" / room / "__init__.py"]), room


def test_the_walk_of_a_request_names_what_is_there() -> None:
    stations = re.findall(r"^\| \d+ \| `([\w/]+\.py): ([^|]*?)` \|", ARCHITECTURE, re.MULTILINE)
    assert len(stations) >= 15
    for file, walked in stations:
        defined = {
            node.name for node in ast.walk(trees()[ROOT / file]) if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        for name in re.split(r"[`\s→.]+", walked):
            assert name in defined, f"{file}: {name}"
    assert max(Counter(file for file, _ in stations).values()) <= 3


def test_no_two_public_classes_share_a_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for file, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(file.relative_to(ROOT)))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_files_and_functions_stay_small() -> None:
    sizes = {str(file.relative_to(ROOT)): text.count("\n") for file, text in FILES.items()}
    assert {name: lines for name, lines in sizes.items() if lines > 300} == {}
    assert statistics.median(sizes.values()) <= 110
    lengths = dict(functions())
    assert {name: lines for name, lines in lengths.items() if lines > 45} == {}
    assert statistics.median(lengths.values()) <= 6


def test_abilities_are_declared_not_probed() -> None:
    lines = sum(text.count("\n") for text in FILES.values())
    probes = {str(file.relative_to(ROOT)): len(PROBE.findall(text)) for file, text in FILES.items()}
    assert sum(probes.values()) <= lines / 1000, {name: count for name, count in probes.items() if count}


def test_a_test_lies_where_its_module_does() -> None:
    """Every folder of tests/bench mirrors a room or a folder in one."""
    for folder in (path for path in (ROOT / "tests" / "bench").rglob("*") if path.is_dir()):
        if folder.name != "__pycache__":
            assert (ROOT / folder.relative_to(ROOT / "tests")).is_dir(), folder
