"""`bench data fetch` as a user sees it; what it downloads lies on a web server of the test's own."""

from __future__ import annotations

import io
import json
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.data.fetching.sources import catalogue

ESC50 = catalogue().fetch["esc50"]


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder; `/slow/` is the same folder, a drop at a time."""

    def log_message(self, *arguments: object) -> None:
        return

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix("/slow"))

    def copyfile(self, source: object, outputfile: object) -> None:
        if not self.path.startswith("/slow/"):
            shutil.copyfileobj(source, outputfile)
        while chunk := source.read(10_000):
            outputfile.write(chunk)
            time.sleep(0.02)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A web folder with a small ESC-50 in its published layout."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage._replace(free=10**12))
    folder = tmp_path / "web"
    folder.mkdir()
    with zipfile.ZipFile(folder / ESC50.archives[0].name, "w") as archive:
        lines = ["filename,fold,target,category,esc10,src_file,take"]
        for number in range(100, 120):
            sound = io.BytesIO()
            soundfile.write(sound, np.random.default_rng(number).standard_normal(16_000) / 8, 16_000, format="WAV")
            archive.writestr(f"{ESC50.root}/audio/1-{number}-A-0.wav", sound.getvalue())
            lines.append(f"1-{number}-A-0.wav,1,0,dog,True,{number},A")
        archive.writestr(f"{ESC50.root}/meta/esc50.csv", "\n".join(lines))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_from_nothing_to_a_bank_that_can_be_used(bench_here: Callable, mirror: str, tmp_path: Path) -> None:
    to = tmp_path / "my data"
    said = bench_here("data", "fetch", "esc50", "--to", to, "--mirror", mirror, "--yes")
    assert said.code == 0, said.err
    for part in (ESC50.licence, ESC50.citation, "about 646 MB"):
        assert part in said.err, "shown even with --yes"
    assert "has another SHA-256 than the one from two projects" in said.out
    check, run = said.out.splitlines()[-2:]
    assert run.startswith("bench run --victim cnn_gru --attack boundary --noise-bank esc50 --noise-root '")
    assert shlex.split(run)[-1] == str(to / "esc50" / ESC50.root)
    assert bench_here(*shlex.split(run)[1:], "--help").code == 0
    checked = bench_here(*shlex.split(check)[1:])
    assert checked.code == 0, checked.err
    assert "clips: 20" in checked.out

    again = bench_here("data", "fetch", "esc50", "--to", to, "--mirror", mirror, "--json", "-")
    assert again.code == 0, "what is there already needs no consent again"
    found = json.loads(again.out)
    assert found["already"] is True
    assert found["next"] == [check, run]
    assert found["archives"][0]["url"] == f"{mirror}/{ESC50.archives[0].name}"


def test_what_was_fetched_is_told_as_json(bench_here: Callable, mirror: str, tmp_path: Path) -> None:
    said = bench_here(
        *("data", "fetch", "esc50", "--to", tmp_path / "d", "--mirror", mirror, "--yes"),
        *("--json", tmp_path / "a.json"),
    )
    assert said.code == 0, said.err
    found = json.loads((tmp_path / "a.json").read_text())
    fields = {"schema", "name", "kind", "folder", "root", "already", "licence", "citation", "archives", "next"}
    assert set(found) == fields
    assert found["already"] is False
    assert set(found["archives"][0]) == {"name", "url", "bytes", "sha256", "compared"}
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    assert all(f"| `{name}`" in page for name in fields)


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_the_licence_is_asked_for(
    bench_here: Callable, mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    said = bench_here("data", "fetch", "esc50", "--to", tmp_path / "d", "--mirror", mirror)
    assert said.code == code, said.err
    assert "[y/N]" in said.err
    assert (tmp_path / "d" / "esc50").exists() == (code == 0)
    assert ("nothing was downloaded" in said.err) == (code != 0)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["emodb"], "give --yes"),
        (["emo-db"], "did you mean 'emodb'?"),
        (["iemocap"], "https://sail.usc.edu/iemocap/iemocap_release.htm"),
        (["crema_d", "--yes"], "git-lfs"),
        (["audioset"], "not their sound"),
        (["emodb", "--mirror", "ftp://example.org"], "--mirror"),
        (["emodb", "--yes", "--json", "nowhere/a.json"], "--json"),
    ],
)
def test_what_cannot_be_fetched(
    bench_here: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = bench_here("data", "fetch", *words)
    assert said.code == 2
    assert said.out == ""
    assert said.err.splitlines()[-1].startswith("bench: ")
    assert named in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["synthetic", "embedded", "folder", "manifest"])
def test_what_needs_no_download(bench_here: Callable, name: str) -> None:
    said = bench_here("data", "fetch", name)
    assert said.code == 0
    assert said.out.startswith(f"{name} needs no download: ")


ROOMY = """
import shutil
shutil.disk_usage = lambda path: shutil._ntuple_diskusage(10**12, 0, 10**12)
from bench.cli.main import main
main()
"""


def test_interrupted(bench_here: Callable, mirror: str, tmp_path: Path) -> None:
    """Ctrl-C in a process of its own leaves the part, and the same command ends well."""
    words = ["data", "fetch", "esc50", "--yes", "--mirror", f"{mirror}/slow", "--to", str(tmp_path / "d")]
    part = tmp_path / "d" / "esc50-download" / f"{ESC50.archives[0].name}.part"
    process = subprocess.Popen([sys.executable, "-c", ROOMY, *words], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 50_000) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; give the same command again: what a run, a training or a download has done is kept" in said
    assert part.stat().st_size > 50_000
    assert not (tmp_path / "d" / "esc50").exists()
    done = bench_here(*words)
    assert done.code == 0, done.err
    assert (tmp_path / "d" / "esc50" / ESC50.root / "audio").is_dir()


def test_nothing_heavy_is_imported() -> None:
    code = "import sys, bench.cli.data, bench.data.fetching.fetch; "
    code += "sys.exit(bool({'torch', 'librosa', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
