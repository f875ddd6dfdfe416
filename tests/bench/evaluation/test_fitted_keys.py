"""What a fitted victim is keyed by: every setting, the data and their readers, and the code of all that takes part."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.contracts.registry import Registry
from bench.core.code.keys import key_of_json
from bench.core.showing.progress import SILENT
from bench.data.tasks import task_named
from bench.evaluation.cell import descriptions, fitted_store
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fitted_description, fitted_folder, versions
from tests.bench.evaluation.fitted import (
    REGISTRY,
    SMALL,
    Listening,
    defense,
    victim,
)


@pytest.mark.parametrize(
    "change",
    [
        victim(SMALL.replace("channels=4", "channels=5")),
        victim(SMALL + ",learning_rate=0.01"),
        defense("multi_condition"),
        {"task": task_named("activation3")},
        {"fold": 1},
        {"split": "leave-one-speaker-out"},
        {"seed": 1},
    ],
    ids=",".join,
)
def test_it_is_trained_again_when_anything_has_changed(key: FittedKey, fit: Callable, change: dict) -> None:
    assert [fit(key)[1], fit(replace(key, **change))[1]] == [1, 1]
    assert [fit(key)[1], fit(replace(key, **change))[1]] == [0, 0]


def test_another_corpus_is_trained_on_anew(key: FittedKey, fit: Callable, experiment: Experiment) -> None:
    other = replace(experiment, dataset=replace(experiment.dataset, fingerprint="of another corpus"))
    assert [fit(key)[1], fit(key, other)[1]] == [1, 1]


def test_only_a_defence_depends_on_the_noises(key: FittedKey, fit: Callable, experiment: Experiment) -> None:
    other = replace(experiment, noises=replace(experiment.noises, fingerprint="of other noises"))
    defended = replace(key, **defense("multi_condition"))
    assert [fit(key)[1], fit(key, other)[1]] == [1, 0]
    assert [fit(defended)[1], fit(defended, other)[1]] == [1, 1]
    assert fit(replace(defended, **defense("multi_condition:max_snr_db=15.0")))[1] == 1


def test_the_description_names_everything(
    key: FittedKey, experiment: Experiment, own_cache: Path, fit: Callable
) -> None:
    described = fitted_description(experiment, replace(key, **defense("multi_condition")))
    assert described["victim"]["spec"] == SMALL
    assert described["victim"]["params"]["kernel"] == 5, "defaults too: they may change"
    assert described["defense"]["params"]["fraction"] == 1.0
    assert described["training_noises"] == experiment.noises.part("train").fingerprint
    assert described["task"]["classes"] == ("anger", "happiness", "sadness", "neutral")
    assert set(versions()) >= {"serbench", "torch", "torchaudio", "numpy", "python", "harness"}
    assert described["versions"] == versions(defended=True)
    assert versions(defended=False)["harness"] != versions(defended=True)["harness"]
    assert key_of_json(described) != key_of_json(described | {"device": "cuda"})
    fit(key)
    (folder,) = (own_cache / "victims").iterdir()
    kept = json.loads((folder / "fitting.json").read_text())
    assert folder.name == f"cnn_gru-{key_of_json(kept)}", "anybody can check what a folder holds"


def test_a_plugin_file_that_changes_is_another_component(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    text = (
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Mine:\n    x: int = 1\n"
        "    def search(self, original, tools, rng):\n        yield from ()\n"
        "COMPONENTS = {'attacks': {'mine': Mine}}\n"
    )
    file.write_text(text)

    def identity() -> dict[str, Any]:
        return Registry.discover([file]).component("attacks", "mine").identity

    first = identity()
    assert identity() == first
    file.write_text(text + "# a comment\n")
    assert identity() == first, "what the code means is the same"
    file.write_text(text + "x = 1\n")
    changed = identity()
    assert changed["code"] != first["code"]
    assert {**changed, "code": ""} == {**first, "code": ""}


def test_what_a_component_is_made_of_counts_however_deep() -> None:
    """The effects of a search that a defence trains on, or that another attack looks through, are in its identity."""
    fade = REGISTRY.component("attacks", "fade_in").identity

    def holds(told: Any) -> bool:
        values = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
        return told == fade or any(map(holds, values))

    for kind, text in (
        ("attacks", "boundary"),
        ("attacks", "adaptive"),
        ("attacks", "transfer"),
        ("defenses", "adversarial_training:attack=boundary"),
        ("defenses", "manipulation_detector"),
    ):
        assert holds(REGISTRY.component(kind, text).identity), text
    assert not holds(REGISTRY.component("attacks", "boundary:signals=fade_out").identity)


def test_the_readers_of_the_data_count(key: FittedKey, experiment: Experiment) -> None:
    def described(key: FittedKey, **codes: str) -> dict[str, Any]:
        return fitted_description(replace(experiment, **codes), key)

    bare = described(key)
    assert described(key, corpus_code="other")["code"] != bare["code"]
    assert described(key, noise_code="other") == bare, "a bare victim hears no noise"
    defended = replace(key, **defense("multi_condition"))
    assert described(defended, noise_code="other")["code"] != described(defended)["code"]


def test_what_determines_something_is_told_once_a_run(
    key: FittedKey, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []

    def noted(*given: Any) -> dict[str, Any]:
        told.append(given[1])
        return described(*given)

    described = fitted_store._described
    monkeypatch.setattr(fitted_store, "_described", noted)
    own = replace(experiment)
    folders = {fitted_folder(one, key) for one in (own, own.telling(Listening()), own.telling(SILENT), own)}
    assert (told, len(folders)) == ([key], 1)
    assert fitted_folder(replace(own, corpus_code="another"), key) not in folders
    assert len(told) == 2


def test_a_cell_is_keyed_once_a_run(key: FittedKey, experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = Cell(key, REGISTRY.component("attacks", "fade_in"), 1)
    own = replace(experiment)
    found = descriptions.cell_key(own, cell)
    assert found == key_of_json(descriptions.cell_description(own, cell))
    monkeypatch.setattr(descriptions, "cell_description", lambda *_: {})
    assert descriptions.cell_key(own.telling(SILENT), replace(cell)) == found
    assert descriptions.cell_key(own, replace(cell, limit=3)) != found
