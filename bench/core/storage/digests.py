"""What a file holds, by its SHA-256, without reading again what has not changed since it was last read.

The idea is git's: a file whose size and times are those of last time is taken to be the same file. A file that was
changed less than two seconds before it was read is not remembered, since a second change could bear the same times.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from bench.core.errors import DataError, RoomError
from bench.core.storage.cache import appearing_file, cache_dir
from bench.core.storage.files import read_file, refuse_special
from bench.core.storage.json_objects import loaded

Stamp: TypeAlias = tuple[int, int, int]
"""Size in bytes, time of the last change of the content and of the entry, in nanoseconds."""

SETTLED_NS = 2_000_000_000
"""Nanoseconds that a file must have been left alone before it is remembered."""


def content_digests(paths: Sequence[Path], workers: int | None = None) -> tuple[str, ...]:
    """Digest each file's bytes by SHA-256, in the order of `paths`: the same on every machine, whatever decodes the
    file.

    Args:
        paths: files.
        workers: files read at a time; one a core by default.

    Raises:
        DataError: a file cannot be read.
    """
    if not paths:
        return ()
    places = [os.path.abspath(path) for path in paths]  # noqa: PTH100  # ten times as fast as Path.absolute
    index = _index_of(places)
    remembered = _remembered(index)
    with ThreadPoolExecutor(max_workers=workers or default_workers()) as pool:
        stamps = [_stamp(path) for path in paths]
        known = [_known(remembered.get(place), stamp) for place, stamp in zip(places, stamps, strict=True)]
        missing = [number for number, digest in enumerate(known) if digest is None]
        found = dict(zip(missing, pool.map(_digest, [paths[number] for number in missing]), strict=True))
    digests = tuple(found[number] if digest is None else digest for number, digest in enumerate(known))
    settled = time.time_ns() - SETTLED_NS
    fresh = {places[n]: [*stamps[n], found[n]] for n in missing if max(stamps[n][1:]) < settled}
    if fresh:
        _remember(index, {**remembered, **fresh})
    return digests


def default_workers() -> int:
    """Return how many workers to start: one for each core that this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _stamp(path: Path) -> Stamp:
    try:
        status = os.stat(path)  # noqa: PTH116  # 100,000 files
        if not stat.S_ISREG(status.st_mode):
            refuse_special(path)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def _known(entry: Sequence[object] | None, stamp: Stamp) -> str | None:
    return str(entry[3]) if entry is not None and tuple(entry[:3]) == stamp else None


def _index_of(places: Sequence[str]) -> Path:
    """The index of the folder that holds all these files."""
    common = os.path.commonpath([os.path.dirname(place) for place in places])  # noqa: PTH120
    name = hashlib.sha256(common.encode("utf-8", "surrogateescape")).hexdigest()[:20]
    return cache_dir() / "digests" / f"{name}.json"


def _remembered(index: Path) -> Mapping[str, Sequence[object]]:
    """What the index says; nothing where it is not there or damaged, since it can be made again."""
    try:
        seal, _, text = read_file(index).decode(errors="surrogateescape").partition("\n")
        if seal != _sealed(text):
            return {}
        entries = loaded(text)
    except (OSError, ValueError):
        return {}
    if not isinstance(entries, dict):
        return {}
    return {place: entry for place, entry in entries.items() if isinstance(entry, list) and len(entry) == 4}


def _remember(index: Path, entries: Mapping[str, Sequence[object]]) -> None:
    """Keep the index; two processes may do so at once, and the last wins. A cache that is full, or that cannot be
    written to, does without."""
    text = json.dumps(entries)
    with suppress(RoomError, OSError), appearing_file(index) as temporary:
        temporary.write_text(f"{_sealed(text)}\n{text}", encoding="utf-8")


def _sealed(text: str) -> str:
    """The index's first line: the digest of the rest, since a digest in it that changed would name another corpus."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def unreadable(path: Path, error: Exception) -> DataError:
    """Make the error that refuses a file which cannot be opened.

    Args:
        path: the file.
        error: why it cannot be opened; its text becomes what was found.
    """
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return DataError(path, reason.lower(), "a file that can be read", "check the path and its permissions")
