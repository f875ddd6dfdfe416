"""Copies of one object, again and again: its structure is read once, its tensors are copied each time.

`copy.deepcopy` walks through every object anew, which for a small network takes longer than to ask it something.
"""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

from torch import Tensor
from torch.nn import Parameter

_T = TypeVar("_T")


class _Writer(pickle.Pickler):
    """Writes what an object holds, into memory of this process alone, and keeps its tensors aside."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.places: dict[int, int] = {}
        self.tensors: list[Tensor] = []

    def persistent_id(self, one: Any) -> int | None:
        """Give a tensor's place among those that are kept aside; None for anything else."""
        if not isinstance(one, Tensor):
            return None
        if id(one) not in self.places:
            self.places[id(one)] = len(self.tensors)
            self.tensors.append(one)
        return self.places[id(one)]


class _Reader(pickle.Unpickler):
    """Reads it again, around other tensors."""

    def __init__(self, file: io.BytesIO, tensors: list[Tensor]) -> None:
        super().__init__(file)
        self.tensors = tensors

    def persistent_load(self, place: int) -> Tensor:
        """Give the tensor of a place."""
        return self.tensors[place]


def copier_of(one: _T) -> Callable[[], _T]:
    """Return what gives copies of an object as it is now, as `copy.deepcopy` would.

    >>> first = {"weights": [1.0, 2.0]}
    >>> copies = copier_of(first)
    >>> first["weights"].append(3.0)
    >>> copies(), copies()["weights"] is copies()["weights"]
    ({'weights': [1.0, 2.0]}, False)

    Raises:
        TypeError: it holds what cannot be copied, such as a lock.
    """
    kept = copy.deepcopy(one)
    file = io.BytesIO()
    writer = _Writer(file)
    try:
        writer.dump(kept)
    except (TypeError, AttributeError, pickle.PicklingError):  # it holds a function without a name, for one
        return partial(copy.deepcopy, kept)
    tensors = writer.tensors
    if not all(map(_plain, tensors)) or len({tensor.untyped_storage().data_ptr() for tensor in tensors}) < len(tensors):
        return partial(copy.deepcopy, kept)
    return lambda: cast("_T", _Reader(io.BytesIO(file.getvalue()), list(map(_copied, tensors))).load())


def _plain(tensor: Tensor) -> bool:
    """Whether a tensor is nothing but its values: all of its storage, no result of others, without a gradient."""
    whole = tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()
    alone = type(tensor) in (Tensor, Parameter) and tensor.is_leaf and tensor.grad is None
    return whole and alone and not vars(tensor)


def _copied(tensor: Tensor) -> Tensor:
    values = tensor.detach().clone()
    if isinstance(tensor, Parameter):
        return Parameter(values, tensor.requires_grad)
    return values.requires_grad_(tensor.requires_grad)
