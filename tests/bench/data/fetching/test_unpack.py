"""Archives that mean harm, and that nothing leaves the folder whatever is in one."""

from __future__ import annotations

import gzip
import io
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.core.errors import DataError
from bench.core.showing.progress import SILENT
from bench.data.fetching.download import Downloader
from bench.data.fetching.fetch import fetch
from bench.data.fetching.unpack import unpack

QUICK = Downloader(timeout_s=0.5, tries=3, pause_s=0.01)


def link(name: str, target: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, target)
        archive.writestr(f"{name}/inside", b"x")
    return buffer.getvalue()


def tarred(name: str, kind: bytes, target: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, target
        archive.addfile(member)
    return buffer.getvalue()


def cut_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("set/a")
        member.size = 100_000
        archive.addfile(member, io.BytesIO(np.random.default_rng(0).bytes(100_000)))
    return buffer.getvalue()[:60_000]


_MEGABYTE = gzip.compress(bytes(1_000_000), mtime=0)
"""Zeros; one after the other, such make one file."""


def swollen_tar(kind: bytes) -> bytes:
    """What it says of its entry is 100 MB."""
    header = tarfile.TarInfo("pax")
    header.type, header.size = kind, 100_000_000
    return gzip.compress(header.tobuf(tarfile.USTAR_FORMAT), mtime=0) + 100 * _MEGABYTE


def nameless_zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo("x"), b"1")
        archive.filelist[0].filename = ""
    return made.getvalue()


EVIL = {
    "no name": (nameless_zip(), "an entry without a name"),
    "swollen": (swollen_tar(tarfile.XHDTYPE), "a header of 100,000,256 bytes"),
    "swollen for all": (swollen_tar(tarfile.XGLTYPE), "a header of 100,000,256 bytes"),
    "a name of 100 MB": (swollen_tar(tarfile.GNUTYPE_LONGNAME), "a header of 100,000,256 bytes"),
    "above": ({"set/../../x": b"x"}, "names that stay within"),
    "above, in a tar": (tarred("../x", tarfile.REGTYPE), "names that stay within"),
    "absolute": ({"/tmp/x": b"x"}, "names that stay within"),
    "absolute, in a tar": (tarred("/x", tarfile.REGTYPE), "names that stay within"),
    "a drive": ({"C:x": b"x"}, "names that stay within"),
    "Windows": ({"..\\x": b"x"}, "names that stay within"),
    "link": (link("set", "/tmp"), "link or device"),
    "link, in a tar": (tarred("set/x", tarfile.SYMTYPE, "../../x"), "link or device"),
    "hard link": (tarred("set/x", tarfile.LNKTYPE, "/etc/passwd"), "link or device"),
    "device": (tarred("set/x", tarfile.CHRTYPE), "link or device"),
    "pipe": (tarred("set/x", tarfile.FIFOTYPE), "link or device"),
    "case": ({"set/a": b"1", "set/A": b"2"}, "names that differ"),
    "accents": ({"set/\u00e9": b"1", "set/e\u0301": b"2"}, "names that differ"),
    "folder's case": ({"set/a/1": b"1", "set/A/2": b"2"}, "names that differ"),
    "file as a folder": ({"set": b"1", "set/a": b"2"}, "names that differ"),
    "bomb": ({"set/a": bytes(500_000)}, "far more in it"),
    "a long name": ({"a" * 300: b"x"}, "cannot be unpacked"),
    "no bzip2": (b"BZh9" + bytes(100), "cannot be unpacked|neither a zip nor a tar"),
    "cut": (cut_tar(), "cannot be unpacked"),
    "page": (b"<html>please log in</html>", "neither a zip nor a tar"),
    "empty": (b"", "neither a zip nor a tar"),
}


@pytest.fixture
def refused(tmp_path: Path, source_of: Callable) -> Callable[[bytes, str], None]:
    """Check that an archive is refused, and leaves nothing but what tells it again."""

    def check(archive: bytes, named: str) -> None:
        with pytest.raises(DataError, match=named):
            fetch(source_of(archive, ""), tmp_path / "inner" / "data", SILENT, QUICK)
        left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
        here = "inner/data/set-download"
        assert left <= {"inner", "inner/data", here, f"{here}/.lock", f"{here}/set.zip.sha256"}
        assert not Path("/tmp/x").exists()

    return check


@pytest.mark.parametrize("evil", EVIL)
def test_an_evil_archive(evil: str, refused: Callable, zipped: Callable) -> None:
    made, named = EVIL[evil]
    refused(zipped(made) if isinstance(made, dict) else made, named)


def test_a_damaged_archive(good: bytes, refused: Callable) -> None:
    refused(good[:60] + b"\xff" * 20 + good[80:], "cannot be unpacked")


def test_a_name_that_stands_twice(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", b"2")
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="names that differ"):
        unpack([tmp_path / "a.zip"], tmp_path / "out", 1000, SILENT)


def test_too_many_files(tmp_path: Path, zipped: Callable) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({f"a{number}": b"" for number in range(11)}))
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="more files"):
        unpack([tmp_path / "a.zip"], tmp_path / "out", 1000, SILENT, most_files=10)


PARTS = st.lists(st.sampled_from(["..", ".", "", "a", "A", "b", "...", "é", "a\\b", "c:"]), min_size=1, max_size=4)


@given(names=st.lists(PARTS.map("/".join).filter(bool), min_size=1, max_size=5, unique=True))
@settings(max_examples=150, deadline=None)
def test_nothing_leaves_the_folder(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], zipped: Callable
) -> None:
    """Whatever the names: all files are there with their own bytes, or it is an error; outside nothing changes."""
    home = tmp_path_factory.mktemp("unpack")
    archive, out = home / "a.zip", home / "deep" / "out"
    archive.write_bytes(zipped({name: name.encode() for name in names}))
    out.mkdir(parents=True)
    with_error = False
    try:
        unpack([archive], out, 10_000, SILENT)
    except DataError:
        with_error = True
    assert {path.name for path in home.iterdir()} == {"a.zip", "deep"}
    assert [path.name for path in (home / "deep").iterdir()] == ["out"]
    files = {name for name in names if not name.endswith("/")}
    if not with_error:
        assert all((out / name).read_bytes() == name.encode() for name in files if Path(name).parts)
    shutil.rmtree(home)
