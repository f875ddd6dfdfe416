"""A file of settings that a user has written by hand, or had from somebody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.core.storage.files import read_file
from bench.core.storage.json_objects import loaded

_MOST_BYTES = 1_000_000


def read_json_file(file: Path) -> Any:
    """Read JSON from a plain file of at most a megabyte.

    Raises:
        OSError: it is not there, or no such file.
        ValueError: it is no JSON, is nested too deep, or has numbers that nobody means.
    """
    return loaded(read_file(file, _MOST_BYTES))
