"""Weights that a user brings along: a file of named tensors, checked against the network that they are for."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Collection, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from bench.core.errors import DataError

_FORM = "a .safetensors file, or a .pth or .pt file that torch.save wrote of a state dict"
_SHOWN = 3


def read_state(file: Path, part: str = "") -> dict[str, Tensor]:
    """Read the names and tensors of a file, on the CPU.

    Of a pickle nothing but tensors is read (`weights_only=True`).

    Args:
        file: what holds them.
        part: of a pickled dict with more than weights, the key below which they are; "" where it is all weights.

    Raises:
        DataError: it cannot be read, or holds something else.
    """
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of an odd pickle; what it cannot read, it refuses
            state = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, EOFError, ValueError, KeyError, RuntimeError, SafetensorError, pickle.UnpicklingError) as error:
        found = f"no weights that can be read ({type(error).__name__}: {str(error)[:200]})"
        raise DataError(file, found, _FORM, "download or export it again") from error
    if part:
        state = state.get(part) if isinstance(state, Mapping) else None
    if not isinstance(state, Mapping) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        found = f"a {type(state).__name__} that is no state dict"
        raise DataError(file, found, "a mapping of names to tensors", "save network.state_dict()")
    return {str(name): tensor for name, tensor in state.items()}


def load_published(network: torch.nn.Module, file: Path, own: Collection[str] = ()) -> None:
    """Put a file's weights into a network.

    Args:
        network: changed in place.
        file: as `read_state` takes it.
        own: names that keep what the network has, whatever the file says; the file may lack them.

    Raises:
        DataError: names are missing or unknown, shapes differ, or values are NaN or infinite.
    """
    state, wanted = read_state(file), network.state_dict()
    given = {name: tensor for name, tensor in state.items() if name not in own}
    needed = {name: tensor for name, tensor in wanted.items() if name not in own}
    wrong = [f"no {name}" for name in needed if name not in given]
    wrong += [f"{name}, which is unknown" for name in given if name not in needed]
    wrong += [
        f"{name} of shape {tuple(given[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in needed.items()
        if name in given and given[name].shape != tensor.shape
    ]
    wrong += [f"NaN or infinities in {name}" for name, tensor in given.items() if not bool(tensor.isfinite().all())]
    if wrong:
        found = "; ".join(wrong[:_SHOWN]) + (f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else "")
        raise DataError(file, found, f"weights of a {type(network).__name__}", "check which network they are of")
    network.load_state_dict({**wanted, **given})
