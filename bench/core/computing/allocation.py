"""Memory that is kept for the next step, where the system's allocator would give it back and ask for it again."""

from __future__ import annotations

import ctypes
import os
import platform

KEPT_MB = 64
"""A buffer of so many MB, or less, is taken from memory that was used before; a larger one is the system's own."""
SPARE_MB = 512
"""So many MB that nobody uses may stay with the process before they are given back."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_SETTINGS = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES")


def keep_memory() -> bool:
    """Let the C library keep what is freed, up to `SPARE_MB`: set for the whole process, and no result changes.

    A step of a search or of a training makes the same buffers as the step before. glibc gives large ones back to the
    system each time, which then hands out pages anew and clears them: a sixth of a training's processor time.

    Returns:
        Whether it was set: not where the C library is another one, nor where the environment has settings of its own
        (`MALLOC_MMAP_THRESHOLD_`, `MALLOC_TRIM_THRESHOLD_`, `GLIBC_TUNABLES`).
    """
    if platform.libc_ver()[0] != "glibc" or any(name in os.environ for name in _SETTINGS):
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_MMAP_THRESHOLD, KEPT_MB << 20)) and bool(mallopt(_TRIM_THRESHOLD, SPARE_MB << 20))
