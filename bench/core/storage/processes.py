"""Processes by what lasts: which machine, which boot of it, which process; and whether one of them still lives."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process, told from every other on any machine.

    Args:
        host: the machine's name.
        boot: its boot and the space of its process numbers, where the system tells; "" where it does not. Two
            containers of one name, or a machine that was started again, differ in it.
        pid: the process's number.
        started: when it began, in the system's own units; "" where the system does not tell. A number that was given to
            another process since differs in it.
    """

    host: str
    boot: str
    pid: int
    started: str

    @property
    def here(self) -> bool:
        """Return whether its number means something on this machine, now."""
        own = _this(os.getpid())
        return (self.host, self.boot) == (own.host, own.boot)

    @property
    def dead(self) -> bool:
        """Return whether it is known to be gone; of processes elsewhere nothing is known."""
        return self.here and not _lives(self.pid, self.started)

    @property
    def tag(self) -> str:
        """Return a short name for files that it makes: machine and its boot, and number."""
        boot = hashlib.sha256(self.boot.encode()).hexdigest()[:6]
        return f"{re.sub(r'[^A-Za-z0-9]', '_', self.host)[:24]}_{boot}-{self.pid}"

    def to_json(self) -> dict[str, object]:
        """Return it as plain values; `of_json` reads them."""
        return asdict(self)

    @classmethod
    def of_json(cls, told: dict[str, object]) -> Process:
        """Read what `to_json` gave.

        Raises:
            ValueError: it is something else.
        """
        host, boot, pid, started = (told.get(name) for name in ("host", "boot", "pid", "started"))
        if not (isinstance(host, str) and isinstance(boot, str) and isinstance(started, str)):
            raise ValueError("no process")
        if not isinstance(pid, int) or pid < 1:
            raise ValueError("no number of a process")
        return cls(host, boot, pid, started)

    def __str__(self) -> str:
        return f"{self.host}, process {self.pid}"


def this_process() -> Process:
    """Tell which process this is."""
    return _this(os.getpid())


@cache
def _this(pid: int) -> Process:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        boot += " " + os.readlink(_PROC / "self/ns/pid")  # noqa: PTH115  # a name, no path
    except OSError:
        boot = ""
    return Process(platform.node() or "unnamed", boot, pid, _started(pid)[1])


def lives_here(pid: int) -> bool:
    """Tell whether this machine has a process of a number."""
    return _lives(pid, "")


def _started(pid: int) -> tuple[str, str]:
    """State and start of a process, from the kernel's table; empty where it has none."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return "", ""


def _lives(pid: int, started: str) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # no system has numbers that do not fit
        return False
    except OSError:
        return True  # somebody else's
    state, began = _started(pid)
    return state not in ("Z", "X") and (not began or not started or began == started)
