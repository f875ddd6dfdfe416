"""Texts in the cache that can be made again: each checked against its own digest before it is believed."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from bench.core.cache import appearing_file, cache_dir
from bench.core.errors import RoomError


def recalled(kind: str, key: str) -> str | None:
    """Return a text that was kept; None where there is none, or it is not what was written.

    Args:
        kind: names the folder.
        key: names the text.
    """
    try:
        digest, _, text = _path(kind, key).read_bytes().partition(b"\n")
    except OSError:
        return None
    return text.decode() if hashlib.sha256(text).hexdigest().encode() == digest else None


def keep(kind: str, key: str, text: str) -> None:
    """Keep a text, in the place of what stands there; nothing where the cache cannot be written to.

    Args:
        kind: names the folder.
        key: names the text.
        text: what is kept.
    """
    content = text.encode()
    with suppress(RoomError), appearing_file(_path(kind, key), flushed=False) as temporary:  # it has its digest
        temporary.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)


def _path(kind: str, key: str) -> Path:
    return cache_dir() / kind / key[:2] / f"{key}.json"
