"""Fitted victims: trained once, again when anything that determines them has changed, and loaded as they were."""

from __future__ import annotations

import shutil
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
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Silent
from bench.data.partitions import Partition
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fit_once, fit_or_load, fitted_folder
from tests.bench.evaluation.fitted import (
    CPU,
    REGISTRY,
    SMALL,
    Listening,
    defense,
    victim,
)


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


def test_to_be_fitted_it_is_not_loaded(
    key: FittedKey, experiment: Experiment, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(key.victim.object), "load", lambda *_: pytest.fail("loaded"))
    for _ in range(2):
        assert fit_once(experiment, key) == next((own_cache / "victims").iterdir())


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


def test_another_victim_under_its_name_is_set_aside(
    key: FittedKey, experiment: Experiment, fit: Callable, own_cache: Path
) -> None:
    """A folder that was copied is whole: only what it says of itself tells that its weights are another's."""
    fit(replace(key, seed=1))
    (other,) = (own_cache / "victims").iterdir()
    fit(key)
    (folder,) = set((own_cache / "victims").iterdir()) - {other}
    weights = (folder / "weights.safetensors").read_bytes()
    shutil.rmtree(folder)
    shutil.copytree(other, folder)
    listening = Listening()
    fit_or_load(replace(experiment, progress=listening), key)
    assert (folder / "weights.safetensors").read_bytes() == weights
    assert any(text.startswith(f"{folder}: the victim of key {other.name[-20:]}; set aside") for text in listening.said)


@pytest.mark.parametrize("put", [lambda path: path.write_text("mine"), lambda path: path.symlink_to(path.name)])
def test_what_stands_in_a_victims_place_is_set_aside(
    key: FittedKey, fit: Callable, experiment: Experiment, own_cache: Path, put: Callable[[Path], object]
) -> None:
    folder = fitted_folder(experiment, key)
    folder.parent.mkdir(parents=True)
    put(folder)
    assert fit(key)[1] == 1
    assert folder.is_dir()
    assert len(list((own_cache / "damaged").iterdir())) == 1
