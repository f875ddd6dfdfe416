"""Downloads against a real server that misbehaves by script, and archives that mean harm."""

from __future__ import annotations

import hashlib
import io
import json
import resource
import shutil
import stat
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.contracts.registry import Registry
from bench.core.errors import DataError, UsageError
from bench.core.progress import SILENT
from bench.data.fetching.download import Downloader
from bench.data.fetching.fetch import MARK, already, fetch, mirrored
from bench.data.fetching.sources import Archive, Source, catalogue
from bench.data.fetching.unpack import unpack

CONTENT = np.random.default_rng(0).bytes(3_000_000)
QUICK = Downloader(timeout_s=0.5, tries=3, pause_s=0.01)


@dataclass
class Site:
    """What the server has, how it answers the next requests, and what it was asked for and sent.

    A step may have: status, headers (more of them), location, cut (bytes after which the line drops), stall, rude
    (sends a range whatever If-Range says), whole (knows no ranges), chunked, plain (neither ETag nor length).
    """

    files: dict[str, bytes]
    etag: str | None = '"one"'
    steps: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, str | None]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    url: str = ""

    def all_sent(self, expected: list[int]) -> bool:
        """Whether these are the bytes sent for each request; a thread counts the last ones after they have come."""
        end = time.monotonic() + 10
        while self.sent != expected and time.monotonic() < end:
            time.sleep(0.01)
        return self.sent == expected


class Handler(BaseHTTPRequestHandler):
    """Answers by the script of its server's site."""

    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *arguments: object) -> None:
        return

    def do_GET(self) -> None:
        site: Site = self.server.site
        step = site.steps.pop(0) if site.steps else {}
        site.asked.append({"path": self.path, "range": self.headers["Range"], "if_range": self.headers["If-Range"]})
        site.sent.append(0)
        content = site.files.get(self.path.lstrip("/"))
        status, start = step.get("status", 200 if content is not None else 404), 0
        same = step.get("rude") or self.headers["If-Range"] in (None, site.etag)
        if content is not None and status == 200 and self.headers["Range"] and same and not step.get("whole"):
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            status = 206 if start < len(content) else 416
        body = content[start:] if content is not None and status in (200, 206) else b""
        self.send_response(status)
        for name, value in step.get("headers", {}).items():
            self.send_header(name, value)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if site.etag and not step.get("plain"):
            self.send_header("ETag", site.etag)
        if step.get("chunked"):
            self.send_header("Transfer-Encoding", "chunked")
        elif not step.get("plain"):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if step.get("stall"):
            time.sleep(1.0)
        self._send(body[: step.get("cut", len(body))], step)
        self.close_connection = True

    def _send(self, body: bytes, step: dict[str, Any]) -> None:
        for begin in range(0, len(body), 100_000):
            piece = body[begin : begin + 100_000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if step.get("chunked") else piece)
            self.server.site.sent[-1] += len(piece)
        if step.get("chunked") and "cut" not in step:
            self.wfile.write(b"0\r\n\r\n")


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.site = Site({"a.bin": CONTENT}, url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.site
    server.shutdown()
    thread.join()
    server.server_close()


def get(site: Site, target: Path, size: int = len(CONTENT), **options: Any) -> None:
    QUICK.fetch(f"{site.url}/a.bin", target, SILENT, size, **options)


def alone(target: Path) -> bool:
    """The file is there, and neither a part nor anything else beside it."""
    return [path.name for path in target.parent.iterdir()] == [target.name]


# --- one file


def test_a_file(site: Site, tmp_path: Path) -> None:
    steps: list[int] = []

    class Counting:
        @contextmanager
        def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
            assert (description, total) == ("fetching a.bin (MB)", 3)
            yield steps.append

        def say(self, text: str) -> None:
            raise AssertionError(text)

    QUICK.fetch(f"{site.url}/a.bin", tmp_path / "a.bin", Counting(), len(CONTENT), exact=True)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert alone(tmp_path / "a.bin")
    assert sum(steps) == 3
    assert site.asked == [{"path": "/a.bin", "range": None, "if_range": None}]


@pytest.mark.parametrize("chunked", [False, True])
def test_what_was_cut_is_taken_up(site: Site, tmp_path: Path, chunked: bool) -> None:
    site.steps = [{"cut": 1_000_000, "chunked": chunked}, {"cut": 500_000}]
    get(site, tmp_path / "a.bin")
    assert [one["range"] for one in site.asked] == [None, "bytes=1000000-", "bytes=1500000-"]
    assert [one["if_range"] for one in site.asked] == [None, '"one"', '"one"']
    assert site.all_sent([1_000_000, 500_000, 1_500_000]), "no byte came twice"
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert alone(tmp_path / "a.bin")


def test_a_later_process_goes_on(site: Site, tmp_path: Path) -> None:
    site.steps = [{"cut": 700_000}, *[{"status": 503}] * 9]
    with pytest.raises(DataError, match=r"503 .* goes on after 700,000 bytes"):
        get(site, tmp_path / "a.bin")
    assert not (tmp_path / "a.bin").exists()
    assert (tmp_path / "a.bin.part").read_bytes() == CONTENT[:700_000]
    site.steps, site.sent = [], []
    get(site, tmp_path / "a.bin")
    assert site.all_sent([2_300_000])
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_part_that_was_whole_needs_no_request(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(CONTENT)
    origin = {"url": f"{site.url}/a.bin", "validator": '"one"', "total": len(CONTENT)}
    (tmp_path / "a.bin.part.json").write_text(json.dumps(origin))
    get(site, tmp_path / "a.bin")
    assert site.asked == []
    assert alone(tmp_path / "a.bin")


def test_a_server_without_ranges(site: Site, tmp_path: Path) -> None:
    site.steps = [{"cut": 1_000_000}, {"whole": True}]
    get(site, tmp_path / "a.bin")
    assert site.all_sent([1_000_000, 3_000_000])
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_server_without_ranges_that_always_drops_is_given_up(site: Site, tmp_path: Path) -> None:
    site.steps = [{"cut": 1_000_000, "whole": True}] * 20
    with pytest.raises(DataError, match="cut after 1,000,000 of 3,000,000 bytes"):
        get(site, tmp_path / "a.bin")
    assert len(site.asked) == QUICK.tries


@pytest.mark.parametrize("rude", [False, True])
def test_a_file_that_has_changed_is_begun_anew(site: Site, tmp_path: Path, rude: bool) -> None:
    site.steps = [{"cut": 1_000_000}, *[{"status": 503}] * 9]
    with pytest.raises(DataError):
        get(site, tmp_path / "a.bin")
    new = CONTENT[::-1]
    site.files["a.bin"], site.etag, site.steps = new, '"two"', [{"rude": rude}]
    get(site, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == new


def test_a_file_that_has_shrunk_is_begun_anew(site: Site, tmp_path: Path) -> None:
    site.steps = [{"cut": 1_000_000}, *[{"status": 503}] * 9]
    with pytest.raises(DataError):
        get(site, tmp_path / "a.bin")
    site.files["a.bin"], site.steps = CONTENT[:1000], []
    get(site, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_validator_a_rest_is_asked_for_only_where_a_checksum_will_tell(
    site: Site, tmp_path: Path, etag: str | None
) -> None:
    site.etag = etag
    site.steps = [{"cut": 1_000_000}, {}]
    get(site, tmp_path / "a.bin")
    assert [one["range"] for one in site.asked] == [None, None]
    site.steps, site.asked = [{"cut": 1_000_000}, {}], []
    get(site, tmp_path / "b.bin", checked=True)
    assert [one["range"] for one in site.asked] == [None, "bytes=1000000-"]
    assert [one["if_range"] for one in site.asked] == [None, None]
    assert (tmp_path / "b.bin").read_bytes() == CONTENT


def test_a_part_from_elsewhere_is_not_continued(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(b"x" * 1000)
    get(site, tmp_path / "a.bin", checked=True)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    (tmp_path / "b.bin.part").write_bytes(b"x" * 1000)
    origin = {"url": "http://elsewhere/a.bin", "validator": '"one"', "total": len(CONTENT)}
    (tmp_path / "b.bin.part.json").write_text(json.dumps(origin))
    get(site, tmp_path / "b.bin")
    assert (tmp_path / "b.bin").read_bytes() == CONTENT
    assert [one["range"] for one in site.asked] == [None, None]


def test_what_is_not_there_is_not_asked_for_twice(site: Site, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"b\.bin: found 404 .*--mirror"):
        QUICK.fetch(f"{site.url}/b.bin", tmp_path / "b.bin", SILENT, 1)
    assert len(site.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_asks_for_patience_gets_it(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("bench.data.fetching.download.time.sleep", slept.append)
    site.steps = [{"status": 503}, {"status": 429, "headers": {"Retry-After": "7"}}, {}]
    get(site, tmp_path / "a.bin")
    assert slept == [0.01, 7.0]
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_silent_server_counts_as_lost(site: Site, tmp_path: Path) -> None:
    site.steps = [{"stall": True}]
    get(site, tmp_path / "a.bin")
    assert len(site.asked) == 2
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_no_server(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"found connection refused; expected the file; check the network"):
        QUICK.fetch("http://127.0.0.1:9/a.bin", tmp_path / "a.bin", SILENT, 1)


def test_another_size_is_noticed_before_it_is_downloaded(site: Site, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found a file of 3,000,000 bytes; expected one of 2,999,999 bytes"):
        get(site, tmp_path / "a.bin", size=2_999_999, exact=True)
    assert list(tmp_path.iterdir()) == []
    get(site, tmp_path / "a.bin", size=2_999_999)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_redirects(site: Site, tmp_path: Path) -> None:
    site.steps = [{"status": 302, "headers": {"Location": "/a.bin?token=1"}}]
    site.files["a.bin?token=1"] = CONTENT
    get(site, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    (tmp_path / "secret").write_text("secret")
    for elsewhere in ("ftp://127.0.0.1/a.bin", (tmp_path / "secret").as_uri()):
        site.steps = [{"status": 302, "headers": {"Location": elsewhere}}]
        with pytest.raises(DataError):
            QUICK.fetch(f"{site.url}/a.bin", tmp_path / "b.bin", SILENT, 1)
        assert not (tmp_path / "b.bin").exists()


CHILD = """
import resource, sys
from pathlib import Path
from bench.data.fetching.download import Downloader
from bench.core.progress import SILENT
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_001, 1_000_001))
Downloader().fetch(sys.argv[1], Path(sys.argv[2]), SILENT, 3_000_000)
"""


def test_a_disk_that_is_full(site: Site, tmp_path: Path) -> None:
    """The kernel refuses in the middle of a write; what came before it is kept, byte for byte."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    words = [sys.executable, "-c", CHILD, f"{site.url}/a.bin", str(tmp_path / "a.bin")]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
    assert "DataError" in done.stderr
    assert "a.bin.part: found file too large; expected a file that can be written to" in done.stderr
    assert not (tmp_path / "a.bin").exists()
    assert (tmp_path / "a.bin.part").read_bytes() == CONTENT[:1_000_001]
    site.sent = []
    get(site, tmp_path / "a.bin")
    assert site.all_sent([3_000_000 - 1_000_001])
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


# --- a whole source


def zipped(names: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return buffer.getvalue()


GOOD = zipped({"set/": b"", "set/wav/a.wav": b"a" * 50_000, "set/b.txt": b"b", "__MACOSX/x": b"", "set/.DS_Store": b""})


def source_of(site: Site, archive: bytes = GOOD, checksum: str = "md5", **options: Any) -> Source:
    """A source of one archive at the site; its checksum is right."""
    site.files["set.zip"] = archive
    known = f"{checksum}:{hashlib.new(checksum, archive).hexdigest()}" if checksum else ""
    one = Archive("set.zip", f"{site.url}/set.zip", len(archive), True, known)
    facts = {"archives": (one,), "unpacked": 100_000, "root": "set", "checksums": "Zenodo"} | options
    return Source("set", "corpora", "A set", "https://example.org", "CC0", "Nobody 2020", reads="emodb", **facts)


@pytest.mark.parametrize("checksum", ["md5", "sha256"])
def test_fetch(site: Site, tmp_path: Path, tree: Callable[[Path], dict[str, bytes | None]], checksum: str) -> None:
    source = source_of(site, checksum=checksum)
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
    assert mark["archives"][0]["sha256"] == hashlib.sha256(GOOD).hexdigest()
    assert done.archives[0].compared == f"has the {'MD5' if checksum == 'md5' else 'SHA-256'} from Zenodo"
    site.asked.clear()
    again = fetch(source, tmp_path / "new" / "data", SILENT, QUICK)
    assert again.already
    assert again.archives == done.archives
    assert site.asked == []


def test_several_archives(site: Site, tmp_path: Path) -> None:
    site.files |= {"x.zip": zipped({"X/1.wav": b"1"}), "y.zip": zipped({"Y/1.wav": b"2"})}
    archives = tuple(Archive(name, f"{site.url}/{name}", len(site.files[name])) for name in ("x.zip", "y.zip"))
    done = fetch(source_of(site, archives=archives, root="."), tmp_path, SILENT, QUICK)
    assert (done.root / "X" / "1.wav").read_bytes() == b"1"
    assert (done.root / "Y" / "1.wav").read_bytes() == b"2"


def test_a_tar(site: Site, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in {"set/a": b"a" * 3_000_000, "set/deep/b": b"b"}.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o4777
            archive.addfile(member, io.BytesIO(content))
    done = fetch(source_of(site, buffer.getvalue(), unpacked=1_000_000), tmp_path, SILENT, QUICK)
    assert (done.root / "a").stat().st_size == 3_000_000
    assert not (done.root / "a").stat().st_mode & (stat.S_ISUID | stat.S_IXUSR)
    assert (done.root / "deep" / "b").read_bytes() == b"b"


def test_a_wrong_checksum(site: Site, tmp_path: Path) -> None:
    source = source_of(site)
    site.files["set.zip"] = GOOD[:-1] + b"x"
    right, wrong = hashlib.md5(GOOD).hexdigest(), hashlib.md5(site.files["set.zip"]).hexdigest()
    with pytest.raises(DataError, match=rf"found MD5 {wrong}; expected MD5 {right} \(from Zenodo\)"):
        fetch(source, tmp_path, SILENT, QUICK)
    assert not (tmp_path / "set").exists()
    assert {path.name for path in (tmp_path / "set-download").iterdir()} <= {".lock"}
    site.files["set.zip"] = GOOD
    assert fetch(source, tmp_path, SILENT, QUICK).root.is_dir()


def test_without_a_checksum_the_first_download_is_remembered(site: Site, tmp_path: Path) -> None:
    source = source_of(site, checksum="")
    kept = tmp_path / "set-download" / "set.zip.sha256"
    said = fetch(source, tmp_path, SILENT, QUICK).archives[0].compared
    assert said == f"could not be compared, since no checksum is known; its SHA-256 is kept in {kept}"
    assert kept.read_text() == f"{hashlib.sha256(GOOD).hexdigest()}  set.zip\n"
    shutil.rmtree(tmp_path / "set")
    assert "has the SHA-256 of the first download" in fetch(source, tmp_path, SILENT, QUICK).archives[0].compared
    shutil.rmtree(tmp_path / "set")
    other = source_of(site, zipped({"set/a": b"other"}), "")
    assert "has ANOTHER SHA-256 than the first download" in fetch(other, tmp_path, SILENT, QUICK).archives[0].compared


def test_an_archive_that_its_server_makes_anew(site: Site, tmp_path: Path) -> None:
    right = Archive("set.zip", f"{site.url}/set.zip", 1, False, f"sha256:{hashlib.sha256(GOOD).hexdigest()}", True)
    other = Archive("set.zip", f"{site.url}/set.zip", 1, False, "sha256:" + "0" * 64, True)
    done = fetch(source_of(site, archives=(right,)), tmp_path / "right", SILENT, QUICK)
    assert done.archives[0].compared == "has the SHA-256 from Zenodo"
    done = fetch(source_of(site, archives=(other,)), tmp_path / "other", SILENT, QUICK)
    assert "has another SHA-256 than the one from Zenodo" in done.archives[0].compared
    assert (tmp_path / "other" / "set-download" / "set.zip.sha256").exists()


def test_too_little_room_is_noticed_before_it_begins(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_of(site, unpacked=90_000_000)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage._replace(free=90_000_000))
    with pytest.raises(DataError, match="found 90 MB free; expected 0 MB for the download and 90 MB for what is in it"):
        fetch(source, tmp_path, SILENT, QUICK)
    assert site.asked == []
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage._replace(free=90_000_000 + len(GOOD)))
    fetch(source, tmp_path, SILENT, QUICK)


def test_a_folder_of_somebody_elses_is_left_alone(site: Site, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine.wav").write_bytes(b"mine")
    with pytest.raises(UsageError, match="something that this command did not put there"):
        fetch(source_of(site), tmp_path, SILENT, QUICK)
    assert site.asked == []
    (tmp_path / "set" / "mine.wav").unlink()
    assert fetch(source_of(site), tmp_path, SILENT, QUICK).root.is_dir()


def test_two_at_once(site: Site, tmp_path: Path) -> None:
    (tmp_path / "set-download").mkdir()
    with (
        FileLock(tmp_path / "set-download" / ".lock"),
        pytest.raises(UsageError, match="another process that downloads into it"),
    ):
        fetch(source_of(site), tmp_path, SILENT, QUICK)


def test_an_archive_brought_by_hand(site: Site, tmp_path: Path) -> None:
    source = source_of(site)
    (tmp_path / "set-download").mkdir()
    (tmp_path / "set-download" / "set.zip").write_bytes(GOOD)
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


def test_interrupted_while_unpacking(site: Site, tmp_path: Path) -> None:
    source = source_of(site)
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
from bench.core.progress import SILENT
from bench.data.fetching.sources import Archive, Source
one = Archive("set.zip", sys.argv[1], int(sys.argv[2]), True, sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
fetch(Source("set", "corpora", "", "", "", "", (one,), 100_000, "emodb"), Path(sys.argv[4]), SILENT)
"""


def test_a_disk_that_is_full_while_unpacking(site: Site, tmp_path: Path) -> None:
    one = source_of(site).archives[0]
    words = [sys.executable, "-c", UNPACKING_CHILD, one.url, str(one.size), one.checksum, str(tmp_path)]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
    assert f"UsageError: {tmp_path}: found file too large; expected a folder that can be written to" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"set-download"}
    site.asked.clear()
    assert fetch(source_of(site), tmp_path, SILENT, QUICK).root.is_dir()
    assert site.asked == [], "the archive was kept"


def test_an_archive_that_is_arranged_otherwise(site: Site, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(DataError, match="no folder other"):
            fetch(source_of(site, root="other"), tmp_path, SILENT, QUICK)
        assert not (tmp_path / "set").exists()
    assert len(site.asked) == 1, "to ask again for what has the right checksum would not help"


def test_a_folder_that_cannot_be_written_to(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match="found not a directory; expected a folder that can be written to"):
        fetch(source_of(site), tmp_path / "file", SILENT, QUICK)


# --- archives that mean harm


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
        archive.addfile(member, io.BytesIO(CONTENT[:100_000]))
    return buffer.getvalue()[:60_000]


EVIL = {
    "above": (zipped({"set/../../x": b"x"}), "names that stay within"),
    "above, in a tar": (tarred("../x", tarfile.REGTYPE), "names that stay within"),
    "absolute": (zipped({"/tmp/x": b"x"}), "names that stay within"),
    "absolute, in a tar": (tarred("/x", tarfile.REGTYPE), "names that stay within"),
    "a drive": (zipped({"C:x": b"x"}), "names that stay within"),
    "Windows": (zipped({"..\\x": b"x"}), "names that stay within"),
    "link": (link("set", "/tmp"), "link or device"),
    "link, in a tar": (tarred("set/x", tarfile.SYMTYPE, "../../x"), "link or device"),
    "hard link": (tarred("set/x", tarfile.LNKTYPE, "/etc/passwd"), "link or device"),
    "device": (tarred("set/x", tarfile.CHRTYPE), "link or device"),
    "pipe": (tarred("set/x", tarfile.FIFOTYPE), "link or device"),
    "case": (zipped({"set/a": b"1", "set/A": b"2"}), "names that differ"),
    "accents": (zipped({"set/\u00e9": b"1", "set/e\u0301": b"2"}), "names that differ"),
    "folder's case": (zipped({"set/a/1": b"1", "set/A/2": b"2"}), "names that differ"),
    "file as a folder": (zipped({"set": b"1", "set/a": b"2"}), "names that differ"),
    "bomb": (zipped({"set/a": bytes(500_000)}), "far more in it"),
    "damaged": (GOOD[:60] + b"\xff" * 20 + GOOD[80:], "cannot be unpacked"),
    "cut": (cut_tar(), "cannot be unpacked"),
    "page": (b"<html>please log in</html>", "neither a zip nor a tar"),
    "empty": (b"", "neither a zip nor a tar"),
}


@pytest.mark.parametrize("evil", EVIL)
def test_an_evil_archive(site: Site, tmp_path: Path, evil: str) -> None:
    archive, named = EVIL[evil]
    inner = tmp_path / "inner" / "data"
    with pytest.raises(DataError, match=named):
        fetch(source_of(site, archive, ""), inner, SILENT, QUICK)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    here = "inner/data/set-download"
    assert left <= {"inner", "inner/data", here, f"{here}/.lock", f"{here}/set.zip.sha256"}
    assert not Path("/tmp/x").exists()


def test_a_name_that_stands_twice(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", b"2")
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="names that differ"):
        unpack([tmp_path / "a.zip"], tmp_path / "out", 1000, SILENT)


def test_too_many_files(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({f"a{number}": b"" for number in range(11)}))
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="more files"):
        unpack([tmp_path / "a.zip"], tmp_path / "out", 1000, SILENT, most_files=10)


PARTS = st.lists(st.sampled_from(["..", ".", "", "a", "A", "b", "...", "é", "a\\b", "c:"]), min_size=1, max_size=4)


@given(names=st.lists(PARTS.map("/".join).filter(bool), min_size=1, max_size=5, unique=True))
@settings(max_examples=150, deadline=None)
def test_nothing_leaves_the_folder(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
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


# --- what is known


def test_the_catalogue() -> None:
    known = catalogue()
    assert set(known.fetch) == {"emodb", "ravdess", "esc50", "demand", "musan"}
    assert len(known.names) == len(set(known.names))
    for source in known.fetch.values():
        assert (source.kind, source.reads) in Registry.discover().entries
        assert source.unpacked >= sum(one.size for one in source.archives)
        assert len({one.name for one in source.archives}) == len(source.archives)
        for one in source.archives:
            kind, _, digest = one.checksum.partition(":")
            assert one.url.startswith("https://")
            assert len(digest) == {"md5": 32, "sha256": 64}[kind]
            assert set(digest) <= set("0123456789abcdef")
            assert one.binding or one.url.startswith("https://github.com/")
    for licensed in known.ask.values():
        assert licensed.page.startswith("https://")


def test_a_mirror() -> None:
    source = catalogue().fetch["musan"]
    moved = mirrored(source, "https://mirror.example.org/resources/17/")
    assert moved.archives[0].url == "https://mirror.example.org/resources/17/musan.tar.gz"
    assert moved.archives[0].checksum == source.archives[0].checksum
    assert mirrored(source, None) is source
    for wrong in ("ftp://example.org", "/data", "https://", "file:///etc"):
        with pytest.raises(UsageError, match="--mirror"):
            mirrored(source, wrong)
