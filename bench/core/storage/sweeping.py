"""Temporary files of processes that were killed: swept by whoever comes next."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from bench.core.storage.clocks import clock
from bench.core.storage.processes import lives_here, this_process

OLD_S = 86_400.0
"""Seconds after which a temporary file is nobody's any more, wherever its maker was: a file is written in minutes."""
_NAME = re.compile(r"\..*\.(?P<host>\w*)-(?P<pid>\d+)-[0-9a-f]{8}\.tmp")


def sweep(folders: Iterable[Path]) -> int:
    """Remove the temporary files and folders that lie in some folders, of processes that are gone; count them.

    Where nothing can be removed, nothing is.
    """
    swept = 0
    for folder in folders:
        with suppress(OSError):
            for left in [one for one in folder.iterdir() if one.name[0] == "." and one.suffix == ".tmp"]:
                swept += _removed(left)
    return swept


def _removed(left: Path) -> bool:
    with suppress(OSError):
        if _nobodys(left):
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
            return True
    return False


def folders_of(root: Path) -> list[Path]:
    """List a folder and those in it; nothing of one that is not there."""
    with suppress(OSError):
        return [root, *(one for one in root.iterdir() if one.is_dir() and not one.is_symlink())]
    return []


def _nobodys(left: Path) -> bool:
    maker = _NAME.fullmatch(left.name)
    own = this_process().tag.rpartition("-")[0]
    if maker is not None and maker["host"] == own and not lives_here(int(maker["pid"])):
        return True
    with suppress(OSError):
        return clock(left.parent) - left.lstat().st_mtime > OLD_S
    return False
