"""Keys: a short name for everything that a result, or a file in the cache, follows from.

Code enters a key by what it means: comments, docstrings and formatting change none.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any


def key_of_json(value: Mapping[str, Any]) -> str:
    """Name everything in `value`: 20 hexadecimal digits of the SHA-256 of its canonical JSON.

    >>> key_of_json({"a": 1, "b": 2}) == key_of_json({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:20]


def fingerprint(parts: Iterable[object]) -> str:
    """Digest parts by their texts and their order, and by nothing else: 32 hexadecimal digits.

    >>> fingerprint(["a", "bc"]) == fingerprint(["ab", "c"])
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        content = str(part).encode("utf-8", "surrogateescape")
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()[:32]


def code_digest(*modules: str) -> str:
    """Digest the code of modules by what it means; a package counts with everything in it.

    Args:
        modules: dotted names, for example "bench.audio.reading"; their order is of no account.

    Raises:
        ModuleNotFoundError: there is none of that name, or it has no source.

    >>> code_digest("bench.core.keys", "bench.core.rng") == code_digest("bench.core.rng", "bench.core.keys")
    True
    """
    return files_digest(file for module in modules for file in _files_of(module))


def files_digest(files: Iterable[Path]) -> str:
    """Digest Python files by what their code means, each under its name; their order is of no account.

    Args:
        files: one that cannot be parsed counts by its bytes.
    """
    meanings = {file: _meaning(file, file.stat().st_mtime_ns) for file in files}  # may change while Python runs
    return fingerprint(f"{file.name} {meaning}" for file, meaning in sorted(meanings.items()))


def _files_of(module: str) -> list[Path]:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no source of {module}", name=module)
    origin = Path(spec.origin)
    return sorted(origin.parent.rglob("*.py")) if spec.submodule_search_locations else [origin]


@cache
def _meaning(file: Path, _changed_ns: int) -> str:
    source = file.read_bytes()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return hashlib.sha256(source).hexdigest()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [item for item in node.body if not _is_text(item)]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is text alone: a docstring, also of a field or a constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
