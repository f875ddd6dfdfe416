"""Fitting a network on feature sequences: weighted loss, early stopping, the best epoch's weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from bench.contracts.protocols import FitContext, Victim
from bench.core.computing.halving import out_of_memory
from bench.core.errors import UsageError
from bench.core.rng import keyed
from bench.core.types import Rng, Utterance
from bench.modelling.losses import LossOf, agreement_for, loss_for
from bench.modelling.schedule import BestEpoch, Schedule
from bench.modelling.sequences import Sequences, shuffled_batches


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

    Classes are learnt by cross-entropy, the numbers of a dimensional task by 1 − CCC.

    Args:
        network: maps padded features and frame counts to logits (b, c), or to a number (b, 1). Trained in place.
        optimizer: over its parameters.
        train: what is learnt from.
        valid: what chooses the epoch.
        schedule: when to stop.
        context: seed, classes, progress.
        after_epoch: told the epoch (from 0) and its validation loss; a learning-rate rule goes here.
        renew: what is learnt from in each epoch after the first, told its number; `train` in all of them by default.

    Returns:
        The best epoch's validation loss, or its UAR where that is watched (in a dimensional task its CCC).

    Raises:
        ComponentError: the loss was NaN or infinite from the first epoch on.
    """
    loss_of, agreement = loss_for(context.task, train.labels), agreement_for(context.task)
    rng, best = keyed(context.seed, "epochs"), BestEpoch(network)
    with context.progress.task("Training", schedule.max_epochs) as advance:
        for epoch in range(schedule.max_epochs):
            if renew and epoch:
                network.eval()
                train = renew(epoch)
            _epoch(network, optimizer, train, schedule.batch_size, rng, loss_of)
            loss, recall = validated(network, valid, loss_of, schedule.batch_size, agreement)
            advance(1)
            if after_epoch:
                after_epoch(epoch, loss)
            if best.over(schedule.score(loss, recall), schedule, optimizer):
                break
    return best.restored()


def _epoch(
    network: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    train: Sequences,
    batch_size: int,
    rng: Rng,
    loss_of: LossOf,
) -> None:
    """A step for every batch."""
    network.train()
    for indices in shuffled_batches([len(item) for item in train.features], batch_size, rng):
        optimizer.zero_grad()
        _learn(network, train, indices, loss_of)
        optimizer.step()


def _learn(network: torch.nn.Module, train: Sequences, indices: Sequence[int], loss_of: LossOf) -> None:
    """Gradients of one batch.

    Raises:
        UsageError: it does not fit into memory. Smaller steps would learn something else, so they are not taken here.
    """
    try:
        features, counts, labels = train.batch(indices)
        torch.autograd.backward(loss_of(network(features, counts), labels))
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
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
    network: torch.nn.Module,
    data: Sequences,
    loss_of: LossOf,
    batch_size: int,
    agreement: Callable[[torch.Tensor, torch.Tensor], float],
) -> tuple[float, float]:
    """Measure the loss, and the UAR or CCC, over all of the data, in evaluation mode.

    Args:
        network: maps padded features and frame counts to outputs (b, c).
        data: the validation data.
        loss_of: the loss.
        batch_size: utterances at a time.
        agreement: the other figure, from outputs and targets.
    """
    network.eval()
    order = sorted(range(len(data.features)), key=lambda index: len(data.features[index]))
    logits, labels = [], []
    for start in range(0, len(order), batch_size):
        features, counts, truth = data.batch(order[start : start + batch_size])
        logits.append(network(features, counts))
        labels.append(truth)
    guesses, truths = torch.cat(logits), torch.cat(labels)
    return float(loss_of(guesses, truths)), agreement(guesses, truths)
