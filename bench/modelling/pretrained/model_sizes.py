"""Whether a network that settings describe is one that its files can fill: looked at before memory is taken for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from bench.core.errors import UsageError
from bench.modelling.seeding import seeded

_SLACK = 2**26
"""Weights that no file need hold: poolers, heads, what was for training alone."""


def refuse_oversized(where: str, folder: Path, auto: Any, config: Any) -> None:
    """Refuse settings that describe far more weights than the files hold; nothing is allocated for them.

    Args:
        where: whose, for messages.
        folder: the model's.
        auto: transformers' class that builds it: AutoModel.
        config: its settings, read.

    Raises:
        UsageError: they do.
    """
    with seeded("size"), torch.device("meta"):
        network = auto.from_config(config, trust_remote_code=False)
    described = sum(one.numel() for one in network.parameters())
    held = sum(file.stat().st_size for file in folder.glob("*.safetensors"))  # a weight takes a byte at least
    if described > held + _SLACK:
        found = f"settings of a network with {described:,} weights, and files of {held:,} bytes"
        raise UsageError(where, found, "weights for all of it", "choose another model, or fetch all of its files")
