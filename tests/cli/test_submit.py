"""From a run to a board without asking anybody: `bench submit`, `bench verify`, `bench leaderboard add`."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bench
from tests.bench.sharing.entry.test_contents import rewritten
from tests.submitted import card

Bench = Callable[..., Any]


@pytest.fixture
def entry(submission: Path, tmp_path: Path) -> Path:
    """A copy of an honest entry, to lie beside its receipt."""
    return Path(shutil.copy(submission / "entry.serbench", tmp_path / "mine.serbench"))


@pytest.fixture
def verify(bench_here: Bench, tiny_corpus: Path, tiny_noises: Path) -> Bench:
    """Verify on the tiny corpus, in this process."""

    def run(file: Path, *words: object) -> Any:
        data = ("--corpus-root", tiny_corpus, "--noise-root", tiny_noises, "--trusted")
        return bench_here("verify", file, *data, *words)

    return run


def test_a_run_is_packed_and_says_what_is_in_it(submission: Path, bench_here: Bench, tmp_path: Path) -> None:
    said = (submission / "said.txt").read_text(encoding="utf-8")
    for words in ("“Halved speech” by A. Nobody, MIT", "brings: victims levels, defenses halve", "bench verify "):
        assert words in said
    words = ("submit", submission / "run", f"--plugin={submission / 'mine.py'}")
    told = tmp_path / "card.toml"
    told.write_text('title = "Halved speech"\nauthors = ["A. Nobody"]\nlicence = "MIT"\n')
    for name in ("again", "once more"):  # in one process: what other tests put on the path is in the lock
        again = bench_here(*words, f"--card={told}", f"--out={tmp_path / name}.serbench")
        assert again.code == 0, again.err
    assert (tmp_path / "again.serbench").read_bytes() == (tmp_path / "once more.serbench").read_bytes()
    there = bench_here(*words, *card(), f"--out={tmp_path / 'again.serbench'}")
    assert there.code == 2
    assert "a file that is there" in there.err


def test_what_verification_would_refuse_is_not_packed(submission: Path, bench_here: Bench, tmp_path: Path) -> None:
    out = tmp_path / "none.serbench"

    def refused(*words: object) -> str:
        said = bench_here("submit", submission / "run", f"--out={out}", *words)
        assert said.code == 2
        assert not out.exists()
        return str(said.err)

    mine = tmp_path / "mine.py"
    mine.write_text((submission / "mine.py").read_text().replace("waveform / 2", "waveform / 3"))
    assert "the code that the run was made with" in refused(f"--plugin={mine}", *card())
    assert "neither serbench nor the entry brings" in (told := refused(*card()))
    assert told.startswith(f"bench: {submission / 'run'}: "), "the run, and no copy that is gone by now"
    (tmp_path / "odd.py").write_text("COMPONENTS = {'victims': {'levels': 1}, 'corpora': {'a': 1}}\n")
    assert refused(f"--plugin={tmp_path / 'odd.py'}", *card()).startswith(f"bench: {tmp_path / 'odd.py'}: ")
    assert "card, title" in refused(f"--plugin={submission / 'mine.py'}")
    assert "one of the two" in refused(f"--plugin={mine}", f"--package={tmp_path}", *card())
    (tmp_path / "card.toml").write_text("titel = 'x'\n")
    assert "a field 'titel'" in refused(f"--plugin={mine}", f"--card={tmp_path / 'card.toml'}")


def test_an_object_from_python_is_said_to_be_nobody_else_s(
    tiny_corpus: Path, tiny_noises: Path, bench_here: Bench, tmp_path: Path
) -> None:
    data: dict[str, Any] = {
        "corpus": "emodb",
        "corpus_root": tiny_corpus,
        "noise_bank": "folder",
        "noise_root": tiny_noises,
    }
    bench.run(victim=lambda waveform: "anger", attack="fade_in", k=1, limit=2, out=tmp_path / "run", **data)
    said = bench_here("submit", tmp_path / "run", f"--out={tmp_path / 'mine.serbench'}", *card())
    assert said.code == 2
    assert (
        "an object given from Python; expected components that others can be given; write it as a plug-in" in said.err
    )


@pytest.mark.usefixtures("own_cache")
def test_without_its_weights_a_run_is_not_packed(submission: Path, bench_here: Bench, tmp_path: Path) -> None:
    words = (f"--plugin={submission / 'mine.py'}", f"--out={tmp_path / 'x.serbench'}", *card())
    said = bench_here("submit", submission / "run", *words)
    assert said.code == 2
    assert "no weights levels-" in said.err


def test_from_the_file_to_a_board(entry: Path, verify: Bench, bench_here: Bench, tmp_path: Path) -> None:
    board = tmp_path / "board"
    none = bench_here("leaderboard", "add", board, entry)
    assert none.code == 2
    assert "mine.serbench.receipt.json" in none.err
    said = verify(entry, "--cells=1", "--seed=3")
    assert said.code == 0, said.err
    assert "What would have been seen with 80% power: 57" in said.out
    assert "verified: 1 of 4 cells were run again (seed 3)." in said.out
    assert re.search(r"^same: victim .* · defense .* · attack .* · fold 0 · seed 0$", said.err, re.MULTILINE), said.err
    for expected in ("added", "was there"):
        added = bench_here("leaderboard", "add", board, entry)
        assert added.code == 0, added.err
        assert f"{expected}" in added.out
    site = bench_here("leaderboard", "build", board, "--out", tmp_path / "site")
    assert site.code == 0, site.err
    for page in ("tracks", "entries"):
        texts = [file.read_text(encoding="utf-8") for file in (tmp_path / "site" / page).iterdir()]
        assert any("1 of 4 cells run again, 1 came out again, in process" in text for text in texts)
        assert any("“Halved speech” by A. Nobody, MIT" in text for text in texts) == (page == "entries")
    folder = board / "entries" / "halved-speech"
    receipt = json.loads((folder / "receipt.json").read_text())
    assert receipt["sample"] == {"seed": 3, "cells": 1, "of": 4}
    told = json.loads((tmp_path / "site" / "files" / "leaderboard.json").read_text())
    words = {(one["defense"], one["verified"]["word"]) for track in told["tracks"] for one in track["entries"]}
    drawn = receipt["cells"][0]["names"]["defense"]
    assert words == {(drawn, "verified"), ("halve" if drawn == "none" else "none", "not drawn")}
    for spoil, why in ((_more_records, "that the entry's file does not have"), (_another_file, "a file with digest")):
        undo = spoil(folder)
        said = bench_here("leaderboard", "build", board, "--out", tmp_path / "other")
        assert (said.code, why in said.err) == (2, True), said.err
        undo()


def _more_records(folder: Path) -> Callable[[], object]:
    """Put a cell of one's own beside those of the entry."""
    cell = next(folder.glob("cells/*.parquet"))

    def seeded(rows: Any, told: dict[str, Any]) -> Any:
        told["seed"] = told["fitting"]["seed"] = 7
        return rows

    name, content = rewritten(cell.read_bytes(), seeded)
    (folder / name).write_bytes(content)
    return (folder / name).unlink


def _another_file(folder: Path) -> Callable[[], object]:
    """Put another file in the place of the entry's."""
    file = folder / "entry.serbench"
    before = file.read_bytes()
    file.write_bytes(before[:-1])
    return lambda: file.write_bytes(before)


def test_names_that_clash_are_named_both(
    submission: Path, entry: Path, verify: Bench, bench_here: Bench, tmp_path: Path
) -> None:
    board = tmp_path / "board"
    verify(entry, "--cells=1", "--seed=3")
    assert bench_here("leaderboard", "add", board, entry).code == 0
    other = tmp_path / "other.serbench"
    words = ("submit", submission / "run", f"--plugin={submission / 'mine.py'}", f"--out={other}")
    assert bench_here(*words, *card(), "--contact=me").code == 0
    shutil.copy(f"{entry}.receipt.json", f"{other}.receipt.json")
    said = bench_here("leaderboard", "add", board, other)
    assert "the file that was verified" in said.err
    told = json.loads(Path(f"{entry}.receipt.json").read_text())
    for change, why in ((_of(other), "halved-speech/entry.serbench"), ({"outcome": "different"}, "says different")):
        Path(f"{other}.receipt.json").write_text(json.dumps(told | change))
        said = bench_here("leaderboard", "add", board, other)
        assert said.code == 2
        assert "other.serbench" in said.err
        assert why in said.err
    assert [one.name for one in (board / "entries").iterdir()] == ["halved-speech"]


def _of(file: Path) -> dict[str, object]:
    """What a receipt of another file would say of it."""
    import hashlib

    return {"entry": {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()}}


def test_exit_codes_tell_apart(entry: Path, verify: Bench, bench_here: Bench, tmp_path: Path) -> None:
    assert verify(entry, "--cells=0").code == 2
    assert verify(entry, "--secret", entry).code == 2
    late = verify(entry, "--cells=1", "--cell-minutes=0.0000001", "--json=-")
    assert late.code == 1
    assert json.loads(late.out)["outcome"] == "could not be run"
    entry.write_bytes(entry.read_bytes()[:-1])
    assert verify(entry).code == 2
    assert bench_here("leaderboard", "add", tmp_path).code == 2
    assert bench_here("leaderboard", tmp_path).code == 2


def test_a_round_is_made_up(bench_here: Bench, tmp_path: Path) -> None:
    said = bench_here("leaderboard", "round", "new", "spring", "--out", tmp_path, "--attack=boundary", "--draw=1")
    assert said.code == 0, said.err
    assert json.loads((tmp_path / "spring.round.json").read_text())["pool"] == ["boundary"]
    for words in (("spring",), ("new", "spring"), ("new", "summer", "--attack=nothing")):
        assert bench_here("leaderboard", "round", *words, "--out", tmp_path).code == 2


@pytest.mark.slow
def test_another_processor_gives_the_same(
    submission: Path, bench_process: Bench, tiny_corpus: Path, tiny_noises: Path, tmp_path: Path
) -> None:
    """torch computes with the plainest instructions there are: answers differ in their last bits alone."""
    data = ("--corpus-root", tiny_corpus, "--noise-root", tiny_noises, "--trusted", "--all")
    entry = shutil.copy(submission / "entry.serbench", tmp_path / "mine.serbench")
    said = bench_process("verify", entry, *data, "--json=-", ATEN_CPU_CAPABILITY="default")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["verified_by"]["cpu_capability"] == "DEFAULT"
    assert {cell["verdict"] for cell in told["cells"]} <= {"same", "within the interval"}
