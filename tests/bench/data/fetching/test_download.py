"""Downloads of one file from a real server that misbehaves by script."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.core.errors import DataError
from bench.core.showing.progress import SILENT
from bench.data.fetching.download import Downloader

CONTENT = np.random.default_rng(0).bytes(3_000_000)
QUICK = Downloader(timeout_s=0.5, tries=3, pause_s=0.01)


@pytest.fixture
def site(site: Any) -> Any:
    """With a file."""
    site.files["a.bin"] = CONTENT
    return site


def get(site: Any, target: Path, size: int = len(CONTENT), **options: Any) -> None:
    QUICK.fetch(f"{site.url}/a.bin", target, SILENT, size, **options)


def alone(target: Path) -> bool:
    """The file is there, and neither a part nor anything else beside it."""
    return [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_file_comes_whole_and_its_progress_is_told(site: Any, tmp_path: Path) -> None:
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
def test_what_was_cut_is_taken_up(site: Any, tmp_path: Path, chunked: bool) -> None:
    site.steps = [{"cut": 1_000_000, "chunked": chunked}, {"cut": 500_000}]
    get(site, tmp_path / "a.bin")
    assert [one["range"] for one in site.asked] == [None, "bytes=1000000-", "bytes=1500000-"]
    assert [one["if_range"] for one in site.asked] == [None, '"one"', '"one"']
    assert site.all_sent([1_000_000, 500_000, 1_500_000]), "no byte came twice"
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert alone(tmp_path / "a.bin")


def test_a_later_process_goes_on(site: Any, tmp_path: Path) -> None:
    site.steps = [{"cut": 700_000}, *[{"status": 503}] * 9]
    with pytest.raises(DataError, match=r"503 .* goes on after 700,000 bytes"):
        get(site, tmp_path / "a.bin")
    assert not (tmp_path / "a.bin").exists()
    assert (tmp_path / "a.bin.part").read_bytes() == CONTENT[:700_000]
    site.steps, site.sent = [], []
    get(site, tmp_path / "a.bin")
    assert site.all_sent([2_300_000])
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_part_that_was_whole_needs_no_request(site: Any, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(CONTENT)
    origin = {"url": f"{site.url}/a.bin", "validator": '"one"', "total": len(CONTENT)}
    (tmp_path / "a.bin.part.json").write_text(json.dumps(origin))
    get(site, tmp_path / "a.bin")
    assert site.asked == []
    assert alone(tmp_path / "a.bin")


def test_a_server_without_ranges(site: Any, tmp_path: Path) -> None:
    site.steps = [{"cut": 1_000_000}, {"whole": True}]
    get(site, tmp_path / "a.bin")
    assert site.all_sent([1_000_000, 3_000_000])
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_server_without_ranges_that_always_drops_is_given_up(site: Any, tmp_path: Path) -> None:
    site.steps = [{"cut": 1_000_000, "whole": True}] * 20
    with pytest.raises(DataError, match="cut after 1,000,000 of 3,000,000 bytes"):
        get(site, tmp_path / "a.bin")
    assert len(site.asked) == QUICK.tries


@pytest.mark.parametrize("rude", [False, True])
def test_a_file_that_has_changed_is_begun_anew(site: Any, tmp_path: Path, rude: bool) -> None:
    site.steps = [{"cut": 1_000_000}, *[{"status": 503}] * 9]
    with pytest.raises(DataError):
        get(site, tmp_path / "a.bin")
    new = CONTENT[::-1]
    site.files["a.bin"], site.etag, site.steps = new, '"two"', [{"rude": rude}]
    get(site, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == new


def test_a_file_that_has_shrunk_is_begun_anew(site: Any, tmp_path: Path) -> None:
    site.steps = [{"cut": 1_000_000}, *[{"status": 503}] * 9]
    with pytest.raises(DataError):
        get(site, tmp_path / "a.bin")
    site.files["a.bin"], site.steps = CONTENT[:1000], []
    get(site, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_validator_a_rest_is_asked_for_only_where_a_checksum_will_tell(
    site: Any, tmp_path: Path, etag: str | None
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


def test_a_part_from_elsewhere_is_not_continued(site: Any, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(b"x" * 1000)
    get(site, tmp_path / "a.bin", checked=True)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    (tmp_path / "b.bin.part").write_bytes(b"x" * 1000)
    origin = {"url": "http://elsewhere/a.bin", "validator": '"one"', "total": len(CONTENT)}
    (tmp_path / "b.bin.part.json").write_text(json.dumps(origin))
    get(site, tmp_path / "b.bin")
    assert (tmp_path / "b.bin").read_bytes() == CONTENT
    assert [one["range"] for one in site.asked] == [None, None]


def test_what_is_not_there_is_not_asked_for_twice(site: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"b\.bin: found 404 .*--mirror"):
        QUICK.fetch(f"{site.url}/b.bin", tmp_path / "b.bin", SILENT, 1)
    assert len(site.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_asks_for_patience_gets_it(site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("bench.data.fetching.download.time.sleep", slept.append)
    site.steps = [{"status": 503}, {"status": 429, "headers": {"Retry-After": "7"}}, {}]
    get(site, tmp_path / "a.bin")
    assert slept == [0.01, 7.0]
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_silent_server_counts_as_lost(site: Any, tmp_path: Path) -> None:
    site.steps = [{"stall": True}]
    get(site, tmp_path / "a.bin")
    assert len(site.asked) == 2
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"found connection refused; expected the file; check the network"):
        QUICK.fetch("http://127.0.0.1:9/a.bin", tmp_path / "a.bin", SILENT, 1)


def test_another_size_is_noticed_before_it_is_downloaded(site: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found a file of 3,000,000 bytes; expected one of 2,999,999 bytes"):
        get(site, tmp_path / "a.bin", size=2_999_999, exact=True)
    assert list(tmp_path.iterdir()) == []
    get(site, tmp_path / "a.bin", size=2_999_999)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_redirects_are_followed_on_the_web_alone(site: Any, tmp_path: Path) -> None:
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
from bench.core.showing.progress import SILENT
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_001, 1_000_001))
Downloader().fetch(sys.argv[1], Path(sys.argv[2]), SILENT, 3_000_000)
"""


def test_a_disk_that_is_full(site: Any, tmp_path: Path) -> None:
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
