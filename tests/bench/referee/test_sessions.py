"""A defence may remember what one search asked (`remembering.py` beside this file), and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bench import REFUSED, ComponentError
from bench.conformance.checking import outcomes
from bench.contracts.registry import Registry
from bench.core.types import Dataset
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.measuring import Measuring
from bench.scoring.record_files.rows import Row
from bench.testing import CPU, check_defense, checks_of, sample_noises, sample_utterances
from victims.cnn_gru import CnnGru

FILES = [Path(__file__).with_name(f"{name}.py") for name in ("remembering", "cheats")]
SAID = tuple(sample_utterances(10, 3, key="corpus"))
ATTACK = "boundary:categories=natural+human+interior,corr=false"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.discover(FILES)


def measured(registry: Registry, defense: str, batch_size: int = 64, attack: str = ATTACK) -> list[Row]:
    experiment = Experiment(registry, Dataset("sample", SAID, "f"), sample_noises(), CPU, batch_size)
    parts = registry.component("victims", "loud"), registry.component("defenses", defense)
    fitted = FittedKey(*parts, TASKS["ahsn"], "k-fold", 0, 0)
    return Measuring(experiment).measured(Cell(fitted, registry.component("attacks", attack), 8)).rows


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


def test_what_is_silent_is_not_asked_about_and_so_not_remembered(registry: Registry) -> None:
    """It is not charged: who could ask about it would make a memory that has an end forget for nothing."""
    found = [measured(registry, "patience", attack=f"hushed:times={times}") for times in (0, 2)]
    told = [[(row.utterance, row.query, row.label_after, row.recipe) for row in rows] for rows in found]
    assert any(row.query > 3 for row in found[0])
    assert told[0] == told[1]


def test_who_has_several_names_has_a_session_for_each() -> None:
    registry = Registry.discover(FILES)
    rows = measured(registry, "patience:asked=1", attack=f"adaptive:attack={ATTACK.replace(',', ',,')},identities=3")
    refused = {(row.query > 3, row.label_after == REFUSED) for row in rows if row.query}
    assert refused == {(False, False), (True, True)}


def test_in_a_rehearsal_nothing_is_remembered_and_what_is_learnt_there_is_known(registry: Registry) -> None:
    learns = "universal_noises:noises=imperceptible,pool=6,rehearsal=12"
    ours = registry.component("attacks", f"adaptive:attack={learns.replace(',', ',,')},identities=2")
    assert (ours.threat_model.rehearsal, ours.threat_model.identities) == (12, 2)
    assert str(ours.threat_model).endswith("rehearses with 12 queries each; asks under 2 names")
    rows = measured(registry, "patience:asked=1", attack=ours.spec)
    first = [row for row in rows if row.query == 1]
    bare = [row for row in measured(registry, "patience:asked=99", attack=learns) if row.query == 1]
    assert [(row.utterance, row.recipe) for row in first] == [(row.utterance, row.recipe) for row in bare]
    assert REFUSED not in {row.label_after for row in first}


def test_who_remembers_what_others_asked_fails_the_cell(registry: Registry) -> None:
    with pytest.raises(ComponentError, match="depend on order"):
        measured(registry, "patience:leaks=true")


def test_who_does_not_declare_it_is_shown_no_sessions(registry: Registry) -> None:
    assert measured(registry, "patience:declares=false") == measured(registry, "cheat")


def test_the_checks_of_an_author(registry: Registry, tmp_path: Path) -> None:
    small = CnnGru(channels=8, hidden=8, dense=8, max_epochs=3)
    state = torch.random.get_rng_state()
    check_defense(registry.build("defenses", "patience"), small)
    assert torch.equal(torch.random.get_rng_state(), state)
    checks = checks_of("defenses", registry.build("defenses", "patience:leaks=true"), tmp_path, small)
    failed = {one.check.name: one.found for one in outcomes(checks) if one.status == "failed"}
    assert failed["memory"].startswith("refusals depend on what was asked before")
    assert failed["sessions"].startswith("refusals depend on other sessions")
