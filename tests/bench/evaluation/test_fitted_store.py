"""Fitted victims: trained once, again when anything that determines them has changed, and loaded as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from bench.contracts.protocols import FitContext
from bench.contracts.registry import Registry
from bench.core.batch import Batch
from bench.core.errors import ComponentError, DataError, UsageError
from bench.core.keys import key_of_json
from bench.core.noises import NoiseSet
from bench.core.progress import SILENT, Silent
from bench.core.types import Dataset
from bench.data.corpora.emodb import EmoDB
from bench.data.noises.folder import Folder
from bench.data.splits import Partition, speaker_groups, subject_independent
from bench.data.tasks import task_named
from bench.evaluation.fitted_store import Fitting, identity, versions

CPU = torch.device("cpu")
SMALL = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"


class Listening(Silent):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture(scope="module")
def dataset(tiny_corpus: Path) -> Dataset:
    return EmoDB(tiny_corpus).read(SILENT)


@pytest.fixture(scope="module")
def noises(tiny_noises: Path) -> NoiseSet:
    return Folder(tiny_noises).read(SILENT).part("train")


@pytest.fixture(scope="module")
def split(dataset: Dataset) -> Partition:
    return subject_independent(dataset.utterances, 0, speaker_groups(dataset.utterances, 5, "emodb"))


@pytest.fixture
def fitting(dataset: Dataset, own_cache: Path) -> Fitting:
    """One to start from; each test with an empty cache."""
    return Fitting(Registry.discover(), SMALL, "none", task_named("ahsn"), "k-fold", 0, 0, dataset.fingerprint)


@pytest.fixture
def fit(split: Partition, noises: NoiseSet) -> Callable[..., tuple[Any, int]]:
    """Fit or load; the victim, enrolled, and how many were trained for it."""

    def run(fitting: Fitting, bank: NoiseSet = noises) -> tuple[Any, int]:
        listening = Listening()
        victim = fitting.fit_or_load(split, FitContext(fitting.task, fitting.seed, CPU, bank, listening))
        return victim.enroll(split.test), sum(text.startswith("Training ") for text in listening.said)

    return run


def log_probs(victim: Any, split: Partition) -> torch.Tensor:
    with torch.no_grad():
        return victim.log_probs(Batch.of(split.test))


@pytest.mark.parametrize("defense", ["none", "random_noise"])
def test_it_is_trained_once_and_loaded_as_it_was(
    fitting: Fitting, fit: Callable, split: Partition, own_cache: Path, defense: str
) -> None:
    fitting = replace(fitting, defense=defense)
    first, trained = fit(fitting)
    assert trained == 1
    (folder,) = (own_cache / "victims").iterdir()
    before = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}
    assert set(before) == {"weights.safetensors", "config.json", "fitting.json", "cost.json"}
    again, trained = fit(fitting)
    assert trained == 0
    assert torch.equal(log_probs(first, split), log_probs(again, split))
    assert {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()} == before


def test_training_again_gives_the_same_weights(
    fitting: Fitting, fit: Callable, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(fitting)
    torch.rand(7)  # the global generator's state makes no difference
    monkeypatch.setenv("SERBENCH_CACHE", str(own_cache / "other"))
    fit(fitting)
    one, other = (next((root / "victims").iterdir()) for root in (own_cache, own_cache / "other"))
    assert one.name == other.name
    for file in ("weights.safetensors", "config.json", "fitting.json"):
        assert (one / file).read_bytes() == (other / file).read_bytes()


def test_what_is_loaded_is_what_was_fitted(
    fitting: Fitting, split: Partition, noises: NoiseSet, tmp_path: Path
) -> None:
    """Not by way of the cache: predictions before saving and after loading agree to the last bit."""
    context = FitContext(fitting.task, 0, CPU, noises)
    for defense in ("none", "random_noise:fraction=0.5"):
        recipe = fitting.registry.build("victims", SMALL)
        guard = None if defense == "none" else fitting.registry.build("defenses", defense)
        whole = (split.train, split.valid, context)
        fitted = recipe.fit(*whole) if guard is None else guard.fit(recipe, *whole)
        folder = tmp_path / defense.partition(":")[0]
        folder.mkdir()
        fitted.save(folder)
        loaded = recipe.load(folder, context) if guard is None else guard.load(recipe, folder, context)
        assert torch.equal(log_probs(fitted.enroll(split.test), split), log_probs(loaded.enroll(split.test), split))


@pytest.mark.parametrize(
    "change",
    [
        {"victim": SMALL.replace("channels=4", "channels=5")},
        {"victim": SMALL + ",learning_rate=0.001"},
        {"defense": "random_noise"},
        {"task": task_named("activation3")},
        {"fold": 1},
        {"split": "leave-one-speaker-out"},
        {"seed": 1},
        {"corpus_fingerprint": "of another corpus"},
    ],
    ids=",".join,
)
def test_it_is_trained_again_when_anything_has_changed(fitting: Fitting, fit: Callable, change: dict) -> None:
    assert [fit(fitting)[1], fit(replace(fitting, **change))[1]] == [1, 1]
    assert [fit(fitting)[1], fit(replace(fitting, **change))[1]] == [0, 0]


def test_only_a_defence_depends_on_the_noises(fitting: Fitting, fit: Callable, noises: NoiseSet) -> None:
    other = replace(noises, fingerprint="of other noises")
    defended = replace(fitting, defense="random_noise")
    assert [fit(fitting)[1], fit(fitting, other)[1]] == [1, 0]
    assert [fit(defended)[1], fit(defended, other)[1]] == [1, 1]
    assert fit(replace(defended, defense="random_noise:max_snr_db=15.0"))[1] == 1


def test_the_description_names_everything(fitting: Fitting, noises: NoiseSet, own_cache: Path, fit: Callable) -> None:
    described = replace(fitting, defense="random_noise").description(noises, "cpu")
    assert described["victim"]["spec"] == SMALL
    assert described["victim"]["params"]["kernel"] == 5, "defaults too: they may change"
    assert described["defense"]["params"]["fraction"] == 1.0
    assert described["training_noises"] == noises.fingerprint
    assert described["task"]["classes"] == ("anger", "happiness", "sadness", "neutral")
    assert set(versions()) >= {"serbench", "torch", "torchaudio", "numpy", "python", "harness"}
    assert described["versions"] == versions(defended=True)
    assert versions(defended=False)["harness"] != versions(defended=True)["harness"]
    assert key_of_json(described) != key_of_json(described | {"device": "cuda"})
    fit(fitting)
    (folder,) = (own_cache / "victims").iterdir()
    kept = json.loads((folder / "fitting.json").read_text())
    assert folder.name == f"cnn_gru-{key_of_json(kept)}", "anybody can check what a folder holds"


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def reshaped(file: Path) -> None:
    save_file({name: tensor[:1].clone() for name, tensor in load_file(file).items()}, file)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("weights.safetensors", cut_off),
        ("weights.safetensors", Path.unlink),
        ("weights.safetensors", reshaped),
        ("config.json", cut_off),
        ("config.json", Path.unlink),
    ],
)
def test_a_damaged_victim_is_named(
    fitting: Fitting, fit: Callable, own_cache: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    fit(fitting)
    (folder,) = (own_cache / "victims").iterdir()
    spoil(folder / name)
    with pytest.raises(DataError) as caught:
        fit(fitting)
    assert caught.value.where == str(folder)
    assert "delete" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_training_that_is_stopped_leaves_nothing(
    fitting: Fitting, split: Partition, noises: NoiseSet, own_cache: Path, fit: Callable
) -> None:
    class Stop(Silent):
        def task(self, description: str, total: int | None = None) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fitting.fit_or_load(split, FitContext(fitting.task, 0, CPU, noises, Stop()))
    assert not list(own_cache.rglob("*"))
    assert fit(fitting)[1] == 1


def test_a_loss_that_explodes_is_no_victim(fitting: Fitting, fit: Callable, own_cache: Path) -> None:
    with pytest.raises(ComponentError, match="lower learning rate"):
        fit(replace(fitting, victim=SMALL + ",learning_rate=1e38"))
    assert not list(own_cache.rglob("*"))


def test_a_component_that_cannot_be_trained_is_named(tmp_path: Path, fitting: Fitting, fit: Callable) -> None:
    (tmp_path / "bare.py").write_text(
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Bare:\n    pass\n"
        "COMPONENTS = {'victims': {'bare': Bare}, 'defenses': {'bare': Bare}}\n"
    )
    registry = Registry.discover([tmp_path / "bare.py"])
    with pytest.raises(UsageError, match="victim 'bare'"):
        fit(replace(fitting, registry=registry, victim="bare"))
    with pytest.raises(UsageError, match="defense 'bare'"):
        fit(replace(fitting, registry=registry, defense="bare"))


# ---- code


def test_a_plugin_file_that_changes_is_another_component(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    text = (
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Mine:\n    x: int = 1\n"
        "COMPONENTS = {'attacks': {'mine': Mine}}\n"
    )
    file.write_text(text)
    first = identity(Registry.discover([file]), "attacks", "mine")
    assert identity(Registry.discover([file]), "attacks", "mine") == first
    file.write_text("# This file has been explained.\n" + text)
    assert identity(Registry.discover([file]), "attacks", "mine") == first
    file.write_text(text + "CHANGED = True\n")
    changed = identity(Registry.discover([file]), "attacks", "mine")
    assert changed["code"] != first["code"]
    assert {**changed, "code": ""} == {**first, "code": ""}


def test_what_a_component_is_made_of_counts_however_deep() -> None:
    """The effects of a search that a defence trains on, or that another attack looks through, are in its identity."""
    registry = Registry.discover()
    fade = identity(registry, "attacks", "fade_in")

    def holds(told: Any) -> bool:
        values = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
        return told == fade or any(map(holds, values))

    for kind, text in (
        ("attacks", "boundary"),
        ("attacks", "aware"),
        ("attacks", "unaware"),
        ("defenses", "adversarial_training:attack=boundary"),
        ("defenses", "manipulation_detector"),
    ):
        assert holds(identity(registry, kind, text)), text
    assert not holds(identity(registry, "attacks", "boundary:signals=fade_out"))


def test_the_readers_of_the_data_count(fitting: Fitting, noises: NoiseSet) -> None:
    bare = fitting.description(noises, "cpu")
    assert replace(fitting, corpus_code="other").description(noises, "cpu")["code"] != bare["code"]
    assert replace(fitting, noise_code="other").description(noises, "cpu") == bare, "a bare victim hears no noise"
    defended = replace(fitting, defense="random_noise")
    other = replace(defended, noise_code="other").description(noises, "cpu")
    assert other["code"] != defended.description(noises, "cpu")["code"]
