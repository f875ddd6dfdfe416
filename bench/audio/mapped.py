"""Files of samples mapped into memory, whose memory can be given back while they are in use."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import sys
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self
from weakref import WeakSet

if TYPE_CHECKING:
    from torch import Tensor


class _Mapped(mmap.mmap):
    """A file's samples in memory, and which file that is."""

    path: Path
    state: tuple[int, ...]

    @classmethod
    def of(cls, path: Path) -> Self:
        """Map a file. Each that is mapped counts as open, and a large corpus has thousands."""
        try:
            return cls._of(path)
        except OSError as error:
            if error.errno != errno.EMFILE or not _more_files():
                raise
            return cls._of(path)

    @classmethod
    def _of(cls, path: Path) -> Self:
        with path.open("rb") as file:
            mapped = cls(file.fileno(), 0, access=mmap.ACCESS_COPY)
            mapped.path, mapped.state = path, _state(os.fstat(file.fileno()))
        _MAPS.add(mapped)
        return mapped

    @property
    def first(self) -> int:
        """The address at which it begins."""
        return ctypes.addressof(ctypes.c_char.from_buffer(self))

    def anew(self) -> Tensor | None:
        """All samples in a mapping of their own; None where the file is no longer what it was."""
        try:
            again = type(self).of(self.path)
        except (OSError, ValueError):
            return None
        return samples_of(again) if again.state == self.state else None


_MAPS: WeakSet[_Mapped] = WeakSet()


def mapped_file(path: Path) -> mmap.mmap:
    """Map a file; what is written to the memory is never written to the file.

    Args:
        path: of the file.
    """
    return _Mapped.of(path)


def samples_of(mapped: mmap.mmap) -> Tensor:
    """Return the 32-bit floats of a mapped file, shape (t,), in that memory.

    Args:
        mapped: from `mapped_file`.
    """
    import numpy as np
    import torch

    return torch.from_numpy(np.frombuffer(mapped, dtype="<f4"))


def release_sounds() -> None:
    """Give back the memory of mapped sounds that have been read: what is needed again is read from the disk again."""
    if sys.platform == "linux":
        for mapped in list(_MAPS):
            mapped.madvise(mmap.MADV_DONTNEED)


def apart(sounds: Sequence[Tensor]) -> list[Tensor]:
    """Give the same samples in other memory, for code that might write to them.

    What is mapped is mapped once more, which takes neither time nor memory; what is not is copied.

    Args:
        sounds: each of shape (t,), float32.
    """
    homes = sorted((mapped.first, len(mapped), mapped) for mapped in _MAPS)
    firsts, anew = [first for first, _, _ in homes], dict[int, "Tensor | None"]()

    def own(sound: Tensor) -> Tensor:
        address = sound.data_ptr()
        place = bisect_right(firsts, address) - 1
        if place < 0 or not sound.is_contiguous() or address + sound.nbytes > firsts[place] + homes[place][1]:
            return sound.clone()
        if place not in anew:
            anew[place] = homes[place][2].anew()
        base, begin = anew[place], (address - firsts[place]) // sound.itemsize
        return sound.clone() if base is None else base[begin : begin + len(sound)]

    return [own(sound) for sound in sounds]


def _more_files() -> bool:
    """Raise how many files may be open, as far as a process may by itself; False where that is reached."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return True


def _state(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
