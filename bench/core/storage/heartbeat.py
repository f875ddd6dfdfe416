"""The thread that touches the leases of this process, so that others see that it lives."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

EVERY_S = 10.0
"""Seconds between two touches."""


class Heart:
    """Touches files as long as they are kept; its thread lives as long as there is one."""

    def __init__(self) -> None:
        self._kept: set[Path] = set()
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None

    def keep(self, path: Path) -> None:
        """Touch a file from now on."""
        with self._lock:
            self._kept.add(path)
            if self._thread is None or not self._thread.is_alive():
                self._woken = threading.Event()
                self._thread = threading.Thread(target=self._beat, args=(self._woken,), daemon=True)
                self._thread.start()

    def rest(self, path: Path) -> None:
        """Touch a file no longer."""
        with self._lock:
            self._kept.discard(path)
            if not self._kept:
                self._thread = None
                self._woken.set()

    def kept(self) -> list[Path]:
        """List what is touched."""
        with self._lock:
            return list(self._kept)

    def _beat(self, ended: threading.Event) -> None:
        while not ended.wait(EVERY_S):
            for path in self.kept():
                with suppress(
                    OSError
                ):  # a folder that was removed; its lease is lost, and the work is done all the same
                    os.utime(path)


HEART = Heart()
"""Of this process."""
