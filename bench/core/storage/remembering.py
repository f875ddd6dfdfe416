"""Texts in the cache that can be made again: each says by a digest what it is called and holds, or is not believed."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from bench.core.errors import RoomError
from bench.core.storage.cache import appearing_file, cache_dir
from bench.core.storage.files import read_file


def recalled(kind: str, key: str) -> str | None:
    """Return a text that was kept; None where there is none, or it is not what was written.

    Args:
        kind: names the folder.
        key: names the text.
    """
    try:
        digest, _, text = read_file(_path(kind, key)).partition(b"\n")
    except OSError:
        return None
    return text.decode() if _digest(kind, key, text) == digest else None


def keep(kind: str, key: str, text: str) -> None:
    """Keep a text, in the place of what stands there; nothing where the cache cannot be written to.

    Args:
        kind: names the folder.
        key: names the text.
        text: what is kept.
    """
    content = text.encode()
    with (
        suppress(RoomError, OSError),
        appearing_file(_path(kind, key), flushed=False) as temporary,
    ):  # it has its digest
        temporary.write_bytes(_digest(kind, key, content) + b"\n" + content)


def _digest(kind: str, key: str, content: bytes) -> bytes:
    """Of a text and its name: what another was kept as is not what was written here."""
    return hashlib.sha256(f"{kind} {key}\n".encode() + content).hexdigest().encode()


def _path(kind: str, key: str) -> Path:
    return cache_dir() / kind / key[:2] / f"{key}.json"
