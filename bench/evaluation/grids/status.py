"""How a run goes, read from its folder by somebody who takes no part in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from bench.core.errors import DataError
from bench.core.storage.clocks import clock
from bench.core.storage.leases import Held, Leases
from bench.evaluation.grids.run_notes import lost, planned
from bench.scoring.records import Store

LEASES = "leases"
_LATEST = 50


@dataclass(frozen=True)
class AtWork:
    """Who is at what.

    Args:
        what: the cell, or the fitted victim, in words.
        process: who.
        seconds: since it was begun.
        heard_s: seconds since it was last heard of.
        lost: whether it is known or taken to be gone; another will take over.
    """

    what: str
    process: str
    seconds: float
    heard_s: float
    lost: bool


@dataclass(frozen=True)
class Status:
    """How a run goes.

    Args:
        planned: cells.
        done: of them.
        failed: of them: not done, and the last that was tried of them failed.
        at_work: cells in hand.
        taken_over: what was lost with its process and taken over since, and whose it was.
        failures: one line for each failed cell: what, and why.
        damaged: files that were set aside.
        cells_a_minute: by the last cells that were finished; None before there are two.
    """

    planned: int
    done: int
    failed: int
    at_work: tuple[AtWork, ...]
    taken_over: tuple[tuple[str, str], ...]
    failures: tuple[tuple[str, str], ...]
    damaged: tuple[str, ...]
    cells_a_minute: float | None

    @property
    def left(self) -> int:
        """Count the cells that are neither done nor failed."""
        return self.planned - self.done - self.failed

    @property
    def seconds_left(self) -> float | None:
        """Estimate how long the rest takes at the pace of the last cells."""
        return 60 * self.left / self.cells_a_minute if self.cells_a_minute else None

    def to_json(self) -> dict[str, object]:
        """Return `bench status --json` of docs/json.md."""
        return {"schema": 1, **asdict(self), "left": self.left, "seconds_left": self.seconds_left}


def status_of(folder: Path) -> Status:
    """Look how a run goes.

    Args:
        folder: the run's.

    Raises:
        DataError: it is no run.
    """
    store, cells = Store(folder), planned(folder)
    if not cells and not (folder / "cells").is_dir():
        raise DataError(folder, "no run in it", "the --out folder of bench run or bench grid", "check the path")
    done, failed = store.done(), store.failed()
    wanted = set(cells) or done | failed
    held = [one for one in Leases(folder / LEASES).everything() if one.name.startswith("c-")]
    return Status(
        planned=len(wanted),
        done=len(wanted & done),
        failed=len((wanted & failed) - done),
        at_work=tuple(_at_work(one, folder) for one in held),
        taken_over=tuple(lost(folder)),
        failures=tuple((cells.get(key, key), _why(store, key)) for key in sorted((wanted & failed) - done)),
        damaged=tuple(sorted(str(file) for file in (folder / "damaged").glob("*"))),
        cells_a_minute=pace(store),
    )


def _at_work(held: Held, folder: Path) -> AtWork:
    who = "a process that does not say who it is" if held.process is None else str(held.process)
    since = clock(folder / LEASES) - held.since if held.since else 0.0
    return AtWork(held.what, who, max(0.0, since), held.age_s, held.expired)


def _why(store: Store, key: str) -> str:
    try:
        return store.failure(key).error
    except DataError as error:
        return str(error)


def pace(store: Store) -> float | None:
    """Return how many cells a minute were finished of late; None before there are two.

    Args:
        store: the run's folder.
    """
    try:
        times = sorted(file.stat().st_mtime for file in (store.folder / "cells").glob("*.parquet"))[-_LATEST:]
    except OSError:  # one was set aside meanwhile
        return None
    if len(times) < 2 or times[-1] <= times[0]:
        return None
    return 60 * (len(times) - 1) / (times[-1] - times[0])
