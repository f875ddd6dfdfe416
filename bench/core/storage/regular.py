"""Files that somebody else may have made: opened only where they are plain files of a size that can be meant."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.core.errors import DataError


def read_regular(path: Path, most: int, remedy: str) -> bytes:
    """Read a file whole that is a regular one, no link, no pipe, no device, and of no more than a size.

    Nothing is waited for: a pipe that nobody writes into is refused like any other.

    Args:
        path: the file.
        most: bytes.
        remedy: what to do about a file that is refused.

    Raises:
        DataError: it is none.
    """
    expected = f"a regular file of at most {most:,} bytes"
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        found = "a link" if path.is_symlink() else f"no file that can be read ({os.strerror(error.errno or 0)})"
        raise DataError(path, found, expected, remedy) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise DataError(path, _kind(status.st_mode), expected, remedy)
        content = _all_of(handle, status.st_size + 1) if status.st_size <= most else b""  # one more: it may be growing
    finally:
        os.close(handle)
    if (size := max(status.st_size, len(content))) > most:
        raise DataError(path, f"{size:,} bytes", expected, remedy)
    return content


def _all_of(handle: int, most: int) -> bytes:
    """What a file has left, up to so many bytes: the system gives less than it is asked for at the end, or early."""
    parts = [os.read(handle, most)]
    while parts[-1] and (left := most - sum(map(len, parts))) > 0:
        parts.append(os.read(handle, left))
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


@contextmanager
def at_most(more: int) -> Iterator[None]:
    """Let this process take no more than so much more memory meanwhile, where the system can hold it to that.

    A file of some kilobytes can say that it is of many gigabytes once it is unpacked; who unpacks it meets a
    MemoryError in place of a machine that comes to a halt.

    Args:
        more: bytes beyond what the process has mapped now.
    """
    if sys.platform != "linux":  # others have no such limit, or do not heed it
        yield
        return
    import resource

    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    known = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([mapped + more, *known]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
