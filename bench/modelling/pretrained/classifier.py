"""P3's dense layers on an encoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bench.modelling.pretrained.encoders import Front
from bench.modelling.pretrained.head import DENSE, HIDDEN, Head


class Classifier(nn.Module):
    """P3's dense layers; before them the encoder, where it is trained with them.

    Args:
        front: has the encoder and its reader.
        classes: how many.
        head: says whether the encoder is trained.
    """

    def __init__(self, front: Front, classes: int, head: Head) -> None:
        super().__init__()
        self.encoder = None if head.frozen else front.encoder
        self.reader = front.reader
        sizes = ((front.width, DENSE), (DENSE, HIDDEN))
        layers = [(nn.Linear(*size), nn.ReLU(), nn.Dropout(head.dropout)) for size in sizes]
        self.dense = nn.Sequential(*(part for layer in layers for part in layer))
        self.output = nn.Linear(HIDDEN, classes)

    def hidden(self, features: Tensor, counts: Tensor) -> Tensor:
        """Compute the vector before the output.

        Args:
            features: an encoder's vectors, shape (b, d), or inputs for the encoder, shape (b, n), where it is trained.
            counts: shape (b,), the inputs' true lengths.

        Returns:
            Shape (b, 256).
        """
        if self.encoder is not None:
            half = self.training and features.is_cuda  # mixed precision: never where answers are compared
            with torch.autocast(features.device.type, torch.bfloat16, enabled=half):
                features = self.reader.embed(self.encoder, features, counts)
        vector: Tensor = self.dense(features.float())
        return vector

    def forward(self, features: Tensor, counts: Tensor) -> Tensor:
        """Compute logits.

        Args:
            features: an encoder's vectors, shape (b, d), or inputs for the encoder, shape (b, n), where it is trained.
            counts: shape (b,), the inputs' true lengths.

        Returns:
            Shape (b, c).
        """
        logits: Tensor = self.output(self.hidden(features, counts))
        return logits
