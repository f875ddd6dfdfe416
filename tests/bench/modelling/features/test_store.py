"""Features that are kept: what comes back is what was kept, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
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
