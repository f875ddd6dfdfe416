"""Fetching a corpus or noise collection: download, compare, unpack; all of it stands there at the end, or nothing.

to/NAME                 what was unpacked, and in it `.serbench-fetch.json`, which says from what
to/NAME-download        archives and their `.part`, removed at the end but for `.sha256` (see `Fetched`)
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.core.errors import DataError, UsageError
from bench.core.showing.progress import Progress
from bench.core.storage.cache import appearing_folder
from bench.core.storage.files import read_file
from bench.core.storage.json_objects import loaded
from bench.data.fetching.download import MEGABYTE, Downloader
from bench.data.fetching.sources import Archive, Source
from bench.data.fetching.unpack import unpack
from bench.data.fetching.web import reason

SCHEMA = 1
MARK = ".serbench-fetch.json"
"""In a folder that was fetched: what it was fetched from."""

_NAMES = {"md5": "MD5", "sha256": "SHA-256"}
_TIMES = 4
"""An archive that unpacks to more than so many times what it should is a bomb."""


@dataclass(frozen=True)
class Seen:
    """One archive as it came.

    Args:
        name: the file.
        url: where from.
        bytes: its size.
        sha256: of what came.
        compared: with what it was compared, and how that ended, in words.
    """

    name: str
    url: str
    bytes: int
    sha256: str
    compared: str


@dataclass(frozen=True)
class Fetched:
    """A folder that can be used.

    Args:
        folder: everything that was unpacked.
        root: the folder to give as the root.
        already: whether it was there before, so that nothing was done.
        archives: what it was unpacked from. Where nothing could be compared, the SHA-256 is kept in
            `NAME-download/ARCHIVE.sha256`, and the next download is compared with that.
    """

    folder: Path
    root: Path
    already: bool
    archives: tuple[Seen, ...]


def fetch(source: Source, to: Path, progress: Progress, downloader: Downloader | None = None) -> Fetched:
    """Fetch a corpus or noise collection into `to/NAME`.

    Args:
        source: what.
        to: the folder that it will stand in; made where it is missing.
        progress: told of megabytes that have come, and of files that were unpacked.
        downloader: how patiently to ask; by default, patiently.

    Raises:
        UsageError: the folder cannot be written to, or holds something else, or another process is at it.
        DataError: not enough room; an archive cannot be had, is not the one that was published, or cannot be unpacked.
    """
    from filelock import FileLock, Timeout

    final, downloads = to / source.name, to / f"{source.name}-download"
    if there := already(source, to):
        return there
    try:
        downloads.mkdir(parents=True, exist_ok=True)
        with FileLock(downloads / ".lock", timeout=0):
            if there := already(source, to):
                return there
            _sweep(final)
            check_room(source, to, downloads)
            files = [_archive(one, source, downloads, progress, downloader or Downloader()) for one in source.archives]
            _unpack(source, files, final, downloads, progress)
    except Timeout as error:
        remedy = "wait for it, or give another folder with --to"
        raise UsageError(downloads, "another process that downloads into it", "one at a time", remedy) from error
    except OSError as error:
        remedy = "give another folder with --to, or make room there"
        raise UsageError(to, reason(error), "a folder that can be written to", remedy) from error
    _tidy(downloads)
    return Fetched(final, final / source.root, False, tuple(files))


def already(source: Source, to: Path) -> Fetched | None:
    """Return what was fetched into a folder before, or None. An empty folder is as good as none.

    Args:
        source: what would be fetched.
        to: the folder that it would stand in.

    Raises:
        UsageError: there is something else.
    """
    final = to / source.name
    if not final.exists() or (final.is_dir() and not any(final.iterdir())):
        return None
    try:
        mark: dict[str, Any] = loaded(read_file(final / MARK))
        seen = tuple(Seen(**one) for one in mark["archives"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        found = "something that this command did not put there"
        remedy = "give another folder with --to, or move that away"
        raise UsageError(final, found, f"no such folder yet, for {source.name}", remedy) from error
    return Fetched(final, final / source.root, True, seen)


def mirrored(source: Source, mirror: str | None) -> Source:
    """Return the source with its archives below another web address.

    Args:
        source: left as it is.
        mirror: a web folder with archives of the same names; None for where they are published.

    Raises:
        UsageError: it is not one.
    """
    if mirror is None:
        return source
    if urlsplit(mirror).scheme not in ("http", "https") or not urlsplit(mirror).netloc:
        remedy = "for example --mirror https://mirror.example.org/audio"
        raise UsageError("--mirror", repr(mirror), "an address that begins with http:// or https://", remedy)
    archives = (replace(one, url=f"{mirror.rstrip('/')}/{one.name}") for one in source.archives)
    return replace(source, archives=tuple(archives))


def check_room(source: Source, to: Path, downloads: Path) -> None:
    """See that the archives and what they unpack to have room on the disk.

    Args:
        source: what is fetched.
        to: the folder that it will stand in.
        downloads: the folder of archives; what is there already needs no room.

    Raises:
        DataError: they have not.
    """
    have = sum(file.stat().st_size for file in downloads.iterdir()) if downloads.is_dir() else 0
    rest = max(0, sum(one.size for one in source.archives) - have)
    free = shutil.disk_usage(to).free
    if free < rest + source.unpacked:
        need = f"{megabytes(rest)} for the download and {megabytes(source.unpacked)} for what is in it"
        raise DataError(to, f"{megabytes(free)} free", need, "make room there, or give another folder with --to")


def megabytes(size: int) -> str:
    """Write a size in bytes in words.

    >>> megabytes(208_468_073), megabytes(11_086_114_085)
    ('208 MB', '11,086 MB')
    """
    return f"{round(size / MEGABYTE):,} MB"


def _sweep(final: Path) -> None:
    """Remove what a process that was killed while it unpacked has left; the lock says that none is at it now."""
    for left in final.parent.glob(f".{final.name}.*.tmp"):
        shutil.rmtree(left, ignore_errors=True)


def _archive(one: Archive, source: Source, downloads: Path, progress: Progress, downloader: Downloader) -> Seen:
    """Have the archive; one that lies there already, perhaps brought by hand, is compared like any other."""
    file = downloads / one.name
    if not file.exists():
        downloader.fetch(one.url, file, progress, one.size, one.exact, one.binding)
    found = _digests(file, progress)
    kind, _, expected = one.checksum.partition(":")
    if one.binding and found[kind] != expected:
        file.unlink()
        remedy = f"it was removed; give the same command again, and where that ends alike, see {source.page}"
        raise DataError(
            file, f"{_NAMES[kind]} {found[kind]}", f"{_NAMES[kind]} {expected} (from {source.checksums})", remedy
        )
    compared = _compared(one, source.checksums, found, downloads / f"{one.name}.sha256")
    return Seen(one.name, one.url, file.stat().st_size, found["sha256"], compared)


def _compared(one: Archive, checksums: str, found: Mapping[str, str], kept: Path) -> str:
    """With what an archive could be compared, and how that ended. What no checksum vouches for is noted for later."""
    kind, _, expected = one.checksum.partition(":")
    if expected and found[kind] == expected:
        return f"has the {_NAMES[kind]} from {checksums}"
    first = kept.read_text(encoding="utf-8").split()[:1] if kept.exists() else []
    if not first:
        kept.write_text(f"{found['sha256']}  {one.name}\n", encoding="utf-8")
    if expected:
        return f"has another {_NAMES[kind]} than the one from {checksums}; its server makes it anew: no fault by itself"
    if not first:
        return f"could not be compared, since no checksum is known; its SHA-256 is kept in {kept}"
    if first == [found["sha256"]]:
        return f"has the SHA-256 of the first download ({kept})"
    return f"has ANOTHER SHA-256 than the first download ({kept}): the source has changed"


def _digests(file: Path, progress: Progress) -> dict[str, str]:
    """MD5 and SHA-256. MD5 is what many sources publish: it finds damage, and would not stop an attacker."""
    hashes = {"md5": hashlib.md5(usedforsecurity=False), "sha256": hashlib.sha256()}
    size = -(-file.stat().st_size // MEGABYTE)
    with progress.task(f"comparing {file.name} (MB)", total=size) as step, file.open("rb") as handle:
        while chunk := handle.read(MEGABYTE):
            for one in hashes.values():
                one.update(chunk)
            step(1)
    return {name: one.hexdigest() for name, one in hashes.items()}


def _unpack(source: Source, seen: Sequence[Seen], final: Path, downloads: Path, progress: Progress) -> None:
    files = [downloads / one.name for one in seen]
    try:
        with appearing_folder(final) as temporary:
            unpack(files, temporary, _TIMES * source.unpacked, progress)
            if not (temporary / source.root).is_dir():
                remedy = f"it has been arranged anew since this was written; see {source.page}"
                raise DataError(files[0], f"no folder {source.root}", "one, as it was published", remedy)
            mark = {"schema": SCHEMA, "name": source.name, "archives": [asdict(one) for one in seen]}
            (temporary / MARK).write_text(json.dumps(mark, indent=1) + "\n", encoding="utf-8")
    except DataError:
        for one in source.archives:
            if not one.binding:  # the next time, it is asked for again
                (downloads / one.name).unlink(missing_ok=True)
        raise
    for file in files:
        file.unlink()


def _tidy(downloads: Path) -> None:
    (downloads / ".lock").unlink(missing_ok=True)
    with suppress(OSError):  # a .sha256 stays in it
        downloads.rmdir()
