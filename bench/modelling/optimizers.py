"""torch's optimisers without torch's compiler, which they import at their first step: a second of every first run."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import torch
from torch.optim import Optimizer

Kind = TypeVar("Kind", bound=Optimizer)


@cache
def uncompiled(kind: type[Kind]) -> type[Kind]:
    """Return an optimiser's class whose methods tell torch's compiler nothing, since nothing here is compiled.

    torch wraps some methods of its optimisers so that its compiler steps around them, and imports the compiler for it.
    What stands below the wrappers is called, so each step is the same to the last bit.

    Args:
        kind: one of torch.optim's.

    >>> weight = torch.nn.Parameter(torch.ones(1))
    >>> optimizer = uncompiled(torch.optim.SGD)([weight], lr=0.5)
    >>> weight.sum().backward()
    >>> optimizer.step()
    >>> weight.item(), type(optimizer).__name__
    (0.5, 'SGD')
    """
    below = inspect.unwrap(kind.step)

    def step(self: Kind, closure: Callable[[], float] | None = None) -> float | None:
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            done: float | None = below(self, closure)
            return done

    wrapped: dict[str, Any] = {"add_param_group": kind.add_param_group, "zero_grad": kind.zero_grad}
    methods = {name: inspect.unwrap(method) for name, method in wrapped.items()}
    return type(kind.__name__, (kind,), methods | {"step": step, "__doc__": kind.__doc__})
