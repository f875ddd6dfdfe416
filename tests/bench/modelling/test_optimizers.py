"""torch's optimisers without its compiler: the same steps, and nothing of the compiler imported."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
import torch
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from bench.modelling.optimizers import uncompiled

SETTINGS = {RMSprop: {"alpha": 0.9, "eps": 1e-7}, Adam: {}, AdamW: {"weight_decay": 1e-3}, SGD: {"momentum": 0.9}}


def trained(make: Callable[..., Optimizer], **settings: float) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    weights = [torch.nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((4, 3), (3,))]
    optimizer = make(weights, lr=0.05, **settings)
    for _ in range(10):
        optimizer.zero_grad()
        (torch.randn(8, 4, generator=generator) @ weights[0] + weights[1]).square().mean().backward()
        optimizer.step()
    return weights


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_its_steps_are_torchs_to_the_last_bit(kind: type[Optimizer], monkeypatch: pytest.MonkeyPatch) -> None:
    expected = trained(kind, **SETTINGS[kind])
    monkeypatch.setitem(sys.modules, "torch._dynamo", None)  # whoever imports it now fails
    with pytest.raises(ImportError, match="_dynamo"):
        trained(kind, **SETTINGS[kind])
    found = trained(uncompiled(kind), **SETTINGS[kind])
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))
