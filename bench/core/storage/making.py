"""What several processes need and one of them makes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.core.storage.leases import Leases
from bench.core.storage.processes import Process

_POLL_S = 0.2


@dataclass(frozen=True)
class Making:
    """A folder that is made once, whoever needs it.

    Args:
        final: the folder; its name is that of the lease on making it.
        what: it is, in words.
        there: tells whether it is there, and whole.
        make: makes it, under this name at once.
    """

    final: Path
    what: str
    there: Callable[[], bool]
    make: Callable[[], None]

    def once(self, leases: Leases, say: Callable[[str], None]) -> None:
        """Make it where it is not there, and wait where another process is making it.

        Args:
            leases: of those who may make it.
            say: told who is waited for.

        Raises:
            RoomError: the leases' folder cannot be written to.
        """
        waited_for: Process | None = None
        while not self.there():
            lease = leases.take(self.final.name, self.what)
            if lease is not None:
                with lease:
                    if not self.there():
                        self.make()
                return
            held = leases.holder(self.final.name)
            if held is not None and held.process is not None and held.process != waited_for:
                waited_for = held.process
                say(f"waiting for {waited_for}, which makes {self.what}")
            time.sleep(_POLL_S)
