"""Runs of several people on one board: no figure takes another's place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.scoring.record_files.believing import determined_key
from bench.scoring.records import Store
from benchmarks.made_records import MadeUp

MINE = MadeUp({"good": 0.9}, {"none": 0.0}, ["boundary"], folds=1)


def test_a_name_that_two_runs_have_for_other_figures_is_an_error_that_names_both(
    tmp_path: Path, bench_here: Callable
) -> None:
    mine, theirs = MINE.write(tmp_path / "mine"), replace(MINE, told={"code": "another"}).write(tmp_path / "theirs")
    said = bench_here("leaderboard", mine, theirs, "--out", tmp_path / "board")
    assert said.code == 2
    assert all(part in said.err for part in (str(mine), str(theirs), "good under none by boundary"))
    assert not (tmp_path / "board").exists()


def test_other_names_and_an_update_in_one_folder_are_none(tmp_path: Path, bench_here: Callable) -> None:
    mine = MINE.write(tmp_path / "mine")
    other = replace(MINE, victims={"better": 0.95}).write(tmp_path / "theirs")
    replace(MINE, told={"code": "another"}).write(mine)
    said = bench_here("leaderboard", mine, other, "--out", tmp_path / "board")
    assert said.code == 0, said.err
    assert len((tmp_path / "board" / "leaderboard.csv").read_text().splitlines()) == 1 + 3 * 3 * 3


@pytest.mark.parametrize("build", [(), ("build",)])
def test_a_name_that_is_taken_for_another_run_s_is_an_error(
    tmp_path: Path, bench_here: Callable, build: tuple[str, ...]
) -> None:
    """Two lines of one name, as far as anybody sees."""
    mine = MINE.write(tmp_path / "mine")
    for number, name in enumerate(("Good", "g\u043eod", "g00d", "go_od")):
        theirs = replace(MINE, victims={name: 0.95}).write(tmp_path / f"theirs{number}")
        said = bench_here("leaderboard", *build, mine, theirs, "--out", tmp_path / "board")
        assert said.code == 2
        assert "which is taken for" in said.err
    both = replace(MINE, victims={"good": 0.9, "Good": 0.95}).write(tmp_path / "own")
    assert bench_here("leaderboard", *build, both, "--out", tmp_path / "board").code == 0, "of one's own"


@pytest.mark.parametrize("build", [(), ("build",)])
def test_labels_that_the_corpus_does_not_have_are_an_error(
    tmp_path: Path, bench_here: Callable, build: tuple[str, ...]
) -> None:
    """A victim that is right of whatever it says: consistent within its run, and with no other."""
    mine, theirs = MINE.write(tmp_path / "mine"), tmp_path / "theirs"
    store = Store(theirs)
    for about, rows in replace(MINE, victims={"right": 0.5}).cells():
        told = [replace(row, label_true=row.label_before, speaker=row.speaker) for row in rows]
        store.write(determined_key(about), about, told)
    (theirs / "run.json").write_text('{"k": [1]}')
    said = bench_here("leaderboard", *build, mine, theirs, "--out", tmp_path / "board")
    assert said.code == 2
    assert all(part in said.err for part in (str(mine), str(theirs), "utterance 's"))
    assert bench_here("leaderboard", *build, theirs, "--out", tmp_path / "board").code == 0, "alone, nobody can tell"


def test_one_model_by_two_paths_has_the_same_records(tmp_path: Path, bench_here: Callable) -> None:
    """What is left out of two is what the other holds: neither takes the other's place unseen."""
    victim = {"code": "v", "fingerprint": "f", "params": {}}
    folders = []
    for name, spec, right in (("mine", "onnx:file=m.onnx", 0.9), ("theirs", "onnx:file=/x/m.onnx", 0.2)):
        store = Store(tmp_path / name)
        for about, rows in replace(MINE, victims={spec: right}).cells():
            told = {**about, "fitting": {**about["fitting"], "victim": {**victim, "spec": spec}}}
            store.write(determined_key(told), told, rows)
        folders.append(tmp_path / name)
    said = bench_here("leaderboard", *folders, "--out", tmp_path / "board")
    assert said.code == 2
    assert all(part in said.err for part in (*map(str, folders), "by another path"))


def test_who_was_measured_on_fewer_folds_is_said_to_be(tmp_path: Path, bench_here: Callable) -> None:
    """Of five folds one is the easiest, and a board does not ask which were run."""
    whole = MadeUp({"whole": 0.6}, {"none": 0.0}, ["boundary"], folds=5).write(tmp_path / "whole")
    picked = MadeUp({"picked": 0.9}, {"none": 0.0}, ["boundary"], folds=1).write(tmp_path / "picked")
    said = bench_here("leaderboard", "build", whole, picked, "--out", tmp_path / "site")
    assert said.code == 0, said.err
    (page,) = (tmp_path / "site" / "tracks").iterdir()
    text = page.read_text(encoding="utf-8")
    assert "2 speakers, 1 of 5 folds" in text
    assert "10 speakers" in text
    assert "10 speakers," not in text


def test_clean_speech_is_told_of_all_utterances_that_anybody_attacked(tmp_path: Path, bench_here: Callable) -> None:
    """An attack whose name comes first, on the fold that is recognised best, does not stand for the others."""
    whole = MadeUp({"v": 0.3}, {"none": 0.0}, ["boundary"], folds=5)
    easy = MadeUp({"v": 0.3}, {"none": 0.0}, ["aaa"], folds=1)
    store = Store(tmp_path / "easy")
    for about, rows in easy.cells():
        right = [replace(row, label_before=row.label_true, label_after=row.label_true, accepted=False) for row in rows]
        store.write(determined_key(about), about, right)
    (tmp_path / "easy" / "run.json").write_text('{"k": [3]}')
    said = bench_here("leaderboard", "build", whole.write(tmp_path / "whole"), store.folder, "--out", tmp_path / "site")
    assert said.code == 0, said.err
    (entry,) = json.loads((tmp_path / "site" / "files" / "leaderboard.json").read_text())["tracks"][0]["entries"]
    assert entry["clean_uar"]["value"] < 0.6
