"""What several processes need and one of them makes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bench.core.leases import Leases
from bench.core.processes import Process

_POLL_S = 0.2


def made_once(leases: Leases, final: Path, what: str, make: Callable[[], None], say: Callable[[str], None]) -> None:
    """Make a folder that is not there yet, and wait where another process is making it.

    Args:
        leases: of those who may make it.
        final: the folder; its name is the lease's.
        what: it is, in words.
        make: makes it, whole, under this name.
        say: told who is waited for.

    Raises:
        UsageError: the leases' folder cannot be written to.
    """
    waited_for: Process | None = None
    while not final.is_dir():
        lease = leases.take(final.name, what)
        if lease is not None:
            with lease:
                if not final.is_dir():
                    make()
            return
        held = leases.holder(final.name)
        if held is not None and held.process is not None and held.process != waited_for:
            waited_for = held.process
            say(f"waiting for {waited_for}, which makes {what}")
        time.sleep(_POLL_S)
