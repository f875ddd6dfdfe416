"""A defence: the victim hears every waveform in a few coarse steps, and was trained on such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from torch import Tensor

from bench import FitContext, TrainableVictim, Utterance, Victim, values_of, within
from bench.defending.purified_victim import AudioDefense, fit_purified, load_purified


@dataclass(frozen=True)
class Quantise(AudioDefense):
    """Waveforms rounded to a few bits before the victim, in training and in test (after Guo et al. 2018).

    Args:
        bits: a sample, from 2 to 16. Noise far below a step vanishes.
    """

    where: ClassVar[str] = "defense 'quantise'"
    bits: int = 8

    def __post_init__(self) -> None:
        within(self.where, "bits", self.bits, "try bits=8", at_least=2, at_most=16)

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Victim:
        """Train the victim on rounded speech, and stand before it."""
        return fit_purified(self.where, self, values_of(self), victim, train, valid, context)

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Victim:
        """Give the same, from what its `save` wrote."""
        return load_purified(self.where, self, values_of(self), victim, folder, context)

    def purify(self, waveforms: Tensor, lengths: Tensor) -> Tensor:
        """Round waveforms, shape (b, t)."""
        steps = 2 ** (self.bits - 1)
        return waveforms.mul(steps).round().div(steps)
