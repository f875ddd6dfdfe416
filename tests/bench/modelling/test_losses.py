"""1 − CCC as a loss, and what victims that learn by it answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench import Batch, ComponentError
from bench.data.tasks import TASKS
from bench.modelling.losses import ccc_loss
from bench.modelling.targets import targets_of, values_from
from bench.scoring.inference.concordance import ccc
from bench.testing import CPU, sample_context, sample_utterances
from victims.cnn_gru import CnnGru

TASK = TASKS["activation"]
CONTEXT = replace(sample_context(), task=TASK)


def test_the_loss_is_1_less_ccc() -> None:
    torch.manual_seed(0)
    said, truth = torch.randn(40, 1, dtype=torch.float64), torch.randn(40, dtype=torch.float64)
    assert float(ccc_loss(said, truth)) == pytest.approx(1 - ccc(truth.tolist(), said[:, 0].tolist()), abs=1e-7)
    assert float(ccc_loss(torch.ones(1, 1), torch.ones(1))) == 1, "a batch that says nothing pulls nowhere"


def test_the_loss_falls_along_its_gradient() -> None:
    truth = torch.linspace(-1, 1, 9)
    said = torch.zeros(9, 1).add(torch.tensor([[0.1]] * 4 + [[-0.1]] * 5)).requires_grad_()
    before = ccc_loss(said, truth)
    torch.autograd.backward(before)
    assert said.grad is not None
    with torch.no_grad():
        assert float(ccc_loss(said - 0.01 * said.grad, truth)) < float(before.detach())


def test_targets_and_values_are_each_others_inverse() -> None:
    said = sample_utterances(1, 1)
    targets = targets_of(TASK, said, CPU)
    assert targets.tolist() == [-1.0, -0.5, 0.0, 0.5]
    assert values_from(TASK, targets[:, None]).tolist() == [one.activation for one in said]
    with pytest.raises(ComponentError, match="a task of classes"):
        values_from(TASKS["ahsn"], torch.zeros(1, 4))
    with pytest.raises(ValueError, match="no rating of activation"):
        targets_of(TASK, [replace(said[0], activation=None)], CPU)


def test_cnn_gru_learns_numbers(tmp_path: Path) -> None:
    recipe = CnnGru(channels=16, hidden=16, dense=16, dropout=0.0, learning_rate=3e-3, batch_size=16, max_epochs=15)
    fitted = recipe.fit(sample_utterances(4, 3, "train"), sample_utterances(2, 2, "valid"), CONTEXT)
    test = sample_utterances(2, 3, "new")
    victim = fitted.enroll(test)
    with torch.no_grad():
        said = victim.values(Batch.of(test))
        alone = torch.cat([victim.values(Batch.of([one])) for one in test])
    assert ccc([one.activation or 0.0 for one in test], said.tolist()) > 0.6
    assert float((said - alone).abs().max()) < 1e-4 * 4
    fitted.save(tmp_path)
    with torch.no_grad():
        again = recipe.load(tmp_path, CONTEXT).enroll(test).values(Batch.of(test))
    assert torch.equal(again, said)
