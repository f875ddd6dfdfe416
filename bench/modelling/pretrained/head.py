"""What is trained on a pretrained encoder, and how."""

from __future__ import annotations

from dataclasses import dataclass

from bench.core.checks import check_fields

DENSE, HIDDEN = 512, 256
"""Units of P3's two dense layers."""

FROZEN_RATE, TUNED_RATE = 1e-4, 1e-6
"""Learning rates: of the dense layers alone (ours), and of everything (P3)."""


@dataclass(frozen=True)
class Head:
    """What is trained on an encoder, and how.

    Args:
        frozen: whether the encoder stays as it is.
        dropout: after each dense layer, in [0, 0.95].
        learning_rate: Adam's; None for `FROZEN_RATE` or `TUNED_RATE`.
        batch_size: utterances a training step.
        max_epochs: at most so many.
        patience: epochs without a lower validation loss.
    """

    frozen: bool
    dropout: float
    learning_rate: float | None
    batch_size: int
    max_epochs: int
    patience: int

    def check(self, where: str) -> None:
        """Refuse parameters out of their range.

        Args:
            where: whose, for messages.

        Raises:
            UsageError: one is.
        """
        usual = "leave it out for the default"
        check_fields(self, where, ("batch_size", "max_epochs", "patience"), usual, at_least=1)
        check_fields(self, where, ("dropout",), "P3 has 0.2 on sound", at_least=0, at_most=0.95)
        check_fields(self, where, ("learning_rate",), usual, above=0)

    @property
    def rate(self) -> float:
        """Return the learning rate: the given one, else P3's where the encoder is trained and ours where it is not."""
        default = FROZEN_RATE if self.frozen else TUNED_RATE
        return default if self.learning_rate is None else self.learning_rate
