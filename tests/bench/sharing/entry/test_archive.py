"""The archive of an entry: the same bytes each time, read as anybody's; what is odd is refused with its reason."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bench.core.errors import DataError
from bench.sharing.entry.archive import extract, packed_file, write_archive
from bench.sharing.entry.card import EntryCard
from bench.sharing.entry.manifest import MANIFEST, EntryManifest

CARD = EntryCard("A title", ("A. Nobody",), "MIT")
FILES = {"run.json": b'{"k": [1]}', "cells/0.parquet": b"PAR1" * 5}


def manifest(files: Mapping[str, bytes] = FILES) -> EntryManifest:
    return EntryManifest(CARD, "0.1.0", "", tuple(packed_file(name, content) for name, content in files.items()))


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    write_archive(tmp_path / "one.serbench", manifest(), FILES)
    return tmp_path / "one.serbench"


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[Path], str]:
    """Why a file is refused; nothing of it lies outside of the folder that it was to be unpacked into."""

    def why(path: Path) -> str:
        before = set(tmp_path.rglob("*"))
        inner = tmp_path / "outer" / "inner"
        inner.mkdir(parents=True)
        with pytest.raises(DataError) as caught:
            extract(path, inner)
        made = set(tmp_path.rglob("*")) - before - {inner, inner.parent}
        assert all(one.is_relative_to(inner) for one in made)
        assert str(caught.value).isprintable()
        return str(caught.value)

    return why


def zipped(path: Path, files: Mapping[str, bytes], told: bytes | None = None, **how: int) -> Path:
    """A zip file by Python's own writer, its manifest first."""
    text = manifest(files).to_bytes() if told is None else told
    with zipfile.ZipFile(path, "w", **how) as file:  # type: ignore[call-overload]
        for name, content in ((MANIFEST, text), *files.items()):
            about = zipfile.ZipInfo(name)
            about.compress_type = how.get("compression", zipfile.ZIP_STORED)
            about.external_attr = 0o100644 << 16
            file.writestr(about, content)
    return path


def test_an_entry_is_the_same_file_each_time_and_any_program_opens_it(entry: Path, tmp_path: Path) -> None:
    write_archive(tmp_path / "two.serbench", manifest(), FILES)
    assert entry.read_bytes() == (tmp_path / "two.serbench").read_bytes()
    with zipfile.ZipFile(entry) as file:
        assert file.testzip() is None
        assert {name: file.read(name) for name in file.namelist() if name != MANIFEST} == FILES
        assert {one.external_attr >> 16 for one in file.infolist()} == {0o100644}
    (tmp_path / "in").mkdir()
    found = extract(entry, tmp_path / "in")
    assert found.manifest == manifest()
    assert found.size == entry.stat().st_size
    assert {name: (tmp_path / "in" / name).read_bytes() for name in FILES} == FILES
    assert zipped(tmp_path / "same.zip", FILES).read_bytes() == entry.read_bytes(), "as Python's own writer does it"


def test_any_other_byte_is_refused(entry: Path, tmp_path: Path) -> None:
    content = entry.read_bytes()
    for place in range(0, len(content), 17):
        entry.write_bytes(content[:place] + bytes([content[place] ^ 0x41]) + content[place + 1 :])
        (tmp_path / str(place)).mkdir()
        with pytest.raises(DataError):
            extract(entry, tmp_path / str(place))
    for cut in (content[:-1], content + b"\0", content[:40], b""):
        entry.write_bytes(cut)
        (tmp_path / f"cut {len(cut)}").mkdir()
        with pytest.raises(DataError):
            extract(entry, tmp_path / f"cut {len(cut)}")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../up.json", "named '../up.json'"),
        ("/etc/passwd", "named '/etc/passwd'"),
        ("a/../../b", "named"),
        ("a\\..\\b", "named"),
        ("C:/x", "named"),
        ("a//b", "named"),
        ("a/./b", "named"),
        (".hidden", "named"),
        ("gpj\u202eexe.py", r"named 'gpj\u202eexe.py'"),
        ("a\x1b[31m.py", r"named 'a\x1b[31m.py'"),
        ("a\0.py", "named"),
        ("a" * 200, "named"),
        ("/".join("a" * 20), "named"),
        ("RUN.json", "two files named RUN.json"),
        (MANIFEST, f"two files named {MANIFEST}"),
        ("run.json/a", "a file and a folder named run.json"),
        ("", "named ''"),
    ],
)
def test_a_name_that_leads_elsewhere_or_hides(tmp_path: Path, refused: Callable, name: str, why: str) -> None:
    files = {**FILES, "x.json": b"1"}
    told = json.loads(manifest(files).to_bytes())
    told["files"][-1]["name"] = name
    assert why in refused(zipped(tmp_path / "odd.zip", files, json.dumps(told).encode()))


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (b"{" * 100_000, "cannot be read"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        (b"\xff\xfe", "cannot be read"),
        (b"[1]", "JSON that is a list"),
        (b'{"serbench_entry": 1' + b"0" * 5000 + b"}", "digits"),
        (b'{"serbench_entry": 2}', "version 2"),
        (b'{"serbench_entry": true}', "true or false"),
        (b'{"serbench_entry": 1, "code": "pickle"}', "code"),
        (b" " * (2**22 + 1), "of 4,194,305 bytes"),
    ],
)
def test_a_manifest_that_is_none(tmp_path: Path, refused: Callable, told: bytes, why: str) -> None:
    assert why in refused(zipped(tmp_path / "odd.zip", FILES, told))


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("size", -1, "size with -1"),
        ("size", 2**40, "size with"),
        ("size", 3.5, "a number"),
        ("sha256", "0" * 63, "no digest"),
        ("name", ["a"], "a list"),
    ],
)
def test_a_line_of_the_manifest_that_is_none(
    tmp_path: Path, refused: Callable, field: str, value: object, why: str
) -> None:
    told = json.loads(manifest().to_bytes())
    told["files"][0][field] = value
    assert why in refused(zipped(tmp_path / "odd.zip", FILES, json.dumps(told).encode()))


def test_more_files_or_bytes_than_can_be_meant(tmp_path: Path, refused: Callable) -> None:
    told = json.loads(manifest().to_bytes())
    told["files"] = [{"name": f"{n}", "size": 1, "sha256": "0" * 64} for n in range(10_001)]
    assert "10,001 files" in refused(zipped(tmp_path / "many.zip", FILES, json.dumps(told).encode()))


def test_a_bomb_of_bytes_is_refused_before_a_byte_is_written(tmp_path: Path) -> None:
    told = json.loads(manifest().to_bytes())
    told["files"] = [{"name": f"{n}", "size": 2**31 - 1, "sha256": "0" * 64} for n in range(3)]
    (tmp_path / "in").mkdir()
    with pytest.raises(DataError, match="files of more bytes"):
        extract(zipped(tmp_path / "big.zip", FILES, json.dumps(told).encode()), tmp_path / "in")
    assert not [*(tmp_path / "in").iterdir()]


def test_a_packed_file_and_an_encrypted_one(tmp_path: Path, refused: Callable, entry: Path) -> None:
    bomb = zipped(tmp_path / "bomb.zip", {"run.json": bytes(2**22)}, compression=zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 20_000
    assert "a packed file (method 8)" in refused(bomb)
    content = bytearray(entry.read_bytes())
    struct.pack_into("<H", content, content.index(b"PK\x03\x04", 4) + 6, 1)
    entry.write_bytes(content)
    with pytest.raises(DataError, match="an encrypted file"):
        extract(entry, tmp_path / "outer" / "inner" / "again")


@pytest.mark.parametrize(("mode", "kind"), [(0o120777, "a link"), (0o010644, "a pipe"), (0o020644, "a device")])
def test_what_is_no_regular_file_within(tmp_path: Path, refused: Callable, mode: int, kind: str) -> None:
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as file:
        for name, content in ((MANIFEST, manifest().to_bytes()), *FILES.items()):
            about = zipfile.ZipInfo(name)
            about.external_attr = (mode if name == "run.json" else 0o100644) << 16
            file.writestr(about, content)
    assert f"found {kind};" in refused(tmp_path / "odd.zip")


def test_what_is_no_regular_file_itself(tmp_path: Path, refused: Callable, entry: Path) -> None:
    (tmp_path / "link").symlink_to(entry)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="a link"):
        extract(tmp_path / "link", tmp_path)
    for odd in (tmp_path / "pipe", tmp_path, tmp_path / "none"):
        with pytest.raises(DataError, match=r"a pipe, a folder|no file that can be read"):
            extract(odd, tmp_path)
    assert "no file" in refused(tmp_path / "missing")


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("title", "", "nothing"),
        ("title", "a\u202eb", r"a\\u202eb"),
        ("title", "a\ud800", "surrogate|cannot be read"),
        ("title", "x" * 121, "121 characters"),
        ("authors", [], "nothing"),
        ("authors", "me", "a text"),
        ("licence", "MIT\x1b[2J", "show"),
        ("citation", 3, "a whole number"),
    ],
)
def test_a_card_that_cannot_be_shown(tmp_path: Path, field: str, value: object, why: str) -> None:
    told = json.loads(manifest().to_bytes())
    told["card"][field] = value
    (tmp_path / "in").mkdir()
    with pytest.raises(DataError, match=why):
        extract(zipped(tmp_path / "odd.zip", FILES, json.dumps(told).encode()), tmp_path / "in")
