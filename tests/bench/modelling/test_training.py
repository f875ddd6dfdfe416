"""When training stops, and what it restores."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from bench import ComponentError, UsageError
from bench.modelling.schedule import Schedule
from bench.modelling.sequences import Sequences
from bench.modelling.training import fit_network
from bench.testing import sample_context


class Scripted(torch.nn.Module):
    """Answers right about so many of four validation utterances, epoch by epoch, whatever it learns."""

    def __init__(self, right: Sequence[int], spoilt: bool = False) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.register_buffer("epoch", torch.zeros((), dtype=torch.int64))
        self.right, self.spoilt = right, spoilt

    def forward(self, features: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
        """Logits, shape (b, 4); an epoch is one training step and one validation step."""
        truth = features[:, 0, 0].long()
        if self.training:
            self.epoch += 1
        else:
            right = self.right[min(int(self.epoch), len(self.right)) - 1]
            truth = torch.where(torch.arange(len(truth)) < right, truth, (truth + 1) % 4)
        logits = torch.nn.functional.one_hot(truth, 4).float() + self.weight
        return logits * float("nan") if self.spoilt else logits


def trained(right: Sequence[int], schedule: Schedule, spoilt: bool = False) -> tuple[Scripted, float, float]:
    """The network, its last learning rate, and what `fit_network` gave."""
    network = Scripted(right, spoilt)
    data = Sequences([torch.full((1, 1), float(label)) for label in range(4)], torch.arange(4))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.8)
    best = fit_network(network, optimizer, data, data, schedule, sample_context())
    return network, optimizer.param_groups[0]["lr"], best


def epochs(right: Sequence[int], schedule: Schedule) -> int:
    """How many epochs were trained, by the callback."""
    heard: list[int] = []
    network = Scripted(right)
    data = Sequences([torch.full((1, 1), float(label)) for label in range(4)], torch.arange(4))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.8)
    fit_network(network, optimizer, data, data, schedule, sample_context(), lambda epoch, _: heard.append(epoch))
    assert heard == list(range(len(heard)))
    return len(heard)


def test_patience_ends_training_by_loss() -> None:
    assert epochs([1, 2, 3, 3, 3, 3, 3, 3], Schedule(4, 50, patience=2)) == 5


def test_the_rate_is_halved_after_so_many_epochs_without_a_gain_of_recall() -> None:
    schedule = Schedule(4, 50, patience=2, watch="uar", lowest_rate=0.3)
    network, rate, best = trained([1, 2, 2, 2, 4, 3, 3, 3, 3], schedule)
    assert best == 1.0
    assert int(network.epoch) == 5, "the best epoch is restored"
    assert rate == pytest.approx(0.2)
    # 0.8 until epoch 4, 0.4 until epoch 7, 0.2 is below 0.3
    assert epochs([1, 2, 2, 2, 4, 3, 3, 3, 3], schedule) == 7


def test_recall_counts_and_not_loss() -> None:
    assert trained([2, 1, 3, 3], Schedule(4, 4, patience=9, watch="uar"))[2] == 0.75


def test_a_rate_at_the_lowest_is_still_used() -> None:
    assert epochs([4], Schedule(4, 50, patience=1, watch="uar", lowest_rate=0.4)) == 3  # 0.8, 0.8, 0.4


def test_epochs_are_limited() -> None:
    assert epochs([4], Schedule(4, 6, patience=5, watch="uar", lowest_rate=1e-5)) == 6


@pytest.mark.parametrize("schedule", [Schedule(4, 9, 2), Schedule(4, 9, 2, "uar", 0.3)])
def test_a_loss_that_is_no_number_is_refused(schedule: Schedule) -> None:
    with pytest.raises(ComponentError, match="no finite validation loss"):
        trained([4], schedule, spoilt=True)


@pytest.mark.parametrize(
    ("error", "becomes", "says"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), UsageError, "no memory for a step of 4 utterances"),
        (MemoryError(), UsageError, "no memory for a step of 4 utterances"),
        (None, UsageError, "no memory for a step of 4 utterances"),
        (RuntimeError("shapes differ"), RuntimeError, "shapes differ"),
    ],
)
def test_a_step_that_does_not_fit_into_memory_is_named(
    error: Exception | None, becomes: type[Exception], says: str
) -> None:
    """On a CPU torch has no class of its own for it: what it says is what it says of an exabyte."""

    class Vast(torch.nn.Linear):
        def forward(self, features: torch.Tensor, counts: torch.Tensor | None = None) -> torch.Tensor:
            if error is None:
                return torch.empty(2**60, dtype=torch.uint8)
            raise error

    network = Vast(2, 4)
    data = Sequences([torch.zeros(1, 2)] * 4, torch.tensor([0, 1, 2, 3]))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    with pytest.raises(becomes, match=says):
        fit_network(network, optimizer, data, data, Schedule(4, 1, 1), sample_context())
