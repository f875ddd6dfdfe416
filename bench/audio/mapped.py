"""Files of samples mapped into memory, whose memory can be given back while they are in use."""

from __future__ import annotations

import mmap
import sys
from pathlib import Path
from weakref import WeakSet

_MAPS: WeakSet[mmap.mmap] = WeakSet()


def mapped_file(path: Path) -> mmap.mmap:
    """Map a file; what is written to the memory is never written to the file.

    Args:
        path: of the file.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    _MAPS.add(mapped)
    return mapped


def release_sounds() -> None:
    """Give back the memory of mapped sounds that have been read: what is needed again is read from the disk again."""
    if sys.platform == "linux":
        for mapped in list(_MAPS):
            mapped.madvise(mmap.MADV_DONTNEED)
