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
from bench.core.errors import ComponentError, UsageError
from bench.core.keys import key_of_json
from bench.core.noises import NoiseSet
from bench.core.progress import SILENT, Silent
from bench.core.types import Dataset
from bench.data.corpora.emodb import EmoDB
from bench.data.noises.folder import Folder
from bench.data.partitions import Partition
from bench.data.tasks import task_named
from bench.evaluation.cells import FittedKey
from bench.evaluation.experiment import Experiment
from bench.evaluation.fitted_store import fit_or_load, fitted_description, versions

CPU = torch.device("cpu")
SMALL = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"
REGISTRY = Registry.discover()


def victim(spec: str) -> dict[str, Any]:
    return {"victim": REGISTRY.component("victims", spec)}


def defense(spec: str) -> dict[str, Any]:
    return {"defense": None if spec == "none" else REGISTRY.component("defenses", spec)}


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
    return Folder(tiny_noises).read(SILENT)


@pytest.fixture(scope="module")
def experiment(dataset: Dataset, noises: NoiseSet) -> Experiment:
    return Experiment(REGISTRY, dataset, noises, CPU)


@pytest.fixture
def key(own_cache: Path) -> FittedKey:
    """One to start from; each test with an empty cache."""
    return FittedKey(**victim(SMALL), defense=None, task=task_named("ahsn"), split="k-fold", fold=0, seed=0)


@pytest.fixture(scope="module")
def split(experiment: Experiment) -> Partition:
    return experiment.split(
        FittedKey(**victim(SMALL), **defense("none"), task=task_named("ahsn"), split="k-fold", fold=0, seed=0)
    )


@pytest.fixture
def fit(experiment: Experiment) -> Callable[..., tuple[Any, int]]:
    """Fit or load; the victim, enrolled, and how many were trained for it."""

    def run(key: FittedKey, experiment: Experiment = experiment) -> tuple[Any, int]:
        listening = Listening()
        listened = replace(experiment, progress=listening)
        enrolled = fit_or_load(listened, key).enroll(experiment.split(key).test)
        return enrolled, sum(text.startswith("Training ") for text in listening.said)

    return run


def log_probs(victim: Any, split: Partition) -> torch.Tensor:
    with torch.no_grad():
        return victim.log_probs(Batch.of(split.test))


@pytest.mark.parametrize("around", ["none", "multi_condition"])
def test_it_is_trained_once_and_loaded_as_it_was(
    key: FittedKey, fit: Callable, split: Partition, own_cache: Path, around: str
) -> None:
    key = replace(key, **defense(around))
    first, trained = fit(key)
    assert trained == 1
    (folder,) = (own_cache / "victims").iterdir()
    before = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}
    assert set(before) == {"weights.safetensors", "config.json", "fitting.json", "cost.json", "digests.json"}
    again, trained = fit(key)
    assert trained == 0
    assert torch.equal(log_probs(first, split), log_probs(again, split))
    assert {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()} == before


def test_training_again_gives_the_same_weights(
    key: FittedKey, fit: Callable, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(key)
    torch.rand(7)  # the global generator's state makes no difference
    monkeypatch.setenv("SERBENCH_CACHE", str(own_cache / "other"))
    fit(key)
    one, other = (next((root / "victims").iterdir()) for root in (own_cache, own_cache / "other"))
    assert one.name == other.name
    for file in ("weights.safetensors", "config.json", "fitting.json"):
        assert (one / file).read_bytes() == (other / file).read_bytes()


def test_what_is_loaded_is_what_was_fitted(key: FittedKey, split: Partition, noises: NoiseSet, tmp_path: Path) -> None:
    """Not by way of the cache: predictions before saving and after loading agree to the last bit."""
    context = FitContext(key.task, 0, CPU, noises.part("train"))
    for around in ("none", "multi_condition:fraction=0.5"):
        recipe = key.victim.object
        guard = None if around == "none" else REGISTRY.build("defenses", around)
        whole = (split.train, split.valid, context)
        fitted = recipe.fit(*whole) if guard is None else guard.fit(recipe, *whole)
        folder = tmp_path / around.partition(":")[0]
        folder.mkdir()
        fitted.save(folder)
        loaded = recipe.load(folder, context) if guard is None else guard.load(recipe, folder, context)
        assert torch.equal(log_probs(fitted.enroll(split.test), split), log_probs(loaded.enroll(split.test), split))


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


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def reshaped(file: Path) -> None:
    save_file({name: tensor[:1].clone() for name, tensor in load_file(file).items()}, file)


def flipped(file: Path) -> None:
    """One bit of the last weight: nothing but a digest can tell."""
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def added(file: Path) -> None:
    file.with_name("more.json").write_text("{}")


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("weights.safetensors", cut_off),
        ("weights.safetensors", Path.unlink),
        ("weights.safetensors", reshaped),
        ("weights.safetensors", flipped),
        ("config.json", cut_off),
        ("config.json", Path.unlink),
        ("fitting.json", flipped),
        ("digests.json", cut_off),
        ("digests.json", Path.unlink),
        ("config.json", added),
    ],
)
def test_a_damaged_victim_is_named_set_aside_and_made_anew(
    key: FittedKey, experiment: Experiment, fit: Callable, own_cache: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    fit(key)
    (folder,) = (own_cache / "victims").iterdir()
    whole = {
        file.name: file.read_bytes() for file in folder.iterdir() if file.name not in ("cost.json", "digests.json")
    }
    spoil(folder / name)
    damaged = {file.name: file.read_bytes() for file in folder.iterdir()}
    listening = Listening()
    fit_or_load(replace(experiment, progress=listening), key)
    (said,) = (text for text in listening.said if text.startswith(f"{folder}: "))
    assert sum(text.startswith("Training ") for text in listening.said) == 1
    assert {file.name: file.read_bytes() for file in folder.iterdir()}.items() >= whole.items()
    (aside,) = (own_cache / "damaged").iterdir()
    assert f"set aside as {aside}, and made anew" in said
    assert {file.name: file.read_bytes() for file in aside.iterdir()} == damaged
    assert fit(key)[1] == 0


def test_a_training_that_is_stopped_leaves_nothing(
    key: FittedKey, experiment: Experiment, own_cache: Path, fit: Callable
) -> None:
    class Stop(Silent):
        def task(self, description: str, total: int | None = None) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_or_load(replace(experiment, progress=Stop()), key)
    assert not list(own_cache.rglob("*"))
    assert fit(key)[1] == 1


def test_a_loss_that_explodes_is_no_victim(key: FittedKey, fit: Callable, own_cache: Path) -> None:
    with pytest.raises(ComponentError, match="lower learning rate"):
        fit(replace(key, **victim(SMALL + ",learning_rate=1e38")))
    assert not list(own_cache.rglob("*"))


def test_a_component_that_cannot_be_trained_is_named(tmp_path: Path) -> None:
    (tmp_path / "bare.py").write_text(
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Bare:\n    pass\n"
        "COMPONENTS = {'victims': {'bare': Bare}, 'defenses': {'bare': Bare}}\n"
    )
    registry = Registry.discover([tmp_path / "bare.py"])
    for kind, said in (("victims", "victim 'bare': found no methods fit and load"), ("defenses", "defense 'bare'")):
        with pytest.raises(UsageError, match=said):
            registry.component(kind, "bare")


# ---- code


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
