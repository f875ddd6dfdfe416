"""Small victims on the tiny corpus, to be fitted and kept."""

from __future__ import annotations

from typing import Any

import torch

from bench.contracts.registry import Registry
from bench.core.showing.progress import Silent

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
