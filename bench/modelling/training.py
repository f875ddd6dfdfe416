"""Fitting a network on feature sequences: weighted loss, early stopping, the best epoch's weights."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from bench.contracts.protocols import FitContext, Victim
from bench.core.errors import ComponentError, UsageError
from bench.core.rng import keyed
from bench.core.threads import one_thread
from bench.core.types import Rng, Utterance
from bench.scoring.scores import uar


@dataclass(frozen=True)
class Sequences:
    """Labelled feature sequences.

    Args:
        features: n tensors of shape (frames, d), on the network's device.
        labels: shape (n,), int64, class indices.
    """

    features: Sequence[Tensor]
    labels: Tensor

    def batch(self, indices: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
        """Pad some of the sequences to the longest of them.

        Returns:
            Features (b, frames, d), zero after their ends; true frame counts (b,); labels (b,).
        """
        chosen = [self.features[index] for index in indices]
        counts = torch.tensor([len(item) for item in chosen], device=chosen[0].device)
        return pad_sequence(chosen, batch_first=True), counts, self.labels[list(indices)]


@dataclass(frozen=True)
class Schedule:
    """When to stop.

    Args:
        batch_size: utterances a step.
        max_epochs: at most so many.
        patience: epochs without a gain on the validation data before stopping.
        watch: what has to gain: "loss" by falling, or "uar", the unweighted average recall, by rising.
        lowest_rate: where given, the learning rate is halved after `patience` epochs without a gain, and training
            stops once it is below this.
    """

    batch_size: int
    max_epochs: int
    patience: int
    watch: Literal["loss", "uar"] = "loss"
    lowest_rate: float | None = None

    def score(self, loss: float, recall: float) -> float:
        """Combine what was measured after an epoch into what has to fall; infinite or NaN where the loss is.

        Args:
            loss: on the validation data.
            recall: the UAR on it, from 0 to 1.
        """
        return -recall if self.watch == "uar" and math.isfinite(loss) else loss

    def ends(self, optimizer: torch.optim.Optimizer) -> bool:
        """Say whether to stop after `patience` epochs without a gain.

        Where `lowest_rate` is given, the learning rate is halved first.
        """
        if self.lowest_rate is None:
            return True
        for group in optimizer.param_groups:
            group["lr"] /= 2
        return all(group["lr"] < self.lowest_rate for group in optimizer.param_groups)


def class_weights(labels: Tensor, classes: int) -> Tensor:
    """Compute the weight n / (c · n_class) of each class, so that every class weighs the same in the loss.

    Args:
        labels: shape (n,), int64, class indices.
        classes: c, how many there are.

    Returns:
        Shape (c,), float32.

    >>> class_weights(torch.tensor([0, 0, 0, 1]), 2)
    tensor([0.6667, 2.0000])
    """
    counts = torch.bincount(labels, minlength=classes).clamp(min=1)
    return len(labels) / (classes * counts.float())


def fit_network(
    network: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    train: Sequences,
    valid: Sequences,
    schedule: Schedule,
    context: FitContext,
    after_epoch: Callable[[int, float], None] | None = None,
    renew: Callable[[int], Sequences] | None = None,
) -> float:
    """Train until the validation data gain no more, and restore the weights of the best epoch.

    Args:
        network: maps padded features and frame counts to logits (b, c). Trained in place.
        optimizer: over its parameters.
        train: what is learnt from.
        valid: what chooses the epoch.
        schedule: when to stop.
        context: seed, classes, progress.
        after_epoch: told the epoch (from 0) and its validation loss; a learning-rate rule goes here.
        renew: what is learnt from in each epoch after the first, told its number; `train` in all of them by default.

    Returns:
        The best epoch's validation loss, or its UAR where that is watched.

    Raises:
        ComponentError: the loss was NaN or infinite from the first epoch on.
    """
    weights = class_weights(train.labels, len(context.task.classes)).to(train.labels.device)
    loss_of = torch.nn.CrossEntropyLoss(weights)
    rng, best = keyed(context.seed, "epochs"), _Best(network)
    with context.progress.task("Training", schedule.max_epochs) as advance:
        for epoch in range(schedule.max_epochs):
            if renew and epoch:
                network.eval()
                train = renew(epoch)
            _epoch(network, optimizer, train, schedule.batch_size, rng, loss_of)
            loss, recall = validated(network, valid, loss_of, schedule.batch_size)
            advance(1)
            if after_epoch:
                after_epoch(epoch, loss)
            if best.over(schedule.score(loss, recall), schedule, optimizer):
                break
    return best.restored()


class _Best:
    """The best epoch's weights, and for how many epochs there was no gain."""

    def __init__(self, network: torch.nn.Module) -> None:
        self._network, self._weights = network, copy.deepcopy(network.state_dict())
        self._score, self._since = float("inf"), 0

    def over(self, score: float, schedule: Schedule, optimizer: torch.optim.Optimizer) -> bool:
        """Note an epoch's score, which has to fall; tell whether training is over."""
        self._since = 0 if score < self._score else self._since + 1
        if self._since == 0:
            self._score, self._weights = score, copy.deepcopy(self._network.state_dict())
        elif self._since >= schedule.patience:
            self._since = 0
            return schedule.ends(optimizer)
        return False

    def restored(self) -> float:
        """Put the best weights back; their score, unsigned.

        Raises:
            ComponentError: no epoch had a finite one.
        """
        if not math.isfinite(self._score):
            found = "no finite validation loss in any epoch"
            raise ComponentError("training", found, "a loss that falls", "try a lower learning rate")
        self._network.load_state_dict(self._weights)
        self._network.eval()
        return abs(self._score)


def _epoch(
    network: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    train: Sequences,
    batch_size: int,
    rng: Rng,
    loss_of: torch.nn.CrossEntropyLoss,
) -> None:
    """A step for every batch."""
    network.train()
    for indices in shuffled_batches([len(item) for item in train.features], batch_size, rng):
        optimizer.zero_grad()
        _learn(network, train, indices, loss_of)
        optimizer.step()


def _learn(
    network: torch.nn.Module, train: Sequences, indices: Sequence[int], loss_of: torch.nn.CrossEntropyLoss
) -> None:
    """Gradients of one batch.

    Raises:
        UsageError: it does not fit into memory. Smaller steps would learn something else, so they are not taken here.
    """
    try:
        features, counts, labels = train.batch(indices)
        loss_of(network(features, counts), labels).backward()
    except torch.OutOfMemoryError as error:
        found = f"no memory for a step of {len(indices)} utterances"
        remedy = "lower the victim's batch_size, take a smaller model, or --device cpu"
        raise UsageError("training", found, "room for one step", remedy) from error


def renewal(
    context: FitContext, victim: Victim, prepared: Callable[[Sequence[Utterance]], Sequences]
) -> Callable[[int], Sequences] | None:
    """Make what `fit_network` takes as `renew`: the context's utterances of an epoch, prepared; None where it has none.

    Args:
        context: with or without `renew`.
        victim: as it is being trained, enrolled with its training speakers.
        prepared: features and labels of utterances.
    """
    renew = context.renew
    return None if renew is None else lambda epoch: prepared(renew(victim, epoch))


@torch.no_grad()
def validated(
    network: torch.nn.Module, data: Sequences, loss_of: torch.nn.CrossEntropyLoss, batch_size: int
) -> tuple[float, float]:
    """Measure the weighted loss and the UAR over all of the data, in evaluation mode.

    Args:
        network: maps padded features and frame counts to logits (b, c).
        data: the validation data.
        loss_of: the loss, with its class weights.
        batch_size: utterances at a time.
    """
    network.eval()
    order = sorted(range(len(data.features)), key=lambda index: len(data.features[index]))
    logits, labels = [], []
    for start in range(0, len(order), batch_size):
        features, counts, truth = data.batch(order[start : start + batch_size])
        logits.append(network(features, counts))
        labels.append(truth)
    guesses, truths = torch.cat(logits), torch.cat(labels)
    return float(loss_of(guesses, truths)), uar(truths.tolist(), guesses.argmax(dim=1).tolist())


def shuffled_batches(lengths: Sequence[int], size: int, rng: Rng, pool: int = 8) -> Iterator[list[int]]:
    """Yield random batches of similar length: shuffle, sort within pools of `pool` batches, shuffle the batches.

    Args:
        lengths: of the n sequences, in frames.
        size: sequences in a batch.
        rng: what to draw from.
        pool: batches among which similar lengths are looked for.

    Yields:
        Lists of indices into `lengths`; each index once.
    """
    order = rng.permutation(len(lengths)).tolist()
    found = []
    for start in range(0, len(order), pool * size):
        chunk = sorted(order[start : start + pool * size], key=lambda index: lengths[index])
        found += [chunk[at : at + size] for at in range(0, len(chunk), size)]
    yield from (found[index] for index in rng.permutation(len(found)))


@contextmanager
def seeded(*key: object) -> Iterator[None]:
    """Start torch's global generators from a keyed seed, and let the CPU compute on one thread, within a `with` block.

    Layers' initial weights and dropout can draw from nowhere else. One thread makes what is learnt the same on every
    number of cores. Afterwards both are as they were.
    """
    with torch.random.fork_rng(), one_thread():
        torch.manual_seed(int(keyed(*key).integers(2**63)))
        yield
