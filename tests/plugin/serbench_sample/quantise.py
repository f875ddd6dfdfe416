"""A defence: the victim hears every waveform in a few coarse steps, and was trained on such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from torch import Tensor

from bench import Batch, FitContext, TrainableVictim, UsageError, Utterance, Victim
from bench.defending.purified_victim import AudioDefense


@dataclass(frozen=True)
class Quantise(AudioDefense):
    """Waveforms rounded to a few bits before the victim, in training and in test (after Guo et al. 2018).

    Args:
        bits: a sample, from 2 to 16. Noise far below a step vanishes.
    """

    bits: int = 8
    where: ClassVar[str] = "defense 'quantise'"

    def __post_init__(self) -> None:
        if not 2 <= self.bits <= 16:
            raise UsageError(f"{self.where}, parameter 'bits'", str(self.bits), "2 to 16", "try bits=8")

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Quantised:
        """Train the victim on rounded speech."""
        return Quantised(self, victim.fit(self.all_of(train), self.all_of(valid), context))

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Quantised:
        """The same, from what `save` wrote."""
        return Quantised(self, victim.load(folder, context))

    def of(self, waveforms: Tensor) -> Tensor:
        """Rounded waveforms of any shape. Silence stays silence, so padding stays padding."""
        steps = 2 ** (self.bits - 1)
        return waveforms.mul(steps).round().div(steps)

    def all_of(self, utterances: Sequence[Utterance]) -> list[Utterance]:
        """Rounded utterances."""
        return [replace(utterance, waveform=self.of(utterance.waveform)) for utterance in utterances]


@dataclass(frozen=True)
class Quantised:
    """A victim behind the rounding: itself a victim.

    Args:
        defense: the rounding.
        victim: what hears its result.
    """

    defense: Quantise
    victim: Victim

    def enroll(self, clean: Sequence[Utterance]) -> Quantised:
        """Let the victim enrol the speakers as it will hear them."""
        return replace(self, victim=self.victim.enroll(self.defense.all_of(clean)))

    def log_probs(self, batch: Batch) -> Tensor:
        """The victim's answer to rounded waveforms."""
        return self.victim.log_probs(replace(batch, waveforms=self.defense.of(batch.waveforms)))

    def save(self, folder: Path) -> None:
        """The victim's weights; the rounding has none."""
        self.victim.save(folder)
