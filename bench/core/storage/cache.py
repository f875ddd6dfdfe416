"""The user's cache: what can be made again, made once.

Everything in it appears under its final name at once or not at all.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.core.errors import RoomError
from bench.core.storage.processes import this_process

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO})
_IN_THE_WAY = frozenset({errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.EEXIST})


def cache_dir() -> Path:
    """Return the folder for things made once: `$SERBENCH_CACHE`, else the platform's own place for caches."""
    if given := os.environ.get("SERBENCH_CACHE"):
        return Path(given)
    from platformdirs import user_cache_path

    return user_cache_path("serbench")


@contextmanager
def appearing_folder(final: Path) -> Iterator[Path]:
    """Give a folder to write into, which takes its final name only when the `with` block has ended well.

    Two processes may make the same folder at once: the first to finish wins, and the other's copy is dropped.

    Raises:
        RoomError: the folder's place cannot be written to, or its disk is full.
    """
    temporary = _temporary(final)
    try:
        temporary.mkdir(parents=True)
    except OSError as error:
        raise unwritable(final.parent, error) from error
    try:
        with _room(final.parent):
            yield temporary
            for file in temporary.rglob("*"):
                if file.is_file():
                    _share(file, temporary)
                    _flush(file)
            try:
                temporary.rename(final)
            except OSError as error:
                if not final.is_dir():
                    _check_way(final, error, "no file or link of that name")
                    raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def appearing_file(final: Path, flushed: bool = True) -> Iterator[Path]:
    """Give a file to write, which takes its final name only when the `with` block has ended well.

    Args:
        final: its name then.
        flushed: whether it has to outlive a power cut; what is one of thousands and made again at once has not.

    Raises:
        RoomError: the folder cannot be written to, or its disk is full.
    """
    if final.is_char_device():
        with _written_through(final) as passing:
            yield passing
        return
    temporary = _temporary(final)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
    except OSError as error:
        raise unwritable(final.parent, error) from error
    try:
        with _room(final.parent):
            mode = temporary.stat().st_mode
            yield temporary
            if temporary.stat().st_mode != mode:
                temporary.chmod(mode)
            if flushed:
                _flush(temporary)
            try:
                temporary.replace(final)
            except OSError as error:
                _check_way(final, error, "no folder of that name")
                raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _written_through(device: Path) -> Iterator[Path]:
    """Give a file whose content is written to a device at the end: no file takes its place, as root could."""
    with tempfile.TemporaryDirectory(prefix="serbench-") as folder:
        passing = Path(folder) / device.name
        passing.touch()
        yield passing
        try:
            with passing.open("rb") as content, device.open("wb") as target:
                shutil.copyfileobj(content, target)
        except OSError as error:
            raise unwritable(device, error) from error


def _temporary(final: Path) -> Path:
    """A name beside the final one that tells whose it is, so that what the dead leave can be swept."""
    return final.with_name(f".{final.name}.{this_process().tag}-{uuid.uuid4().hex[:8]}.tmp")


@contextmanager
def _room(folder: Path) -> Iterator[None]:
    """Name the folder where its disk is full or taken away, whatever library has found out."""
    try:
        yield
    except OSError as error:
        named = error.filename
        inside = not isinstance(named, str | bytes) or folder in Path(os.fsdecode(named)).parents
        if (error.errno in _NO_ROOM and inside) or re.search(r"\d+ requested and \d+ written", str(error)):  # NumPy's
            raise unwritable(folder, error) from error
        raise
    except Exception as error:
        if f"os error {errno.ENOSPC}" not in str(error):  # as safetensors says it
            raise
        raise unwritable(folder, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) from error


def _check_way(final: Path, error: OSError, expected: str) -> None:
    """Name what stands where a file or folder is to appear, and is something else."""
    if error.errno in _IN_THE_WAY:
        raise RoomError(final, os.strerror(error.errno or 0), expected, "move it away") from error


def _share(file: Path, folder: Path) -> None:
    """Let those read a file who may read its folder: safetensors makes files that nobody else may."""
    mode = folder.stat().st_mode & 0o666
    if stat.S_IMODE(file.stat().st_mode) & mode != mode:
        file.chmod(mode)


def _flush(file: Path) -> None:
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())


def unwritable(folder: Path, error: OSError) -> RoomError:
    """Make the error that refuses a folder which cannot be written to, or whose disk is full.

    Args:
        folder: which.
        error: what came of writing there.
    """
    return RoomError(
        folder,
        os.strerror(error.errno) if error.errno else str(error),
        "a folder that can be written to",
        "choose another, or free space there",
    )
