"""What appears in the cache, or in a run's folder, appears whole."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from bench.core.errors import RoomError, UsageError
from bench.core.storage.cache import appearing_file, appearing_folder, cache_dir


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path / "here"))
    assert cache_dir() == tmp_path / "here"
    for unset in (lambda: monkeypatch.setenv("SERBENCH_CACHE", ""), lambda: monkeypatch.delenv("SERBENCH_CACHE")):
        unset()
        assert cache_dir().name == "serbench"
        assert cache_dir().is_absolute()
    assert not (tmp_path / "here").exists(), "asking makes nothing"


def test_a_file_appears(tmp_path: Path) -> None:
    final = tmp_path / "deep" / "er" / "file.txt"
    with appearing_file(final) as temporary:
        assert temporary.parent == final.parent, "on the same file system"
        temporary.write_text("new")
        assert not final.exists()
    assert final.read_text() == "new"
    assert list(final.parent.iterdir()) == [final]
    with appearing_file(final) as temporary:
        temporary.write_text("newer")
        assert final.read_text() == "new", "readers see the old one until the end"
    assert final.read_text() == "newer"


def test_no_file_takes_the_place_of_a_device(tmp_path: Path) -> None:
    null = tmp_path / "null"
    null.symlink_to("/dev/null")
    with appearing_file(null) as temporary:
        temporary.write_text("nothing")
    assert null.is_symlink()
    assert null.is_char_device()
    assert not temporary.exists()


def test_a_folder_appears(tmp_path: Path) -> None:
    final = tmp_path / "deep" / "folder"
    with appearing_folder(final) as temporary:
        (temporary / "a").mkdir()
        (temporary / "a" / "b").write_text("new")
        assert not final.exists()
    assert (final / "a" / "b").read_text() == "new"
    assert list(final.parent.iterdir()) == [final]


def fill_and_raise(appearing: AbstractContextManager[Path], stop: type[BaseException]) -> None:
    with appearing as temporary:
        (temporary / "half" if temporary.is_dir() else temporary).write_text("half")
        raise stop


@pytest.mark.parametrize("appearing", [appearing_file, appearing_folder])
@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_what_is_stopped_leaves_nothing(tmp_path: Path, appearing: Callable, stop: type[BaseException]) -> None:
    with pytest.raises(stop):
        fill_and_raise(appearing(tmp_path / "final"), stop)
    assert list(tmp_path.iterdir()) == []


def test_what_is_stopped_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "final").write_text("old")
    with pytest.raises(RuntimeError):
        fill_and_raise(appearing_file(tmp_path / "final"), RuntimeError)
    assert (tmp_path / "final").read_text() == "old"


def test_the_first_of_two_makers_wins(tmp_path: Path) -> None:
    both, errors = threading.Barrier(2), []

    def make(name: str) -> None:
        try:
            with appearing_folder(tmp_path / "final") as temporary:
                (temporary / "who").write_text(name)
                (temporary / "what").write_text(name)
                both.wait(10)
        except Exception as error:
            errors.append(error)

    makers = [threading.Thread(target=make, args=(name,)) for name in ("one", "two")]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert errors == []
    assert [path.name for path in tmp_path.iterdir()] == ["final"]
    assert (tmp_path / "final" / "who").read_text() == (tmp_path / "final" / "what").read_text()


@pytest.mark.parametrize("appearing", [appearing_file, appearing_folder])
@pytest.mark.parametrize("where", ["file/final", "file/deep/final"])
def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path, appearing: Callable, where: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError) as caught, appearing(tmp_path / where):
        pytest.fail("the block is not entered")
    assert str(tmp_path / "file") in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("appearing", [appearing_file, appearing_folder])
@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("4096 requested and 128 written"),
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
    ids=str,
)
def test_a_full_disk_is_one_line_whatever_library_meets_it(
    tmp_path: Path, appearing: Callable, error: Exception
) -> None:
    with pytest.raises(RoomError) as caught, appearing(tmp_path / "final"):
        raise error
    assert str(caught.value).startswith(f"{tmp_path}: found ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [OSError("something else"), ValueError("no"), PermissionError(13, "no", "/other")])
def test_other_errors_stay_what_they_are(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)) as caught, appearing_file(tmp_path / "final"):
        raise error
    assert caught.value is error


def test_it_is_flushed_before_it_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renamed without being flushed, a file could be found empty after a power cut."""
    flushed = []

    def fsync(descriptor: int) -> None:
        flushed.append((os.fstat(descriptor).st_size, (tmp_path / "final").exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    with appearing_folder(tmp_path / "final") as temporary:
        (temporary / "a").write_bytes(b"123")
    assert flushed[:1] == [(3, False)]


def test_what_stands_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder" / "in").mkdir(parents=True)
    said = "folder: found Is a directory; expected no folder of that name; move it away"
    with pytest.raises(RoomError, match=said), appearing_file(tmp_path / "folder") as temporary:
        temporary.write_text("mine")
    (tmp_path / "file").write_text("another's")
    said = "file: found Not a directory; expected no file or link of that name"
    with pytest.raises(RoomError, match=said), appearing_folder(tmp_path / "file"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_who_may_read_a_folder_may_read_what_is_in_it(tmp_path: Path) -> None:
    """Safetensors makes files that nobody else may read, however the cache is shared."""
    (tmp_path / "plain").touch()
    mode = (tmp_path / "plain").stat().st_mode
    with appearing_folder(tmp_path / "folder") as temporary:
        save_file({"a": torch.ones(1)}, temporary / "a.safetensors")
    with appearing_file(tmp_path / "b.safetensors") as temporary:
        save_file({"a": torch.ones(1)}, temporary)
    assert (tmp_path / "folder" / "a.safetensors").stat().st_mode == mode
    assert (tmp_path / "b.safetensors").stat().st_mode == mode
