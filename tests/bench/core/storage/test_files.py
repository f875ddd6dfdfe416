"""What is no regular file is refused before it is opened: a FIFO would keep the reader waiting, a device never ends."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.audio.reading import read_audio
from bench.contracts.perception import read_perception
from bench.core.code.surroundings import files_beside
from bench.core.code.userfile import load_file
from bench.core.errors import BenchError, UsageError
from bench.core.storage.digests import content_digests
from bench.core.storage.files import add_line, read_file, refuse_special
from bench.data.noises.mapping import read_map
from bench.evaluation.plans.plan_file import read_plan
from bench.studies.datacheck import check


def test_regular_files_are_read_up_to_a_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("a")
    assert read_file(tmp_path / "link") == b"abc"
    with pytest.raises(OSError, match="more than 2 bytes"):
        read_file(tmp_path / "a", most=2)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none")
    with pytest.raises(IsADirectoryError, match="a folder, no file"):
        refuse_special(tmp_path)


@pytest.fixture(params=["fifo", "device", "socket"])
def special(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # a socket's path may have 108 bytes
    name = {"fifo": "a.wav", "device": "b.wav", "socket": "c.wav"}[request.param]
    if request.param == "fifo":
        os.mkfifo(name)
    elif request.param == "device":
        Path(name).symlink_to("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(name)
    return tmp_path / name


@pytest.mark.parametrize(
    "read",
    [
        read_audio,
        lambda path: content_digests([path]),
        read_perception,
        read_map,
        read_plan,
    ],
)
def test_what_never_ends_is_refused(special: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(BenchError, match=r"found an? (fifo|device|socket|FIFO)"):
        read(special)


def test_no_script_is_one(special: Path) -> None:
    script = special.rename(special.with_suffix(".py"))
    with pytest.raises(UsageError, match=r"no Python file"):
        load_file(script, "a.py", "test")
    assert files_beside(script) == []


def test_a_corpus_with_one(special: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text(f"path,speaker,emotion\n{special},Ann,sad\n")
    report = check("manifest", tmp_path)
    assert not report.usable
    assert {one.kind for one in report.problems} <= {"unreadable", "read"}


def test_a_line_is_added_to_a_file_and_to_nothing_else(tmp_path: Path) -> None:
    """A run's folder may be somebody else's: a link in it must not lead to a file of the user's."""
    add_line(tmp_path / "log", "one")
    add_line(tmp_path / "log", "zwei Übungen")
    assert (tmp_path / "log").read_text(encoding="utf-8") == "one\nzwei Übungen\n"
    (tmp_path / "link").symlink_to("log")
    os.mkfifo(tmp_path / "fifo")
    for name in ("link", "fifo", "."):
        with pytest.raises(OSError, match=r"."):
            add_line(tmp_path / name, "mine")
    assert (tmp_path / "log").read_text(encoding="utf-8").count("\n") == 2
