"""Keys: a short name for everything that a result, or a file in the cache, follows from.

Code enters a key by what it means: comments, docstrings and formatting change none.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.core.code.parsed import parsed


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

    >>> code_digest("bench.core.code.keys", "bench.core.rng") == code_digest("bench.core.rng", "bench.core.code.keys")
    True
    """
    files = sorted({file for module in modules for file in _files_of(module)})
    return fingerprint(f"{file.name} {parsed(file).meaning}" for file in files)


def _files_of(module: str) -> list[Path]:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no source of {module}", name=module)
    origin = Path(spec.origin)
    return sorted(origin.parent.rglob("*.py")) if spec.submodule_search_locations else [origin]
