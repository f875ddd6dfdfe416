"""Copies of one object: as `copy.deepcopy` gives them, and none of them touches another."""

from __future__ import annotations

import threading
from collections import OrderedDict

import pytest
import torch
from torch import Tensor, nn

from bench.core.computing.copying import copier_of


def network() -> nn.Module:
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv1d(1, 4, 3), nn.BatchNorm1d(4), nn.ReLU()).eval()
    made[0].bias.requires_grad_(False)
    return made


def test_of_a_network_answers_as_it_did_then() -> None:
    first = network()
    copies, sounds = copier_of(first), torch.randn(2, 1, 20)
    expected = first(sounds)
    with torch.no_grad():
        first[0].weight.zero_()
        copies()[0].weight.zero_()
        copies()[1].running_mean.fill_(9.0)
    assert torch.equal(copies()(sounds), expected)
    assert [one.requires_grad for one in copies().parameters()] == [one.requires_grad for one in first.parameters()]
    assert not copies().training
    assert isinstance(copies().state_dict(), OrderedDict)


def one_twice() -> list[Tensor]:
    values = torch.arange(4.0)
    return [values, values]


def views() -> list[Tensor]:
    values = torch.arange(4.0)
    return [values[:2], values]


def beside_a_function() -> list[Tensor]:
    return [*one_twice(), lambda: None]  # type: ignore[list-item]


@pytest.mark.parametrize("make", [one_twice, views, beside_a_function])
def test_keeps_what_is_shared_shared_within_a_copy(make) -> None:
    copies = copier_of(make())
    (first, second, *_), (other, *_) = copies(), copies()
    first[0] = 7.0
    assert second[0] == 7.0
    assert other[0] == 0.0


def test_gradients_are_copied_too() -> None:
    values = torch.ones(2, requires_grad=True)
    (values * 2).sum().backward()
    copied = copier_of([values])()[0]
    assert copied.grad is not values.grad
    assert torch.equal(copied.grad, torch.full((2,), 2.0))


def test_what_cannot_be_copied_is_said() -> None:
    with pytest.raises(TypeError):
        copier_of([threading.Lock()])
