"""The bytes of an entry's archive: a zip file that says nothing that it need not say.

Every file is stored as it is, in a fixed order, of one time and one mode, with no comment, no extra field, nothing
between. So the bytes follow from the names and contents, the same entry is the same file, and who reads one compares it
with what it has to be and is led by nothing in it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION, _TIME, _DATE = 20, 0, 0x21  # 1980-01-01, the first day that a zip file knows
_UNIX, _MODE = 3, 0o100644
LOCAL_BYTES = 30
"""Bytes before a file's name."""
_KINDS = {0o120000: "a link", 0o010000: "a pipe", 0o040000: "a folder", 0o060000: "a device", 0o020000: "a device"}


@dataclass(frozen=True)
class StoredFile:
    """Hold what a zip file says of one file in it.

    Args:
        name: path with / between.
        size: bytes.
        crc: of its content, as `zlib.crc32` gives it.
        offset: where its header begins.
    """

    name: str
    size: int
    crc: int
    offset: int

    @property
    def header(self) -> bytes:
        """Return what stands before its content."""
        name = self.name.encode("ascii")
        facts = (_VERSION, 0, 0, _TIME, _DATE, self.crc, self.size, self.size, len(name), 0)
        return struct.pack("<4s5H3I2H", _LOCAL, *facts) + name

    @property
    def listed(self) -> bytes:
        """Return its line in the directory at the archive's end."""
        name = self.name.encode("ascii")
        facts = (_UNIX << 8 | _VERSION, _VERSION, 0, 0, _TIME, _DATE, self.crc, self.size, self.size, len(name))
        return struct.pack("<4s6H3I5H2I", _CENTRAL, *facts, 0, 0, 0, 0, _MODE << 16, self.offset) + name


def directory(files: Sequence[StoredFile], offset: int) -> bytes:
    """Return what stands at an archive's end.

    Args:
        files: all, in order.
        offset: where the last file ends.
    """
    listed = b"".join(file.listed for file in files)
    facts = (0, 0, len(files), len(files), len(listed), offset, 0)
    return listed + struct.pack("<4s4H2IH", _END, *facts)


def oddity(header: bytes) -> str:
    """Say what is odd about the bytes that should be a file's header, as people call it.

    Args:
        header: `LOCAL_BYTES` bytes, or fewer where the archive ends.
    """
    if len(header) < LOCAL_BYTES or not header.startswith(_LOCAL):
        return "an end, or other bytes, where a file should begin"
    _, _, flags, method, time, date, *_ = struct.unpack("<4s5H3I2H", header)
    if flags & 1:
        return "an encrypted file"
    if method:
        return f"a packed file (method {method}), which can be larger than it looks"
    return "a file of another time" if (time, date) != (_TIME, _DATE) else "a file of another name or size"


def odd_kind(found: bytes) -> str:
    """Say what is odd about the directory at an archive's end: a link or a device, where it has one.

    Args:
        found: its bytes.
    """
    place = 0
    while found[place : place + 4] == _CENTRAL and len(found) >= place + 46:
        name, extra, comment = struct.unpack_from("<3H", found, place + 28)
        (mode,) = struct.unpack_from("<I", found, place + 38)
        if (kind := _KINDS.get(mode >> 16 & 0o170000)) is not None:
            return kind
        place += 46 + name + extra + comment
    return "a directory that lists something else"
