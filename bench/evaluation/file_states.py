"""What files stand where, told by their sizes and times alone, without reading them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.core.code.keys import fingerprint
from bench.core.code.shadowing import HOME, PACKAGES
from bench.core.storage.digests import SETTLED_NS

_MADE_BY_PYTHON = "__pycache__"
_INSTALLED = (".dist-info", ".egg-info")


def state_of(roots: Iterable[Path]) -> str | None:
    """Digest where files lie, their sizes and times: those of our code, of given folders, and what is installed.

    Args:
        roots: files, and folders with all that is in them.

    Returns:
        Hexadecimal digits; None where that says too little: a root is not there, a folder in it is a link, or a file
        was changed less than two seconds ago, so that a further change could bear the same times.
    """
    stamps: list[tuple[str, int, int, int]] = []
    try:
        for root in (*(HOME / package for package in PACKAGES), *roots):
            stamps += _stamps(os.fspath(root))
    except (OSError, ValueError):
        return None
    settled = time.time_ns() - SETTLED_NS
    if any(max(changed, entered) > settled for _, _, changed, entered in stamps):
        return None
    return fingerprint([*sorted(stamps), *sorted(_installed())])


def _stamps(root: str) -> Iterator[tuple[str, int, int, int]]:
    status = os.stat(root)  # noqa: PTH116  # 100,000 files
    if not os.path.isdir(root):  # noqa: PTH112
        yield root, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        return
    waiting = [root]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    if entry.is_symlink():
                        raise ValueError("a link to a folder, which may lead anywhere")
                    waiting += [entry.path] if entry.name != _MADE_BY_PYTHON else []
                else:
                    status = entry.stat()
                    yield entry.path, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _installed() -> Iterator[tuple[str, int]]:
    """Name what is installed wherever Python looks; each version of a package has a folder of its own name."""
    for place in dict.fromkeys(sys.path):
        try:
            with os.scandir(place or ".") as entries:
                found = [entry for entry in entries if entry.name.endswith(_INSTALLED)]
                yield from ((entry.path, entry.stat().st_mtime_ns) for entry in found)
        except OSError:  # a place that is not there, or an archive
            continue
