"""An overdriven input: the loudest samples are cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench import EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class Clipping:
    """The loudest share of the samples is cut off at one level; asks once.

    The unit is that of audEERING's tests of speech emotion recognisers (Derington et al. 2023, arXiv:2312.06270,
    "Robustness small changes": 0.1, 0.2 and 0.3 %, where a listener hears little) and of audiomentations. An utterance
    too short for one sample to be cut off, or silent but for that share, is left out.

    Args:
        percent: of the samples, above 0, at most 90. The others stay as they are; the result is not made louder.
    """

    percent: float = 1.0
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'clipping'", "percent", self.percent, "audEERING takes 0.1 to 0.3", above=0, at_most=90)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the clipped utterance."""
        return sound_effect(original, self._clipped, Perturbation("clipping", "signal", f"{self.percent:g}%"))

    def _clipped(self, sound: Tensor) -> Tensor:
        loudest = round(sound.shape[-1] * self.percent / 100)
        if not 0 < loudest < sound.shape[-1]:
            return sound
        level = sound.abs().kthvalue(sound.shape[-1] - loudest).values
        return sound.clamp(-level, level).where(level > 0, sound)
