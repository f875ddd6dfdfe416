"""The networks of P2's generative adversarial network over feature sequences (section 5.3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Autoencoder(nn.Module):
    """An LSTM layer that encodes, one that decodes, and a linear layer.

    In one direction: true frames never see the padding after them, so that nothing has to be packed, which would take
    four times as long.

    Args:
        width: features of a frame.
        hidden: units of each LSTM layer.
        outputs: values for each frame.
    """

    def __init__(self, width: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.encoder = nn.LSTM(width, hidden, batch_first=True)
        self.decoder = nn.LSTM(hidden, hidden, batch_first=True)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, features: Tensor, counts: Tensor) -> Tensor:
        """Encode and decode feature sequences.

        Args:
            features: shape (b, frames, width).
            counts: true frames of each sequence, shape (b,).

        Returns:
            Shape (b, frames, outputs), zero after each sequence's end.
        """
        states, _ = self.decoder(self.encoder(features)[0])
        found: Tensor = self.output(states)
        return found.masked_fill(beyond(features, counts), 0.0)


class Generator(nn.Module):
    """Noisy features to clean ones.

    Args:
        width: features of a frame.
        hidden: units of each LSTM layer.
        residual: whether the autoencoder's output is added to the input; it then begins by changing nothing.
    """

    def __init__(self, width: int, hidden: int, residual: bool) -> None:
        super().__init__()
        self.width, self.residual = width, residual
        self.autoencoder = Autoencoder(width, hidden, width)
        if residual:
            nn.init.zeros_(self.autoencoder.output.weight)
            nn.init.zeros_(self.autoencoder.output.bias)

    def forward(self, features: Tensor, counts: Tensor) -> Tensor:
        """Make clean feature sequences of noisy ones.

        Args:
            features: shape (b, frames, width).
            counts: true frames of each sequence, shape (b,).

        Returns:
            Shape (b, frames, width), zero after each sequence's end.
        """
        found: Tensor = self.autoencoder(features, counts)
        return found + features.masked_fill(beyond(features, counts), 0.0) if self.residual else found


def beyond(features: Tensor, counts: Tensor) -> Tensor:
    """Tell which frames lie after a sequence's end.

    Args:
        features: shape (b, frames, d).
        counts: true frames of each sequence, shape (b,).

    Returns:
        Shape (b, frames, 1), bool.
    """
    after: Tensor = torch.arange(features.shape[1], device=features.device) >= counts[:, None]
    return after[:, :, None]
