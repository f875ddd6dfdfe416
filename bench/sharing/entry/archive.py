"""An entry's archive, written and read: nothing is believed of one that somebody else may have written."""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bench.core.errors import DataError
from bench.core.storage.cache import appearing_file
from bench.sharing.entry.layout import LOCAL_BYTES, StoredFile, directory, odd_kind, oddity
from bench.sharing.entry.manifest import (
    AGAIN,
    MANIFEST,
    MOST_BYTES,
    MOST_FILES,
    MOST_MANIFEST,
    EntryManifest,
    PackedFile,
)

_CHUNK = 2**20
_MOST_ARCHIVE = MOST_BYTES + MOST_MANIFEST + 400 * MOST_FILES


@dataclass(frozen=True)
class Extracted:
    """Hold what an archive was found to be.

    Args:
        manifest: its first file.
        sha256: of the whole archive.
        size: bytes of the whole archive.
    """

    manifest: EntryManifest
    sha256: str
    size: int


def packed_file(name: str, content: bytes) -> PackedFile:
    """Describe a file that is to be packed.

    Args:
        name: path within the entry.
        content: of the file.
    """
    return PackedFile(name, len(content), hashlib.sha256(content).hexdigest())


def write_archive(out: Path, manifest: EntryManifest, contents: Mapping[str, bytes | Path]) -> None:
    """Write an entry whole or not at all.

    Args:
        out: the new file.
        manifest: names the files in their order.
        contents: of each file, or where it lies, by name.
    """
    written: list[StoredFile] = []
    with appearing_file(out) as temporary, temporary.open("wb") as file:
        for name, given in (
            (MANIFEST, manifest.to_bytes()),
            *((one.name, contents[one.name]) for one in manifest.files),
        ):
            content = given if isinstance(given, bytes) else given.read_bytes()
            stored = StoredFile(name, len(content), zlib.crc32(content), file.tell())
            file.write(stored.header)
            file.write(content)
            written.append(stored)
        file.write(directory(written, file.tell()))


def extract(path: Path, folder: Path) -> Extracted:
    """Unpack an entry that somebody else may have made; nothing is written that its manifest does not name and size.

    Args:
        path: the file.
        folder: an empty one that nobody else writes to.

    Raises:
        DataError: it is no regular file of a size that can be meant, or not what `bench submit` writes, byte for byte.
    """
    with _regular(path) as file:
        reading = _Reading(path, file)
        manifest = EntryManifest.of(path, reading.manifest())
        for one in manifest.files:
            place = folder / one.name
            place.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with os.fdopen(os.open(place, flags, 0o600), "wb") as target:
                reading.copy(one, target)
        return Extracted(manifest, *reading.finished())


def manifest_of(path: Path) -> EntryManifest:
    """Read the manifest of an entry, and nothing else of it.

    Args:
        path: the file.

    Raises:
        DataError: it is no regular file, or does not begin with a manifest.
    """
    with _regular(path) as file:
        return EntryManifest.of(path, _Reading(path, file).manifest())


def sha256_of(path: Path) -> str:
    """Digest an entry, as a receipt has it.

    Args:
        path: the file.

    Raises:
        DataError: it is no regular file of a size that can be meant.
    """
    with _regular(path) as file:
        digest = hashlib.sha256()
        while piece := file.read(_CHUNK):
            digest.update(piece)
        return digest.hexdigest()


@contextmanager
def _regular(path: Path) -> Iterator[BinaryIO]:
    """Open a file that is a regular one, no link, no pipe; nothing is waited for."""
    expected = f"a regular file of at most {_MOST_ARCHIVE:,} bytes"
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        found = "a link" if path.is_symlink() else f"no file that can be read ({os.strerror(error.errno or 0)})"
        raise DataError(path, found, expected, "check the path") from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_ARCHIVE:
        os.close(handle)
        found = f"{status.st_size:,} bytes" if stat.S_ISREG(status.st_mode) else "a pipe, a folder or a device"
        raise DataError(path, found, expected, "check the path")
    with os.fdopen(handle, "rb") as file:
        yield file


class _Reading:
    """Reads an archive from its beginning to its end, once, and compares it with what it has to be."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._digest, self._offset = hashlib.sha256(), 0
        self._read: list[StoredFile] = []

    def manifest(self) -> bytes:
        """Read the first file; its size stands in the header that is before it, and is bounded."""
        header = self._take(LOCAL_BYTES + len(MANIFEST))
        if header[LOCAL_BYTES:] != MANIFEST.encode():
            raise self._refused(oddity(header[:LOCAL_BYTES]), f"{MANIFEST} as its first file")
        crc, size = struct.unpack_from("<2I", header, 14)
        if size > MOST_MANIFEST:
            raise self._refused(f"a {MANIFEST} of {size:,} bytes", f"at most {MOST_MANIFEST:,}")
        stored = StoredFile(MANIFEST, size, crc, 0)
        if stored.header != header:
            raise self._refused(f"{oddity(header[:LOCAL_BYTES])}: {MANIFEST}", "it as bench submit writes it")
        content = self._take(size)
        if zlib.crc32(content) != crc or len(content) != size:
            raise self._refused(f"a {MANIFEST} that is damaged", "it as it was written")
        self._read.append(stored)
        return content

    def copy(self, file: PackedFile, target: BinaryIO) -> None:
        """Read the next file, which has to be this one."""
        begun = self._offset
        header = self._take(LOCAL_BYTES + len(file.name))
        (crc,) = struct.unpack_from("<I", header.ljust(LOCAL_BYTES, b"\0"), 14)
        stored = StoredFile(file.name, file.size, crc, begun)
        if stored.header != header:
            raise self._refused(
                f"{oddity(header[:LOCAL_BYTES])}, where {file.name} should be", "the files that it names"
            )
        digest, own_crc, left = hashlib.sha256(), 0, file.size
        while left:
            piece = self._take(min(left, _CHUNK))
            if not piece:
                raise self._refused(f"an end within {file.name}", f"{file.size:,} bytes")
            digest.update(piece)
            own_crc = zlib.crc32(piece, own_crc)
            left -= len(piece)
            target.write(piece)
        if digest.hexdigest() != file.sha256 or own_crc != crc:
            raise self._refused(f"a {file.name} that is not what its digest says", "it as it was packed")
        self._read.append(stored)

    def finished(self) -> tuple[str, int]:
        """Read the directory at the end, which has to be that of the files before it; return digest and size."""
        expected = directory(self._read, self._offset)
        found = self._take(len(expected) + 1)
        if found != expected:
            raise self._refused(odd_kind(found), "a directory of regular files, and nothing after it")
        return self._digest.hexdigest(), self._offset

    def _take(self, size: int) -> bytes:
        piece = self._file.read(size)
        self._digest.update(piece)
        self._offset += len(piece)
        return piece

    def _refused(self, found: str, expected: str) -> DataError:
        return DataError(self._path, found, expected, AGAIN)
