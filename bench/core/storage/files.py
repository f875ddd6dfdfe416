"""Files that a user names: regular ones, and no larger than what they are said to be.

A FIFO keeps whoever opens it waiting, and a device never ends.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 1 << 30
"""A table or script is read up to this size."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def refuse_special(path: Path) -> os.stat_result:
    """Refuse what is no regular file, without opening it; links are followed.

    Args:
        path: the file.

    Returns:
        Its status.

    Raises:
        OSError: it is not there, or is a folder, FIFO, socket or device.
    """
    status = path.stat()
    for is_kind, what in _KINDS:
        if is_kind(status.st_mode):
            raise OSError(errno.EISDIR if what == "a folder" else errno.EINVAL, f"{what}, no file", str(path))
    return status


def read_file(path: Path, most: int = MOST_BYTES) -> bytes:
    """Read a regular file whole.

    Args:
        path: the file.
        most: bytes that are read.

    Raises:
        OSError: it is not there, no regular file, longer than `most`, or cannot be read.
    """
    if refuse_special(path).st_size > most:
        raise OSError(errno.EFBIG, f"more than {most:,} bytes", str(path))
    return path.read_bytes()


def open_to_add(path: Path) -> BinaryIO:
    """Open a file to add to its end; it is made where it is missing, and neither a link nor a FIFO nor a device.

    Args:
        path: the file, whose folder somebody else may have filled.

    Raises:
        OSError: it is no regular file, or cannot be written to.
    """
    if os.path.lexists(path):
        refuse_special(path)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o666), "ab")


def add_line(path: Path, text: str) -> None:
    """Add a line to a text file, as `open_to_add` opens it.

    Args:
        path: the file.
        text: without the line's end.

    Raises:
        OSError: it is no regular file, or cannot be written to.
    """
    with open_to_add(path) as file:
        file.write(f"{text}\n".encode())
