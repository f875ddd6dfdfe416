"""A fitted victim's files, out of a sandbox and into one: safetensors and JSON under plain names."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from bench.core.errors import ComponentError
from bench.isolation.channel import Array, Message

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_DEEPEST = 8
_OURS = frozenset({"fitting.json", "cost.json"})
"""What the harness writes beside a fitted victim's own files."""


def packed(folder: Path) -> Message:
    """Put a folder's files into a message.

    Args:
        folder: with files and folders alone.

    Raises:
        ComponentError: there is something else in it, such as a link.
    """
    names, contents = [], []
    for file in sorted(folder.rglob("*")):
        mode = file.lstat().st_mode
        if stat.S_ISDIR(mode):
            continue
        name = str(file.relative_to(folder))
        if not stat.S_ISREG(mode):
            raise ComponentError(name, "a link or another thing that is no file", "files", "write files in save")
        if name not in _OURS:
            names.append(name)
            contents.append(np.fromfile(file, np.uint8))
    return Message({"files": names}, tuple(contents))


def unpack(message: Message, folder: Path, where: str, most: int) -> None:
    """Write a message's files into an empty folder, and look whether they are what they should be.

    Args:
        message: from somebody who is not believed.
        folder: an empty one, on this side.
        where: whose files they are, for messages.
        most: how many files there may be.

    Raises:
        ComponentError: a name that is no plain relative path, or stands twice; a file that is neither safetensors nor
            JSON; too many.
    """
    names: Any = message.head.get("files")
    if not isinstance(names, list) or len(names) != len(message.arrays) or len(names) > most:
        raise _refused(where, "a list of files that is none", f"at most {most} files, each with its name")
    for name in names:
        if not _is_plain(name):
            raise _refused(where, f"a file named {str(name)[:80]!r}", "plain relative names without . or .. or links")
    places = [name.split("/") for name in names]
    folders = {tuple(parts[:end]) for parts in places for end in range(1, len(parts))}
    if len({name.casefold() for name in names}) < len(names) or folders & {tuple(parts) for parts in places}:
        raise _refused(where, "two files of one name", "each once")
    for name, content in zip(names, message.arrays, strict=True):
        _write(folder / name, content)
        _check(folder / name, name, where)


def read_in(message: Message, folder: Path) -> None:
    """Write the files of somebody who is trusted into an empty folder.

    Args:
        message: by `packed`.
        folder: an empty one.
    """
    for name, content in zip(message.head["files"], message.arrays, strict=True):
        _write(folder / name, content)


def _is_plain(name: Any) -> bool:
    parts: Sequence[str] = name.split("/") if isinstance(name, str) else []
    return 0 < len(parts) <= _DEEPEST and all(_NAME.fullmatch(part) for part in parts)


def _write(file: Path, content: Array) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content.data)


def _check(file: Path, name: str, where: str) -> None:
    try:
        if file.suffix == ".json":
            json.loads(file.read_bytes())
        elif file.suffix == ".safetensors":
            with safe_open(file, "pt") as opened:
                opened.keys()
        else:
            raise _refused(where, f"a file {name!r}", "names that end in .safetensors or .json")
    except (ValueError, RecursionError, SafetensorError) as error:
        found = f"a file {name!r} that cannot be read ({type(error).__name__})"
        raise _refused(where, found, "safetensors and JSON") from error


def _refused(where: str, found: str, expected: str) -> ComponentError:
    return ComponentError(where, found, expected, "correct its method save")
