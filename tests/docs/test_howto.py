"""The walks of docs/howto, command for command, as they are printed."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.docs.blocks import BLOCK
from tests.victims.deployed import Deployed, serving

PAGES = Path(__file__).parents[2] / "docs" / "howto"
TINY = shlex.split("--corpus emodb --corpus-root path/to/emodb --noise-bank folder --noise-root path/to/noises")
"""What a page that needs no data is followed with: the embedded speech would take a test half a minute to make."""
ADDRESS = "http://127.0.0.1:8000/predict"
Walk = Callable[..., list[str]]


@pytest.fixture
def walk(
    bench_here: Callable, tiny_corpus: Path, tiny_noises: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Walk:
    """Do what a page says, in a folder where its reader's data lie; give what each command printed."""
    monkeypatch.chdir(tmp_path)
    Path("path/to").mkdir(parents=True)
    Path("path/to/emodb").symlink_to(tiny_corpus)
    Path("path/to/noises").symlink_to(tiny_noises)

    def follow(page: str, address: str = ADDRESS, data: Sequence[str] = ()) -> list[str]:
        said = []
        for block in BLOCK.finditer((PAGES / page).read_text(encoding="utf-8")):
            if block["kind"] == "python":
                Path(block["title"]).write_text(block["text"], encoding="utf-8")
                continue
            for line in block["text"].replace(ADDRESS, address).splitlines():
                words = shlex.split(line)
                assert words[0] == "bench"
                done = bench_here(*words[1:], *(data if words[1] in ("run", "listen") else ()))
                assert done.code == 0, f"{line}\n{done.out}{done.err}"
                said.append(done.out)
        return said

    return follow


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Iterator[Deployed]:
    """The reader's service, with a journal of its own."""
    yield from serving(Deployed(), monkeypatch)


def test_a_model_of_ones_own(walk: Walk) -> None:
    said = walk("my_model.md")
    assert "robust accuracy" in said[1]
    assert "fresh_noises" in said[3]
    tex = Path("site/files/leaderboard.tex").read_text(encoding="utf-8")
    assert "python:" in tex.replace("{}", "")
    assert "cnn\\_gru" in tex
    assert "95 % interval" in Path("mine.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_service(walk: Walk, service: Deployed) -> None:
    walk("service.md", service.url)
    asked = len(service.seen)
    again = asked - len(set(service.digests()))
    assert again == 3 * 2, "three sounds are sent twice more, to see whether chance answers; no other is sent again"
    assert list(Path("street/audio").glob("*/*-attacked.wav"))
    shutil.rmtree("street")
    walk("service.md", service.url)
    assert len(service.seen) == asked, "what was answered is not asked again"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="there is no bubblewrap")
def test_a_defence_gets_on_to_a_board(walk: Walk) -> None:
    said = walk("my_defence.md")
    assert "verified" in "".join(said[-3:])
    pages = [one.read_text(encoding="utf-8") for one in Path("site/entries").iterdir()]
    assert len(pages) == 2
    assert all("verified" in page for page in pages)


def test_only_looking(walk: Walk) -> None:
    assert "path/to" not in "".join(block["text"] for block in BLOCK.finditer((PAGES / "looking.md").read_text()))
    said = walk("looking.md", data=TINY)
    assert "boundary" in said[0]
    assert Path("listening/index.html").is_file()
    assert Path("look.html").is_file()
