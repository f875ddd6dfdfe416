"""What a network learns from: labelled feature sequences, in batches of similar length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from bench.core.types import Rng


@dataclass(frozen=True)
class Sequences:
    """Labelled feature sequences.

    Args:
        features: n tensors of shape (frames, d), on the network's device.
        labels: shape (n,): int64, class indices; or float32, numbers.
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
