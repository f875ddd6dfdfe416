"""Victims that can tell which instance they are (`telling_apart.py` beside this file): their cells fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.contracts.registry import Registry
from bench.core.errors import ComponentError
from bench.core.types import Dataset
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.measuring import Measuring
from bench.scoring.record_files.rows import Row
from bench.testing import CPU, sample_noises, sample_utterances

FILES = [Path(__file__).with_name(f"{name}.py") for name in ("telling_apart", "cheats", "remembering")]
SAID = tuple(sample_utterances(10, 3, key="corpus"))
NOISE = "boundary:categories=natural+human+interior,corr=false"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.discover(FILES)


def measured(registry: Registry, defense: str, k: int = 8) -> list[Row]:
    experiment = Experiment(registry, Dataset("sample", SAID, "f"), sample_noises(), CPU)
    parts = registry.component("victims", "loud"), registry.component("defenses", defense)
    cell = Cell(FittedKey(*parts, TASKS["ahsn"], "k-fold", 0, 0), registry.component("attacks", NOISE), k)
    return Measuring(experiment).measured(cell).rows


@pytest.mark.parametrize("kind", ["ties_attacks", "ties_again", "refuses_attacks", "refuses_draws"])
def test_what_one_instance_says_and_another_does_not_fails_the_cell(registry: Registry, kind: str) -> None:
    assert any(row.accepted for row in measured(registry, "tells")), "there is something to gain"
    with pytest.raises(ComponentError, match=r"victim on utterance 'corpus-.*depend on order"):
        measured(registry, f"tells:kind={kind}")


def test_a_session_opens_empty(registry: Registry) -> None:
    """Clean speech is in none: who refuses from the first question of each on refuses whatever attacks ask."""
    with pytest.raises(ComponentError, match=r"victim on utterance 'corpus-.*depend on order"):
        measured(registry, "patience:asked=0")


def test_speech_that_was_enrolled_for_the_other_half_is_found_out(registry: Registry) -> None:
    with pytest.raises(ComponentError, match=r"victim on utterance 'corpus-.*depend on order"):
        measured(registry, "tells:kind=enrols_globally")
