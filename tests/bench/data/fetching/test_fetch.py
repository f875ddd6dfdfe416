"""A whole source: downloaded, compared, unpacked, or left as it was."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from bench.core.errors import DataError, UsageError
from bench.core.showing.progress import SILENT
from bench.data.fetching.download import Downloader
from bench.data.fetching.fetch import MARK, already, fetch, mirrored
from bench.data.fetching.sources import Archive, catalogue

QUICK = Downloader(timeout_s=0.5, tries=3, pause_s=0.01)


@pytest.mark.parametrize("checksum", ["md5", "sha256"])
def test_an_archive_is_fetched_compared_and_unpacked(
    site: Any,
    tmp_path: Path,
    tree: Callable[[Path], dict[str, bytes | None]],
    checksum: str,
    source_of: Callable,
    good: bytes,
) -> None:
    source = source_of(checksum=checksum)
    done = fetch(source, tmp_path / "new" / "data", SILENT, QUICK)
    assert done.root == tmp_path / "new" / "data" / "set" / "set"
    assert not done.already
    found = tree(tmp_path / "new" / "data")
    mark = json.loads(found.pop(f"set/{MARK}") or b"")
    files = {
        "set": None,
        "set/set": None,
        "set/set/b.txt": b"b",
        "set/set/wav": None,
        "set/set/wav/a.wav": b"a" * 50_000,
    }
    assert found == files, "no archive, no part, no lock is left"
    assert mark["archives"][0]["sha256"] == hashlib.sha256(good).hexdigest()
    assert done.archives[0].compared == f"has the {'MD5' if checksum == 'md5' else 'SHA-256'} from Zenodo"
    site.asked.clear()
    again = fetch(source, tmp_path / "new" / "data", SILENT, QUICK)
    assert again.already
    assert again.archives == done.archives
    assert site.asked == []


def test_several_archives(site: Any, tmp_path: Path, source_of: Callable, zipped: Callable) -> None:
    site.files |= {"x.zip": zipped({"X/1.wav": b"1"}), "y.zip": zipped({"Y/1.wav": b"2"})}
    archives = tuple(Archive(name, f"{site.url}/{name}", len(site.files[name])) for name in ("x.zip", "y.zip"))
    done = fetch(source_of(archives=archives, root="."), tmp_path, SILENT, QUICK)
    assert (done.root / "X" / "1.wav").read_bytes() == b"1"
    assert (done.root / "Y" / "1.wav").read_bytes() == b"2"


def test_a_tar_is_unpacked_as_plain_files(site: Any, tmp_path: Path, source_of: Callable) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in {"set/a": b"a" * 3_000_000, "set/deep/b": b"b"}.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o4777
            archive.addfile(member, io.BytesIO(content))
    done = fetch(source_of(buffer.getvalue(), unpacked=1_000_000), tmp_path, SILENT, QUICK)
    assert (done.root / "a").stat().st_size == 3_000_000
    assert not (done.root / "a").stat().st_mode & (stat.S_ISUID | stat.S_IXUSR)
    assert (done.root / "deep" / "b").read_bytes() == b"b"


def test_a_wrong_checksum(site: Any, tmp_path: Path, source_of: Callable, good: bytes) -> None:
    source = source_of()
    site.files["set.zip"] = good[:-1] + b"x"
    right, wrong = hashlib.md5(good).hexdigest(), hashlib.md5(site.files["set.zip"]).hexdigest()
    with pytest.raises(DataError, match=rf"found MD5 {wrong}; expected MD5 {right} \(from Zenodo\)"):
        fetch(source, tmp_path, SILENT, QUICK)
    assert not (tmp_path / "set").exists()
    assert {path.name for path in (tmp_path / "set-download").iterdir()} <= {".lock"}
    site.files["set.zip"] = good
    assert fetch(source, tmp_path, SILENT, QUICK).root.is_dir()


def test_without_a_checksum_the_first_download_is_remembered(
    site: Any, tmp_path: Path, source_of: Callable, zipped: Callable, good: bytes
) -> None:
    source = source_of(checksum="")
    kept = tmp_path / "set-download" / "set.zip.sha256"
    said = fetch(source, tmp_path, SILENT, QUICK).archives[0].compared
    assert said == f"could not be compared, since no checksum is known; its SHA-256 is kept in {kept}"
    assert kept.read_text() == f"{hashlib.sha256(good).hexdigest()}  set.zip\n"
    shutil.rmtree(tmp_path / "set")
    assert "has the SHA-256 of the first download" in fetch(source, tmp_path, SILENT, QUICK).archives[0].compared
    shutil.rmtree(tmp_path / "set")
    other = source_of(zipped({"set/a": b"other"}), "")
    assert "has ANOTHER SHA-256 than the first download" in fetch(other, tmp_path, SILENT, QUICK).archives[0].compared


def test_an_archive_that_its_server_makes_anew(site: Any, tmp_path: Path, source_of: Callable, good: bytes) -> None:
    right = Archive("set.zip", f"{site.url}/set.zip", 1, False, f"sha256:{hashlib.sha256(good).hexdigest()}", True)
    other = Archive("set.zip", f"{site.url}/set.zip", 1, False, "sha256:" + "0" * 64, True)
    done = fetch(source_of(archives=(right,)), tmp_path / "right", SILENT, QUICK)
    assert done.archives[0].compared == "has the SHA-256 from Zenodo"
    done = fetch(source_of(archives=(other,)), tmp_path / "other", SILENT, QUICK)
    assert "has another SHA-256 than the one from Zenodo" in done.archives[0].compared
    assert (tmp_path / "other" / "set-download" / "set.zip.sha256").exists()


def test_too_little_room_is_noticed_before_it_begins(
    site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source_of: Callable, good: bytes
) -> None:
    source = source_of(unpacked=90_000_000)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage._replace(free=90_000_000))
    with pytest.raises(DataError, match="found 90 MB free; expected 0 MB for the download and 90 MB for what is in it"):
        fetch(source, tmp_path, SILENT, QUICK)
    assert site.asked == []
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage._replace(free=90_000_000 + len(good)))
    fetch(source, tmp_path, SILENT, QUICK)


def test_a_folder_of_somebody_elses_is_left_alone(site: Any, tmp_path: Path, source_of: Callable) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine.wav").write_bytes(b"mine")
    with pytest.raises(UsageError, match="something that this command did not put there"):
        fetch(source_of(), tmp_path, SILENT, QUICK)
    assert site.asked == []
    (tmp_path / "set" / "mine.wav").unlink()
    assert fetch(source_of(), tmp_path, SILENT, QUICK).root.is_dir()


def test_two_at_once(site: Any, tmp_path: Path, source_of: Callable) -> None:
    (tmp_path / "set-download").mkdir()
    with (
        FileLock(tmp_path / "set-download" / ".lock"),
        pytest.raises(UsageError, match="another process that downloads into it"),
    ):
        fetch(source_of(), tmp_path, SILENT, QUICK)


def test_an_archive_brought_by_hand(site: Any, tmp_path: Path, source_of: Callable, good: bytes) -> None:
    source = source_of()
    (tmp_path / "set-download").mkdir()
    (tmp_path / "set-download" / "set.zip").write_bytes(good)
    assert fetch(source, tmp_path, SILENT, QUICK).archives[0].compared == "has the MD5 from Zenodo"
    assert site.asked == []


class Interrupting:
    """Ctrl-C while the second file is unpacked."""

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        def step(count: int) -> None:
            if description.startswith("unpacking"):
                raise KeyboardInterrupt

        yield step

    def say(self, text: str) -> None:
        return


def test_interrupted_while_unpacking(site: Any, tmp_path: Path, source_of: Callable) -> None:
    source = source_of()
    with pytest.raises(KeyboardInterrupt):
        fetch(source, tmp_path, Interrupting(), QUICK)
    assert {path.name for path in tmp_path.iterdir()} == {"set-download"}
    assert already(source, tmp_path) is None
    (tmp_path / ".set.0123abcd.tmp").mkdir()  # as a process leaves it that was killed outright
    site.asked.clear()
    assert fetch(source, tmp_path, SILENT, QUICK).root.is_dir()
    assert site.asked == []
    assert {path.name for path in tmp_path.iterdir()} == {"set"}


UNPACKING_CHILD = """
import resource, sys
from pathlib import Path
from bench.data.fetching.fetch import fetch
from bench.core.showing.progress import SILENT
from bench.data.fetching.sources import Archive, Source
one = Archive("set.zip", sys.argv[1], int(sys.argv[2]), True, sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
fetch(Source("set", "corpora", "", "", "", "", (one,), 100_000, "emodb"), Path(sys.argv[4]), SILENT)
"""


def test_a_disk_that_is_full_while_unpacking(site: Any, tmp_path: Path, source_of: Callable) -> None:
    one = source_of().archives[0]
    words = [sys.executable, "-c", UNPACKING_CHILD, one.url, str(one.size), one.checksum, str(tmp_path)]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
    assert f"UsageError: {tmp_path}: found file too large; expected a folder that can be written to" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"set-download"}
    site.asked.clear()
    assert fetch(source_of(), tmp_path, SILENT, QUICK).root.is_dir()
    assert site.asked == [], "the archive was kept"


def test_an_archive_that_is_arranged_otherwise(site: Any, tmp_path: Path, source_of: Callable) -> None:
    for _ in range(2):
        with pytest.raises(DataError, match="no folder other"):
            fetch(source_of(root="other"), tmp_path, SILENT, QUICK)
        assert not (tmp_path / "set").exists()
    assert len(site.asked) == 1, "to ask again for what has the right checksum would not help"


def test_a_folder_that_cannot_be_written_to(site: Any, tmp_path: Path, source_of: Callable) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match="found not a directory; expected a folder that can be written to"):
        fetch(source_of(), tmp_path / "file", SILENT, QUICK)


def test_a_mirror_has_the_same_archives_elsewhere() -> None:
    source = catalogue().fetch["musan"]
    moved = mirrored(source, "https://mirror.example.org/resources/17/")
    assert moved.archives[0].url == "https://mirror.example.org/resources/17/musan.tar.gz"
    assert moved.archives[0].checksum == source.archives[0].checksum
    assert mirrored(source, None) is source
    for wrong in ("ftp://example.org", "/data", "https://", "file:///etc"):
        with pytest.raises(UsageError, match="--mirror"):
            mirrored(source, wrong)
