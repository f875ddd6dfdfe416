"""A checkpoint's weights, and which of them have found a place in a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

_NO_WEIGHTS = ("masked_spec_embed", "num_batches_tracked", "position_ids")
_PRETRAINING = ("quantizer.", "project_q.", "project_hid.", "label_embs_concat", "final_proj.")


class Weights:
    """A checkpoint's tensors by name, and which of them have found a place.

    Args:
        tensors: by name.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.tensors = dict(tensors)
        self.placed: set[str] = set()

    def take(self, name: str) -> Tensor:
        """Return a tensor, which has a place now."""
        self.placed.add(name)
        return self.tensors[name].float()

    def linear(self, name: str) -> nn.Linear:
        """Make a layer of `name.weight` and, where it is there, `name.bias`."""
        weight, bias = self.take(f"{name}.weight"), f"{name}.bias"
        layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias in self.tensors)
        layer.weight.data = weight
        if bias in self.tensors:
            layer.bias.data = self.take(bias)
        return layer

    def norm(self, name: str) -> nn.LayerNorm:
        """Make a normalisation over features of `name.weight` and `name.bias`."""
        weight = self.take(f"{name}.weight")
        layer = nn.LayerNorm(len(weight))
        layer.weight.data, layer.bias.data = weight, self.take(f"{name}.bias")
        return layer

    def left(self) -> list[str]:
        """List the names that have found no place, but those that only training needs."""
        return [
            name
            for name in self.tensors
            if name not in self.placed and not name.endswith(_NO_WEIGHTS) and not name.startswith(_PRETRAINING)
        ]

    def shown(self, names: Sequence[str], most: int = 6) -> str:
        """Name weights with their shapes, at most so many.

        Args:
            names: theirs.
            most: how many are named; the rest is counted.
        """
        told = [f"{name} {tuple(self.tensors[name].shape)}" for name in names[:most]]
        return ", ".join(told) + (f" and {len(names) - most} more" if len(names) > most else "")
