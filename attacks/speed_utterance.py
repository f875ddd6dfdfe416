"""P1's SpeedUtt (section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.audio.signal import stretch
from bench.audio.signal.levels import audible
from bench.perturbations.edits import paced


@dataclass(frozen=True)
class SpeedUtterance:
    """The whole utterance faster or slower at the same pitch; asks once. People hear another emotion (P1).

    The length changes, so the SNR is undefined and the perception table alone decides where a success counts. It does
    not apply to silence.

    Args:
        rate: above 1 is faster; P1 takes 1.25 and 0.75. From 0.25 to 4.
    """

    rate: float = 1.25
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'speed_utterance'", "rate", self.rate, "P1 takes 1.25", at_least=0.25, at_most=4, but_not=1)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the faster or slower utterance."""
        if not audible(original.waveform):
            return None
        waveform = stretch(original.waveform, self.rate)
        candidate = paced(original, waveform, (0, original.waveform.shape[-1]), waveform.shape[-1])
        return replace(candidate, perturbation=Perturbation("speed_utterance", "signal", f"rate={self.rate:g}"))
