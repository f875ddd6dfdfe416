"""`bench data check` as a user sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile


def test_a_good_corpus(bench_here: Callable, tiny_corpus: Path) -> None:
    said = bench_here("data", "check", "emodb", "--root", tiny_corpus)
    assert said.code == 0, said.err
    for part in ("80", "10 speakers", "16000 Hz (80)", "anger", "█", "ahsn", "can be used; 0 warnings"):
        assert part in said.out
    assert "checking emodb" in said.err


def test_a_report_is_told_as_json_printed_or_written(bench_here: Callable, tiny_corpus: Path, tmp_path: Path) -> None:
    printed = bench_here("data", "check", "emodb", "--root", tiny_corpus, "--json", "-")
    found = json.loads(printed.out)
    assert found["schema"] == 1
    assert found["usable"] is True
    assert found["root"] == str(tiny_corpus)
    counts = {"files", "utterances", "speakers", "hours", "rates", "formats", "sessions", "tasks"}
    assert {"name", "root", "problems", *counts} <= found.keys()
    written = bench_here("data", "check", "emodb", "--root", tiny_corpus, "--json", tmp_path / "a.json")
    assert "can be used" in written.out
    assert json.loads((tmp_path / "a.json").read_text()) == found


def test_a_corpus_that_is_not_there(bench_here: Callable, tmp_path: Path) -> None:
    tone = np.sin(np.arange(44_100) / 9)
    soundfile.write(tmp_path / "03-01-05-01-01-01-01.wav", 0.5 * tone, 22_050)
    said = bench_here("data", "check", "emodb", "--root", tmp_path)
    assert said.code == 2
    assert "error: read: 03-01-05-01-01-01-01.wav" in said.out
    assert "warning: suspicious: 03-01-05-01-01-01-01.wav" in said.out
    assert "cannot be used; 1 error, 1 warning" in said.out
    assert "Traceback" not in said.err
    found = json.loads(bench_here("data", "check", "emodb", "--root", tmp_path, "--json", "-").out)
    assert found["usable"] is False
    assert {"file", "kind", "found"} <= found["problems"][0].keys()


def test_the_same_of_many_files_is_not_said_of_each(bench_here: Callable, tmp_path: Path) -> None:
    """A corpus has thousands, and the verdict stands at the end; what cannot be read is named, all of it."""
    tone = 0.5 * np.sin(np.arange(8_000) / 9)
    for number in range(24):
        soundfile.write(tmp_path / f"tone{number:02}.wav", tone, 16_000)
        (tmp_path / f"broken{number:02}.wav").write_bytes(b"none")
    said = bench_here("data", "check", "emodb", "--root", tmp_path, "--json", tmp_path / "a.json")
    assert said.out.count("warning: suspicious: tone") == 20
    assert "warning: suspicious: and 4 more: --json FILE has them all" in said.out
    undecodable = [line for line in said.out.splitlines() if line.startswith("error: ") and "be decoded" in line]
    assert len(undecodable) == 24
    kept = json.loads((tmp_path / "a.json").read_text())["problems"]
    assert len([one for one in kept if one["kind"] == "suspicious"]) == 24


def test_the_embedded_corpus(bench_here: Callable) -> None:
    said = bench_here("data", "check", "synthetic")
    assert said.code == 0
    assert "there are none to check" in said.out
    assert "Ses01" in said.out


def test_a_noise_bank(bench_here: Callable, tiny_noises: Path) -> None:
    said = bench_here("data", "check", "folder", "--root", tiny_noises)
    assert said.code == 0
    assert "interior" in said.out


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["emo-db"], "did you mean 'emodb'?"),
        (["emodb"], "--root"),
        (["synthetic", "--root", "here"], "reads none"),
        (["emodb:nope=1"], "nope"),
        (["emodb", "--json", "nowhere/a.json"], "--json"),
        (["emodb", "--plugin", "nowhere.py"], "--plugin"),
    ],
)
def test_a_wrong_option_is_named(
    bench_here: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = bench_here("data", "check", *words)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("bench: ")
    assert named in said.err


def test_names_from_outside_are_shown_as_they_are(bench_here: Callable, tiny_corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "[red]x"
    folder.mkdir()
    (folder / "[b].wav").write_bytes(b"")
    said = bench_here("data", "check", "emodb", "--root", folder)
    assert said.code == 2
    assert "[b].wav" in said.out
    assert "[red]x" in said.out
