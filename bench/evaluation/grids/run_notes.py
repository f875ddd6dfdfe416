"""Notes in a run's folder about how it goes: what is planned, and what was lost. No result rests on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from bench.core.errors import RoomError
from bench.core.storage.cache import appearing_file
from bench.core.storage.clocks import clock
from bench.core.storage.files import add_line, read_file
from bench.core.storage.json_objects import loaded
from bench.core.storage.leases import Held

_PLANNED, _LOST = "planned.json", "lost.jsonl"


def note_planned(folder: Path, cells: Mapping[str, str]) -> None:
    """Note what is planned, beside what was planned there before; nothing where the folder cannot be written to.

    Args:
        folder: the run's.
        cells: each cell in words, by its key.
    """
    known = planned(folder)
    if not cells.keys() <= known.keys():
        with suppress(RoomError, OSError), appearing_file(folder / _PLANNED) as temporary:
            temporary.write_text(json.dumps({**known, **cells}, indent=0) + "\n", encoding="utf-8")


def planned(folder: Path) -> dict[str, str]:
    """Read what is planned in a run's folder: each cell in words, by its key; empty where nothing readable says so."""
    try:
        found = loaded(read_file(folder / _PLANNED))
    except (OSError, ValueError):
        return {}
    return {key: str(what) for key, what in found.items()} if isinstance(found, dict) else {}


def note_lost(folder: Path, lost: Held) -> None:
    """Note that a process ended before what it was at was done.

    Args:
        folder: the run's.
        lost: its lease.
    """
    who = "a process that did not say who it was" if lost.process is None else str(lost.process)
    told = {"at": round(clock(folder)), "what": lost.what, "process": who}
    with suppress(OSError):
        add_line(folder / _LOST, json.dumps(told))


def lost(folder: Path) -> list[tuple[str, str]]:
    """List the work that was lost with its process, and taken over since: what, and whose it was."""
    return list(_lost(folder / _LOST))


def _lost(file: Path) -> Iterable[tuple[str, str]]:
    with suppress(OSError):
        for line in read_file(file).decode(errors="replace").splitlines():
            with suppress(ValueError, KeyError, TypeError):  # cut short
                told = loaded(line)
                yield str(told["what"]), str(told["process"])
