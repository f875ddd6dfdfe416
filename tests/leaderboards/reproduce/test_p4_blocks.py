"""P4's counts of blocks, from made corpora and from the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.core.types import Dataset, Utterance
from leaderboards.reproduce.facts import facts
from leaderboards.reproduce.p4_blocks import TASKS, counts


def corpus(name: str, lengths_s: list[float]) -> Dataset:
    """An utterance of each length for each emotion, and scripted ones, which P4 leaves out."""
    emotions = ("anger", "happiness", "excitement", "sadness", "neutral")
    said = [
        Utterance(f"{style}-{emotion}-{n}", torch.ones(round(16_000 * length_s)), speaker="s", emotion=emotion,
                  metadata={"style": style})
        for style in ("improvised", "scripted") for emotion in emotions for n, length_s in enumerate(lengths_s)
    ]  # fmt: skip
    return Dataset(name, tuple(said), "f")


def test_blocks_are_whole_seconds_of_improvised_speech() -> None:
    found = counts(corpus("other", [0.4, 1.0, 3.7]))
    assert {(one.utterances, one.blocks) for one in found if one.emotion != "total"} == {(3, 1 + 1 + 3)}
    assert [(one.task, one.utterances, one.blocks) for one in found if one.emotion == "total"] == [
        ("ahsn", 12, 20),
        ("aesn", 12, 20),
    ]
    assert {one.same for one in found} == {None}, "another corpus is counted alone"


def test_iemocap_is_compared_with_the_paper() -> None:
    found = {(one.task, one.emotion): one for one in counts(corpus("iemocap", [1.0]))}
    assert found["ahsn", "total"].published == (2246, 8694)
    assert found["aesn", "excitement"].published == (664, 2215)
    assert {one.same for one in found.values()} == {False}
    exact = replace(found["ahsn", "anger"], utterances=292, blocks=1197)
    assert exact.same is True


def test_the_paper_s_counts_add_up() -> None:
    rows = facts("p4_blocks.csv")
    for task in TASKS:
        own = [row for row in rows if row["dataset"] == task.upper()]
        *parts, total = own
        for column in ("utterances", "blocks"):
            assert sum(int(row[column]) for row in parts) == int(total[column])
        assert 4 * int(total["blocks"]) == int(total["with_noise"])
    misprint = [row for row in rows if 4 * int(row["blocks"]) != int(row["with_noise"])]
    assert [(row["dataset"], row["emotion"]) for row in misprint] == [("AESN", "anger")]


def test_the_command_counts(bench_here: Any, tiny_corpus: Path) -> None:
    done = bench_here("reproduce", "p4_blocks", "--corpus=emodb", f"--corpus-root={tiny_corpus}", "--json=-")
    assert done.code == 0, done.err
    told = json.loads(done.out)["counts"]
    assert {row["task"] for row in told} == {"ahsn"}, "it has no excitement"
    assert told[-1] == {
        "task": "ahsn",
        "emotion": "total",
        "utterances": 80,
        "blocks": 80,
        "published": None,
        "same": None,
    }
    shown = bench_here("reproduce", "p4_blocks", "--corpus=emodb", f"--corpus-root={tiny_corpus}")
    assert "ahsn total: 80 utterances, 80 blocks" in shown.out


def test_the_command_run_dry_counts_nothing(bench_here: Any, tiny_corpus: Path, tmp_path: Path) -> None:
    """As every other table does."""
    words = ("reproduce", "p4_blocks", "--corpus=emodb", "--dry-run")
    dry = bench_here(*words, f"--corpus-root={tiny_corpus}")
    assert (dry.code, "No cells" in dry.out, "80" in dry.out) == (0, True, False), dry.err
    told = json.loads(bench_here(*words, f"--corpus-root={tiny_corpus}", "--json=-").out)
    assert (told["schema"], told["cells"], told["groups"]) == (1, 0, [])
    assert bench_here(*words, f"--corpus-root={tmp_path / 'none'}").code == 2


def test_a_corpus_without_its_emotions_is_named(bench_here: Any, tmp_path: Path) -> None:
    done = bench_here("reproduce", "p4_blocks", "--corpus=emodb", f"--corpus-root={tmp_path / 'none'}")
    assert done.code != 0
    assert str(tmp_path / "none") in done.err


@pytest.mark.parametrize("emotion", ["anger", "neutral"])
def test_both_data_sets_share_what_they_share(emotion: str) -> None:
    rows = {(row["dataset"], row["emotion"]): row for row in facts("p4_blocks.csv")}
    one, other = (rows[name, emotion] for name in ("AHSN", "AESN"))
    assert (one["utterances"], one["blocks"]) == (other["utterances"], other["blocks"])
