"""Features that are kept: what comes back is what was kept, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from bench.modelling.features.store import FeatureStore

FEATURES = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4, 1)}


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    kept = FeatureStore(tmp_path / "features")
    kept.keep(FEATURES)
    return kept


def test_what_was_kept_is_found(store: FeatureStore) -> None:
    found = store.find(["a", "b", "c"])
    assert found.keys() == FEATURES.keys()
    assert all(torch.equal(found[key], FEATURES[key]) for key in FEATURES)


def test_a_flipped_bit_costs_its_own_features_alone(store: FeatureStore) -> None:
    (file,) = store.folder.iterdir()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    found = store.find(["a", "b"])
    assert len(found) == 1
    store.keep(FEATURES)
    assert store.find(["a", "b"]).keys() == FEATURES.keys(), "kept anew under the same name"


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b""), lambda file: save_file(load_file(file), file)])
def test_what_says_nothing_of_itself_is_not_believed(store: FeatureStore, spoil: object) -> None:
    (file,) = store.folder.iterdir()
    spoil(file)  # type: ignore[operator]
    assert store.find(["a", "b"]) == {}


def test_features_of_another_kind_or_sound_are_not_believed(store: FeatureStore, tmp_path: Path) -> None:
    (file,) = store.folder.iterdir()
    other = FeatureStore(tmp_path / "others")
    other.folder.mkdir()
    copied = other.folder / file.name
    copied.write_bytes(file.read_bytes())
    assert other.find(["a", "b"]) == {}
    with safe_open(file, framework="pt") as kept:
        digests = kept.metadata()
    swapped = {"a": FEATURES["b"], "b": FEATURES["a"]}
    save_file(swapped, file, {"a": digests["b"], "b": digests["a"]})
    assert store.find(["a", "b"]) == {}


def test_numbers_that_nobody_keeps_are_passed_over(store: FeatureStore) -> None:
    save_file({"c": torch.ones(2, dtype=torch.bfloat16)}, store.folder / "0.safetensors", {"c": "0"})
    assert store.find(["a", "b", "c"]).keys() == FEATURES.keys()
