"""Leases: who of several processes, on this machine or others, is at some piece of work. Files in a shared folder.

A lease is a file that only one can make. Its holder touches it again and again; one that has not been touched for long,
or whose process is known to be gone, has expired, and the next in line makes the lease of the next generation, which
again only one can. So nothing is ever taken from under a name that somebody else may just have made. A holder that was
stopped and wakes up again goes on with what another has begun too: work that is done twice gives the same files.

Times are compared by the clock of the file system alone: the machines' own clocks may differ by hours.
"""

from __future__ import annotations

import json
import math
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.core.storage.cache import unwritable
from bench.core.storage.clocks import clock
from bench.core.storage.files import read_file
from bench.core.storage.heartbeat import HEART
from bench.core.storage.json_objects import loaded
from bench.core.storage.processes import Process, this_process

EXPIRY_S = 90.0
"""Seconds without a touch after which a lease has expired."""
_HUNG = 10
"""So many times as long, where the process is known to live: something may have kept it from touching anything."""
_MOST_BYTES = 1_000_000
_SUFFIX = ".lease"


@dataclass(frozen=True)
class Held:
    """A lease as others see it.

    Args:
        name: of the work.
        generation: how often it was taken over from somebody who died.
        what: the work, in words.
        process: who holds it; None where the file does not say.
        since: when it was taken, in seconds since 1970 by the file system's clock.
        age_s: seconds since it was last touched.
        deaths: how many of those that held it died one after the other, of those that began as late as the last.
        began: when the work as a whole began that the holder takes part in, by the same clock; 0 where it does not say.
    """

    name: str
    generation: int
    what: str
    process: Process | None
    since: float
    age_s: float
    deaths: int = 0
    began: float = 0.0

    @property
    def expired(self) -> bool:
        """Return whether it may be taken over."""
        if self.process is None or not self.process.here:
            return self.age_s > EXPIRY_S
        return self.process.dead or self.age_s > _HUNG * EXPIRY_S


@dataclass(frozen=True)
class Lease:
    """A lease that this process holds, until it is released.

    Args:
        path: the file.
        before: the expired lease that it follows; None where there was none.
        deaths: see `Held`.
    """

    path: Path
    before: Held | None = None
    deaths: int = 0

    def release(self) -> None:
        """Give it back, and let its folder go where nothing else is in it."""
        HEART.rest(self.path)
        with suppress(OSError):
            self.path.unlink()
        with suppress(OSError):
            self.path.parent.rmdir()

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


@dataclass(frozen=True)
class Leases:
    """The leases in one folder.

    Args:
        folder: shared by all who take part; made when the first lease is taken.
        since: when the work as a whole began, by `clock`: only deaths of those that took their lease later are counted.
    """

    folder: Path
    since: float = 0.0

    def take(self, name: str, what: str) -> Lease | None:
        """Take a lease, or take it over where it has expired.

        Args:
            name: of the work: letters, digits, "-" and "_".
            what: the work, in words, for those who wait for it.

        Returns:
            The lease; None where somebody else has it.

        Raises:
            UsageError: the folder cannot be written to.
        """
        found = self._generations(name)
        before = self._look(found[max(found)], name, max(found)) if found else None
        if before is not None and not before.expired:
            return None
        generation = max(found, default=-1) + 1
        deaths = before.deaths + 1 if before is not None and before.since >= self.since else 0
        path = self.folder / f"{name}.{generation}{_SUFFIX}"
        told = this_process().to_json() | {
            "what": what,
            "since": clock(self.folder),
            "deaths": deaths,
            "began": self.since,
        }
        if not _made(path, json.dumps(told)):
            return None
        later = self._generations(name)
        if max(later, default=generation) > generation:  # somebody took over while this process slept
            path.unlink(missing_ok=True)
            return None
        for older in (one for number, one in later.items() if number < generation):
            with suppress(OSError):  # gone by now, or no file
                older.unlink()
        HEART.keep(path)
        return Lease(path, before, deaths)

    def holder(self, name: str) -> Held | None:
        """Look who has a lease; None where nobody has, or it has expired.

        Args:
            name: of the work.
        """
        found = self._generations(name)
        held = self._look(found[max(found)], name, max(found)) if found else None
        return None if held is None or held.expired else held

    def held(self) -> dict[str, Held]:
        """List all leases that have not expired, by name."""
        return {one.name: one for one in self.everything() if not one.expired}

    def names(self) -> set[str]:
        """List the names of all leases, those too that have expired, at one look at the folder."""
        return {name for name, _ in _listed(self.folder)}

    def others(self) -> set[Process]:
        """List the other processes that hold any."""
        found = {one.process for one in self.held().values()}
        return {one for one in found if one is not None and one != this_process()}

    def everything(self) -> list[Held]:
        """List all leases, those too that have expired and that nobody has taken over yet."""
        newest: dict[str, int] = {}
        for name, generation in _listed(self.folder):
            newest[name] = max(generation, newest.get(name, 0))
        found = (self._look(self.folder / f"{n}.{g}{_SUFFIX}", n, g) for n, g in sorted(newest.items()))
        return [one for one in found if one is not None]

    def _generations(self, name: str) -> dict[int, Path]:
        return {g: self.folder / f"{n}.{g}{_SUFFIX}" for n, g in _listed(self.folder) if n == name}

    def _look(self, path: Path, name: str, generation: int) -> Held | None:
        """Read a lease; None where it is gone by now."""
        try:
            touched = path.stat().st_mtime
        except OSError:
            return None
        try:
            text = read_file(path, _MOST_BYTES).decode()
        except (OSError, UnicodeDecodeError):
            text = ""
        age = _age(self.folder, touched)
        try:
            told = loaded(text)
            what, since, deaths = str(told["what"]), float(told["since"]), int(told["deaths"])
            began = float(told.get("began", 0))
            if not (math.isfinite(since) and math.isfinite(began)):
                raise ValueError("no times")
            return Held(name, generation, what, Process.of_json(told), since, age, deaths, began)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):  # not written yet, or by somebody else
            return Held(name, generation, "", None, 0.0, age)


def _age(folder: Path, touched: float) -> float:
    """Seconds since a touch. One far ahead was made before the clock was set back, and nobody has touched it since."""
    age = clock(folder) - touched
    return max(0.0, age) if age > -EXPIRY_S else abs(clock(folder, anew=True) - touched)


def _listed(folder: Path) -> list[tuple[str, int]]:
    """Names and generations of all lease files."""
    try:
        files = os.listdir(folder)  # noqa: PTH208  # names alone, of thousands
    except OSError:
        return []
    parts = [file.removesuffix(_SUFFIX).rpartition(".") for file in files if file.endswith(_SUFFIX)]
    return [(name, int(number)) for name, _, number in parts if name and number.isdecimal()]


def _is_taken(folder: Path) -> bool:
    """Whether something else stands where a folder belongs, by one look: the folder may come and go meanwhile."""
    try:
        mode = folder.lstat().st_mode
    except OSError:
        return False
    return not stat.S_ISDIR(mode) and not (stat.S_ISLNK(mode) and folder.is_dir())


def _made(path: Path, text: str) -> bool:
    """Make a file that is not there yet; False where somebody else has made it."""
    for _ in range(3):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
            return True
        except FileExistsError as error:
            if _is_taken(path.parent):
                raise unwritable(path.parent, error) from error
            return False
        except FileNotFoundError:  # the folder went away as the last lease in it was released
            continue
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            raise unwritable(path.parent, error) from error
    return False
