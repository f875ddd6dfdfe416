"""Folders of the cache that are checked before they are believed: each says by SHA-256 what must be in it."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from pathlib import Path

from bench.core.storage.cache import unwritable
from bench.core.storage.files import read_file
from bench.core.storage.json_objects import loaded

SEAL = "digests.json"
"""In the folder: the digest of every other file in it, by its path."""

_checked: dict[Path, tuple[tuple[str, int, int, int], ...]] = {}


def seal(folder: Path) -> None:
    """Note the digest of every file in a folder that has just been filled."""
    found = {name: _digest(folder / name) for name in _names(folder)}
    (folder / SEAL).write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def broken(folder: Path) -> str | None:
    """Say what is wrong with a folder; None where everything is as it was sealed.

    Read once by a process, unless a file changes its size or its times.
    """
    try:
        told = loaded(read_file(folder / SEAL).decode())
        names = _names(folder)
        stamps = tuple(_stamp(folder, name) for name in (*names, SEAL))
        if _checked.get(folder) == stamps:
            return None
        if not isinstance(told, dict) or sorted(told) != names:
            return _differing(told, names)
        for name in names:
            if _digest(folder / name) != told[name]:
                return f"{name} is not what was written"
    except (OSError, ValueError) as error:
        return f"no readable {SEAL} ({error})"
    _checked[folder] = stamps
    return None


def _differing(told: object, names: list[str]) -> str:
    known = set(told) if isinstance(told, dict) else set()
    lost, added = sorted(known - set(names)), sorted(set(names) - known)
    return "no " + ", ".join(lost) if lost else "files that nobody wrote there: " + ", ".join(added)


def set_aside(damaged: Path, away: Path, why: str, say: Callable[[str], None]) -> None:
    """Move what is damaged out of the way, so that it can be made anew, and say so.

    Args:
        damaged: a file or a folder; one that somebody else has moved by now is let be.
        away: the folder that it is moved to, on the same file system.
        why: what is wrong with it.
        say: told, in one line.

    Raises:
        RoomError: it cannot be moved.
    """
    to = away / f"{damaged.name}.{uuid.uuid4().hex[:8]}"
    try:
        away.mkdir(parents=True, exist_ok=True)
        damaged.rename(to)
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritable(damaged.parent, error) from error
    say(f"{damaged}: {why}; set aside as {to}, and made anew")


def _names(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and file.name != SEAL)


def _stamp(folder: Path, name: str) -> tuple[str, int, int, int]:
    status = (folder / name).stat()
    return name, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _digest(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
