"""Tar archives from outside, with any of Python's compressions, read a little at a time.

Python's tarfile reads what a header says of the next entry (PAX, long names) into memory whole, and a few megabytes of
gzip can hold gigabytes of it.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

_MOST = 1 << 22
"""Bytes that are read at once; an entry's content is, in parts of a megabyte."""


class _SwollenError(Exception):
    """A header that says far more of an entry than a name."""


DAMAGED_TAR = (tarfile.TarError, gzip.BadGzipFile, lzma.LZMAError, _SwollenError)
"""What reading a tar archive raises where it is damaged, or means harm."""


class _InParts:
    """A stream that is not read whole."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _MOST:
            raise _SwollenError(f"a header of {size:,} bytes")
        return self._stream.read(size)

    def seek(self, place: int) -> int:
        return self._stream.seek(place)

    def tell(self) -> int:
        return self._stream.tell()


@contextmanager
def opened_tar(archive: Path) -> Iterator[tarfile.TarFile | None]:
    """Open a tar archive for reading; the value is None where it is none.

    Args:
        archive: plain, or compressed with gzip, bzip2 or xz.
    """
    with archive.open("rb") as raw:
        start = raw.read(6)
    with _decompressed(archive, start) as stream:
        try:
            tar = tarfile.TarFile(fileobj=_InParts(stream))  # type: ignore[arg-type]
        except (tarfile.ReadError, gzip.BadGzipFile):
            tar = None
        yield tar


def _decompressed(archive: Path, start: bytes) -> IO[bytes]:
    if start.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.open(archive))
    if start.startswith(b"BZh"):
        return bz2.open(archive)
    if start.startswith((b"\xfd7zXZ\0", b"\x5d\0\0")):
        return lzma.open(archive)
    return archive.open("rb")
