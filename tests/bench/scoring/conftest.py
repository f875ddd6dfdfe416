"""A cell as it is kept: what its description says, and rows of two utterances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.scoring.record_files.rows import Row
from bench.scoring.records import Store

ABOUT: dict[str, Any] = {
    "victim": "cnn_gru",
    "defense": "none",
    "attack": "boundary:noises=imperceptible",
    "attack_base": "boundary",
    "corr": False,
    "noises": ["all"],
    "corpus": "emodb",
    "noise_bank": "folder",
    "task": "ahsn",
    "split": "k-fold",
    "fold": 0,
    "seed": 0,
    "limit": None,
    "max_queries": 8,
    "min_snr_db": 10.0,
    "perception": "p1",
    "fitting": {
        "victim": {"code": "v"},
        "defense": None,
        "corpus": "c",
        "device": "cpu",
        "versions": {"serbench": "1", "torch": "2", "harness": "h"},
    },
    "attack_identity": {"code": "a"},
    "attack_noises": "n",
}
ROWS = [
    Row("u1", "s1", 0, "anger", "anger", "anger"),
    Row("u1", "s1", 1, "anger", "anger", "neutral", 3.25, "noise", "human", "cough", True),
    Row("u1", "s1", 2, "anger", "anger", "neutral", None, "speed_utterance", "signal", "rate=1.25", False, True),
    Row("ü2", "s2", 0, "sadness", "neutral", "neutral"),
    Row("ü2", "s2", 1, "sadness", "neutral", "neutral", float("inf"), None, None, None, None),
]


@pytest.fixture(scope="session")
def about() -> dict[str, Any]:
    """A description with all that is needed and nothing more."""
    return ABOUT


@pytest.fixture(scope="session")
def rows() -> list[Row]:
    """Five queries: two utterances, one success."""
    return ROWS


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A run of one cell, `key`."""
    store = Store(tmp_path)
    store.write("key", ABOUT, ROWS)
    return store
