"""In which order a process works, beside others: what would be trained last is trained before any cell."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bench.contracts.variants import Variant
from bench.core.storage.leases import Leases
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.descriptions import cell_description, cell_key
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fitted_folder
from bench.evaluation.grids.attempts import Attempts
from bench.evaluation.grids.grid import Share
from bench.evaluation.grids.status import LEASES
from bench.evaluation.grids.working import Work
from bench.evaluation.plans.planned import Planned
from bench.scoring.records import Store
from tests.bench.evaluation.fitted import REGISTRY

FADE_IN = REGISTRY.component("attacks", "fade_in")


@pytest.fixture
def seen(experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is trained and what is measured, by seed, in order; nothing is done but that a trained victim is there."""
    found: list[str] = []

    def trained(_: Attempts, fitted: FittedKey) -> None:
        folder = fitted_folder(experiment, fitted)
        if not folder.is_dir():
            found.append(f"train {fitted.seed}")
            folder.mkdir(parents=True)

    def measured(own: Attempts, plan: Planned) -> None:
        trained(own, plan.cell.fitted)
        found.append(f"cell {plan.cell.fitted.seed}")

    monkeypatch.setattr(Attempts, "train", trained)
    monkeypatch.setattr(Attempts, "cell", measured)
    return found


def planned(key: FittedKey, seeds: int) -> list[Planned]:
    variant = Variant(FADE_IN.spec, FADE_IN.spec, corr=False, noises=("all",))
    return [Planned(Cell(replace(key, seed=seed), FADE_IN, 1), variant) for seed in range(seeds)]


@pytest.mark.parametrize(
    ("seeds", "of", "expected"),
    [
        (3, 1, ["train 0", "cell 0"]),
        (3, 2, ["train 0", "train 2", "cell 0"]),
        (4, 2, ["train 0", "cell 0"]),
        (4, 3, ["train 0", "train 2", "train 3", "cell 0"]),
    ],
)
def test_the_last_victims_are_trained_before_any_cell(
    key: FittedKey, experiment: Experiment, seen: list[str], tmp_path: Path, seeds: int, of: int, expected: list[str]
) -> None:
    """Of `of` processes one has begun with the second victim."""
    cells = planned(key, seeds)
    work = Work(experiment, cells, Store(tmp_path), Share(0, of))
    assert work.open()
    if of > 1:
        other = Leases(tmp_path / LEASES).take(f"g-{fitted_folder(experiment, cells[1].cell.fitted).name}", "another's")
        assert other is not None
    assert work.turn()
    assert seen == expected
    if of > 1:
        other.release()


def test_what_could_not_be_trained_is_not_trained_ahead_again(
    key: FittedKey, experiment: Experiment, seen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Attempts, "cannot_train", lambda _, fitted: fitted.seed == 1)
    work = Work(experiment, planned(key, 2), Store(tmp_path), Share(0, 2))
    assert work.open()
    assert work.turn()
    assert seen == ["train 0", "cell 0"]


@pytest.mark.parametrize(("ahead_s", "failures"), [(0, 1), (86_400, 0)])
def test_a_failure_that_was_noted_before_the_clock_was_set_back_is_tried_again(
    key: FittedKey, experiment: Experiment, seen: list[str], tmp_path: Path, ahead_s: float, failures: int
) -> None:
    """It would be taken for one of this very command until its hour comes."""
    (one,) = planned(key, 1)
    store = Store(tmp_path / "run")
    work = Work(experiment, [one], store, Share(since=time.time() - 60))
    own = cell_key(experiment, one.cell)
    description = cell_description(experiment, one.cell) | one.labels() | {"exit_code": 1}
    store.fail(own, description, "no luck", "Traceback")
    os.utime(tmp_path / "run" / "failed" / f"{own}.json", (time.time() + ahead_s,) * 2)
    assert work.open() == (failures == 0)
    assert len(work.failures()) == failures
