"""Trained weights on disk: safetensors and JSON, never pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from bench.core.errors import DataError
from bench.core.storage.json_objects import loaded

_TENSORS, _CONFIG = "weights.safetensors", "config.json"


def save_weights(folder: Path, tensors: Mapping[str, Tensor], config: Mapping[str, Any]) -> None:
    """Write tensors and what is needed to use them again into an existing folder.

    Args:
        folder: where weights.safetensors and config.json go.
        tensors: by name, on any device.
        config: plain JSON values.
    """
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, folder / _TENSORS)
    (folder / _CONFIG).write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")


def load_weights(folder: Path, device: torch.device) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read the tensors and the configuration that `save_weights` wrote.

    Args:
        folder: where it wrote them.
        device: where the tensors go.

    Raises:
        DataError: a file is missing or damaged.
    """
    try:
        tensors = load_file(folder / _TENSORS, device=str(device))
        return tensors, loaded((folder / _CONFIG).read_text())
    except (OSError, SafetensorError, ValueError) as error:
        raise DataError(folder, f"no usable weights ({error})", f"{_TENSORS} and {_CONFIG}", "delete it") from error


def load_into(network: torch.nn.Module, tensors: Mapping[str, Tensor], folder: Path) -> None:
    """Put tensors into a network, in place.

    Args:
        network: one that has parameters and buffers of these names and shapes, and no others.
        tensors: by name.
        folder: where they come from, for the message.

    Raises:
        DataError: names or shapes differ.
    """
    try:
        network.load_state_dict(dict(tensors))
    except RuntimeError as error:
        raise DataError(folder, str(error), "weights of this network's shape", "delete the folder") from error
