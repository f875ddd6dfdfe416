"""Unpacking zip and tar archives from outside: nothing beyond their folder, nothing but files and folders, no bombs.

Python's own `extractall` takes `..` out of a zip's names in silence, has no safe mode for tar before 3.11.4, and sets
no limit to what comes out. Modes and owners are not taken over.
"""

from __future__ import annotations

import errno
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from bench.core.errors import DataError
from bench.core.showing.progress import Progress
from bench.data.fetching.tars import DAMAGED_TAR, opened_tar
from bench.data.fetching.web import reason

MOST_FILES = 200_000
"""More than any corpus known here has."""

_CHUNK = 1 << 20
_DAMAGED = (
    zipfile.BadZipFile,
    *DAMAGED_TAR,
    zlib.error,
    EOFError,
    ValueError,  # names, times and sizes that are none
    struct.error,
    RuntimeError,  # a zip with a password
    NotImplementedError,  # a zip with a method of compression that Python does not have
)
_OF_THE_ARCHIVE = (None, errno.EINVAL, errno.ENAMETOOLONG)
"""What an OSError says where no file system is to blame: damaged bzip2, places before the start, names of a page."""
_FORM = "an archive of plain files and folders"
_REMEDY = "see the page that it is from: this is not the archive that was published there, or it is damaged"


@dataclass(frozen=True)
class _Member:
    """One entry of an archive; `kind` is "file", "folder", or what else it is."""

    name: str
    kind: str
    open: Callable[[], IO[bytes] | None]


def unpack(
    archives: Sequence[Path], folder: Path, most_bytes: int, progress: Progress, most_files: int = MOST_FILES
) -> None:
    """Unpack archives side by side into an existing, empty folder.

    The rubbish that macOS adds (`__MACOSX`, `.DS_Store`) stays out.

    Args:
        archives: zip, or tar with any of Python's compressions.
        folder: where to; what it holds after an error is no use.
        most_bytes: at most so many bytes may come out of all of them,
        progress: hears of files.
        most_files: and at most so many files and folders.

    Raises:
        DataError: an archive is damaged, or holds an absolute name or one with `..`, a link, a device, two names that
            differ in case alone, or more than it may.
        OSError: the folder cannot be written to, or is full.
    """
    room = _Room(most_bytes, most_files)
    for archive in archives:
        with progress.task(f"unpacking {archive.name} (files)") as step:
            try:
                for member in _members(archive):
                    _take_out(archive, member, folder, room)
                    step(1)
            except _DAMAGED as error:
                raise DataError(archive, f"it cannot be unpacked ({reason(error)})", _FORM, _REMEDY) from error
            except OSError as error:
                if error.errno not in _OF_THE_ARCHIVE:
                    raise
                raise DataError(archive, f"it cannot be unpacked ({error})"[:300], _FORM, _REMEDY) from error


class _Room:
    """What has come out so far, and how much more may."""

    def __init__(self, most_bytes: int, most_files: int) -> None:
        self._bytes, self._entries = most_bytes, most_files
        self._kinds: dict[str, tuple[str, str]] = {}

    def charge(self, archive: Path, count: int) -> None:
        """So many bytes come out."""
        self._bytes -= count
        if self._bytes < 0:
            raise DataError(archive, "far more in it than in what was published", _FORM, _REMEDY)

    def enter(self, archive: Path, path: PurePosixPath, kind: str) -> None:
        """A file or folder comes out; none may fall on another, either where case and accents are not told apart."""
        self._entries -= 1
        if self._entries < 0:
            raise DataError(archive, "more files in it than any corpus has", _FORM, _REMEDY)
        for level in (*reversed(path.parents), path):
            new = (str(level), kind if level == path else "folder")
            key = unicodedata.normalize("NFC", str(level)).casefold()
            old = self._kinds.setdefault(key, new)
            if old is not new and (old != new or new[1] == "file"):
                raise DataError(archive, f"{old[0]!r} and {new[0]!r} in one place", "names that differ", _REMEDY)


def _members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            for entry in file.infolist():
                if not entry.filename:
                    raise DataError(archive, "an entry without a name", _FORM, _REMEDY)
                yield _Member(entry.filename, _zip_kind(entry), partial(file.open, entry))
        return
    with opened_tar(archive) as tar:
        if tar is None:
            found = "neither a zip nor a tar archive (a web page in its place?)"
            raise DataError(archive, found, _FORM, _REMEDY)
        for item in tar:
            plain = item.isreg() and not item.issparse()
            kind = "file" if plain else "folder" if item.isdir() else "link or device"
            yield _Member(item.name, kind, partial(tar.extractfile, item))


def _zip_kind(entry: zipfile.ZipInfo) -> str:
    if entry.is_dir():
        return "folder"
    mode = stat.S_IFMT(entry.external_attr >> 16)
    return "file" if mode in (0, stat.S_IFREG) else "link or device"


def _take_out(archive: Path, member: _Member, folder: Path, room: _Room) -> None:
    path = _checked(archive, member.name)
    if path.parts[:1] == ("__MACOSX",) or path.name == ".DS_Store" or not path.parts:
        return
    if member.kind not in ("file", "folder"):
        raise DataError(archive, f"{member.name!r}, a {member.kind}", _FORM, _REMEDY)
    room.enter(archive, path, member.kind)
    target = folder / path
    if member.kind == "folder":
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb", buffering=0) as out:
        _write(archive, member, out, room)


def _checked(archive: Path, name: str) -> PurePosixPath:
    """The name as a path within the folder, on any system."""
    path = PurePosixPath(name)
    windows = PureWindowsPath(name)
    if ".." in path.parts or windows.drive or windows.root or "\\" in name or "\0" in name:
        raise DataError(archive, f"the name {name!r}", "names that stay within the archive's folder", _REMEDY)
    return path


def _write(archive: Path, member: _Member, out: IO[bytes], room: _Room) -> None:
    source = member.open()
    assert source is not None, "extractfile gives None for what is neither file nor link"
    with source:
        while chunk := source.read(_CHUNK):
            room.charge(archive, len(chunk))
            rest = memoryview(chunk)
            while rest:
                rest = rest[out.write(rest) :]
