"""`bench.run` takes what a run can be asked for, by the names of the command line's options."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from bench.api import RunOptions
from bench.api.arguments import fields as fields_of
from bench.evaluation.plans.options import Options

GIVEN: dict[str, tuple[Any, str, Any]] = {
    "defense": ("multi_condition", "defenses", ("multi_condition",)),
    "task": (["ahsn", "aesn"], "tasks", ("ahsn", "aesn")),
    "corpus": ("emodb", "corpus", "emodb"),
    "corpus_root": ("here", "corpus_root", Path("here")),
    "train_corpus": ("synthetic", "train_corpus", "synthetic"),
    "train_corpus_root": ("elsewhere", "train_corpus_root", Path("elsewhere")),
    "noise_bank": ("folder", "noise_banks", ("folder",)),
    "noise_root": (["a", Path("b")], "noise_roots", (Path("a"), Path("b"))),
    "noise_map": ("map.csv", "noise_map", Path("map.csv")),
    "perception": (Path("p.csv"), "perception", Path("p.csv")),
    "split": ("official", "split", "official"),
    "fold": ("all", "folds", ()),
    "seeds": ("0,2", "seeds", (0, 2)),
    "repeats": (2, "repeats", 2),
    "corr": ("yes", "corr", "yes"),
    "noises": ("all", "noises", "all"),
    "target": ("neutral", "target", "neutral"),
    "limit": (9, "limit", 9),
    "enrol": ("paper", "enrolment", "paper"),
    "measures": ("seg_snr_db", "measures", ("seg_snr_db",)),
    "device": ("cpu", "device", "cpu"),
    "batch_size": (8, "batch_size", 8),
    "plugin": ("mine.py", "plugins", (Path("mine.py"),)),
    "out": ("there", "out", Path("there")),
    "bank_halves": (True, "bank_halves", True),
    "check": (True, "check", True),
    "check_limit": ("all", "check_limit", None),
    "keep_audio": (3, "keep_audio", 3),
    "max_requests": (50, "max_requests", 50),
}


@pytest.mark.parametrize("name", GIVEN)
def test_an_option_becomes_a_field(name: str) -> None:
    given, field, expected = GIVEN[name]
    assert fields_of({name: given}) == {field: expected}
    named = {"train_corpus": "emodb"} if name == "train_corpus_root" else {}  # a folder is of something
    assert vars(Options(("v",), ("a",), **fields_of({**named, name: given})))[field] == expected


def test_nothing_that_can_be_asked_for_is_left_out() -> None:
    assert set(GIVEN) == set(RunOptions.__annotations__)
    assert {field for _, field, _ in GIVEN.values()} | {"victims", "attacks", "ks", "objects"} == {
        f.name for f in fields(Options)
    }


def test_a_path_that_is_none_is_one_that_is_not_given() -> None:
    assert fields_of({"corpus_root": None, "noise_root": None}) == {"noise_roots": ()}
