"""Files of weights that a user brings along."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from bench import DataError
from bench.modelling.pretrained.statefile import load_published, read_state

STATE = {"weight": torch.ones(2, 3), "bias": torch.zeros(2)}


@pytest.mark.parametrize("legacy", [False, True])
def test_both_forms_are_read(tmp_path: Path, legacy: bool) -> None:
    """alexnet-owt-....pth of 2017 is in the older form of torch.save."""
    save_file(STATE, tmp_path / "a.safetensors")
    torch.save(STATE, tmp_path / "a.pth", _use_new_zipfile_serialization=not legacy)
    for name in ("a.safetensors", "a.pth"):
        found = read_state(tmp_path / name)
        assert found.keys() == STATE.keys()
        assert all(torch.equal(found[key], tensor) for key, tensor in STATE.items())


class Harmful:
    """What a pickle can do."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("touched"),))


def test_a_pickle_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Harmful()}, "new.pth")
    Path("old.pth").write_bytes(pickle.dumps({"weight": Harmful()}, protocol=4))
    for name in ("new.pth", "old.pth"):
        with pytest.raises(DataError, match="no weights that can be read"):
            read_state(Path(name))
    assert not Path("touched").exists()


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04", bytes(200)])
def test_damaged_files_are_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name}: found no weights that can be read"):
        read_state(tmp_path / name)


@pytest.mark.parametrize("held", [[torch.ones(1)], {"epoch": 3, "state": {}}, torch.ones(1)])
def test_another_content_is_named(tmp_path: Path, held: object) -> None:
    torch.save(held, tmp_path / "a.pth")
    with pytest.raises(DataError, match="that is no state dict"):
        read_state(tmp_path / "a.pth")


def test_own_layers_keep_what_they_have(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 4))
    own = {name: tensor.clone() for name, tensor in network[1].state_dict().items()}
    state = {f"0.{name}": tensor for name, tensor in STATE.items()}
    for last in ({}, {"1.weight": torch.ones(1000, 2), "1.bias": torch.ones(1000)}):
        save_file({**state, **last}, tmp_path / "a.safetensors")
        load_published(network, tmp_path / "a.safetensors", ("1.weight", "1.bias"))
        assert torch.equal(network[0].weight, STATE["weight"])
        assert all(torch.equal(network[1].state_dict()[name], tensor) for name, tensor in own.items())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"extra": torch.ones(1)}, "extra, which is unknown"),
        ({"bias": torch.ones(3)}, r"bias of shape \(3,\) instead of \(2,\)"),
        ({"bias": torch.full((2,), torch.nan)}, "NaN or infinities in bias"),
        ({"weight": torch.full((2, 3), torch.inf)}, "NaN or infinities in weight"),
    ],
)
def test_weights_that_do_not_fit_are_named(tmp_path: Path, changed: dict[str, torch.Tensor], said: str) -> None:
    save_file(STATE | changed, tmp_path / "a.safetensors")
    with pytest.raises(DataError, match=f"a.safetensors: found {said}; expected weights of a Linear"):
        load_published(nn.Linear(3, 2), tmp_path / "a.safetensors")


def test_much_that_is_wrong_is_said_shortly(tmp_path: Path) -> None:
    save_file({f"x{number}": torch.ones(1) for number in range(9)}, tmp_path / "a.safetensors")
    with pytest.raises(DataError, match=r"no weight; no bias; x\d, which is unknown; and 8 more; expected weights"):
        load_published(nn.Linear(3, 2), tmp_path / "a.safetensors")
