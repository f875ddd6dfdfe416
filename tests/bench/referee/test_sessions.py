"""A defence may remember what one search asked (`remembering.py` beside this file), and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bench import REFUSED, ComponentError
from bench.contracts.registry import Registry
from bench.core.types import Dataset
from bench.data.tasks import TASKS
from bench.evaluation.cells import Cell, FittedKey
from bench.evaluation.experiment import Experiment
from bench.evaluation.measuring import Measuring
from bench.scoring.rows import Row
from bench.testing import CPU, check_defense, sample_noises, sample_utterances
from victims.cnn_gru import CnnGru

FILES = [Path(__file__).with_name(f"{name}.py") for name in ("remembering", "cheats")]
SAID = tuple(sample_utterances(10, 3, key="corpus"))
ATTACK = "boundary:categories=natural+human+interior,corr=false"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.discover(FILES)


def measured(registry: Registry, defense: str, batch_size: int = 64) -> list[Row]:
    experiment = Experiment(registry, Dataset("sample", SAID, "f"), sample_noises(), CPU, batch_size)
    parts = registry.component("victims", "loud"), registry.component("defenses", defense)
    fitted = FittedKey(*parts, TASKS["ahsn"], "k-fold", 0, 0)
    return Measuring(experiment).measured(Cell(fitted, registry.component("attacks", ATTACK), 8)).rows


def test_a_session_is_one_search_and_opens_empty(registry: Registry) -> None:
    rows = measured(registry, "patience")
    assert {row.label_after == REFUSED for row in rows if row.query <= 3} == {False}, "three questions of each are free"
    late = [row for row in rows if row.query > 3]
    assert late
    assert {row.label_after for row in late} == {REFUSED}
    assert not any(row.accepted for row in late)
    bare = measured(registry, "cheat")
    assert [row for row in rows if row.query <= 3] == [row for row in bare if row.query <= 3]
    assert measured(registry, "patience", batch_size=5) == rows, "whatever is asked beside it"


def test_who_remembers_what_others_asked_fails_the_cell(registry: Registry) -> None:
    with pytest.raises(ComponentError, match="depend on order"):
        measured(registry, "patience:leaks=true")


def test_who_does_not_declare_it_is_shown_no_sessions(registry: Registry) -> None:
    assert measured(registry, "patience:declares=false") == measured(registry, "cheat")


def test_the_checks_of_an_author(registry: Registry) -> None:
    small = CnnGru(channels=8, hidden=8, dense=8, max_epochs=3)
    state = torch.random.get_rng_state()
    check_defense(registry.build("defenses", "patience"), small)
    assert torch.equal(torch.random.get_rng_state(), state)
    with pytest.raises(AssertionError, match="asked before"):
        check_defense(registry.build("defenses", "patience:leaks=true"), small)
