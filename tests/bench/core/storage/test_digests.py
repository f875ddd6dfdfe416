"""What a file holds, and when it need not be read again to know."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

import bench.core.storage.digests
from bench.core.errors import DataError
from bench.core.storage.digests import content_digests


def old(path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that, by the clock of the digests, was written long ago."""
    path.write_bytes(content)
    monkeypatch.setattr(bench.core.storage.digests, "SETTLED_NS", -3_600_000_000_000)
    return path


def test_digests_are_sha_256_in_order(tmp_path: Path, own_cache: Path) -> None:
    for name, content in (("a", b"one"), ("b", b""), ("c", b"one")):
        (tmp_path / name).write_bytes(content)
    expected = tuple(hashlib.sha256(content).hexdigest() for content in (b"one", b"one", b""))
    assert content_digests([tmp_path / "c", tmp_path / "a", tmp_path / "b"]) == expected
    assert content_digests([]) == ()


def test_a_file_left_alone_is_not_read_again(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [old(tmp_path / name, name.encode(), monkeypatch) for name in ("a", "b")]
    first = content_digests(paths)
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("read again"))
    assert content_digests(paths) == first


def test_a_fresh_file_is_read_each_time(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    content_digests([path])
    assert not list(own_cache.rglob("*.json"))


def test_another_size_or_time_is_another_file(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = old(tmp_path / "a", b"one", monkeypatch)
    first = content_digests([path])
    status = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert content_digests([path]) != first


def test_an_unreadable_file_is_named(tmp_path: Path, own_cache: Path) -> None:
    for path in (tmp_path / "missing", Path("a\0b")):
        with pytest.raises(DataError, match="can be read"):
            content_digests([path])
