"""P3's white noise (section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.perturbations.once import drawn_noise, sound_effect


@dataclass(frozen=True)
class WhiteNoise:
    """Normally distributed noise of one level for all utterances; asks once.

    The level does not follow the speech: at the default, −20 dB of full scale, most speech is as loud as the noise, and
    the SNR lies near 0 dB, so such a candidate seldom counts as a success.

    Args:
        std: standard deviation of a sample, as a share of full scale; above 0, at most 1. P3 takes 0.1.
    """

    std: float = 0.1
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'white_noise'", "std", self.std, "P3 takes 0.1", above=0, at_most=1)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the utterance with noise."""
        noise = drawn_noise(rng.standard_normal(original.waveform.shape[-1], dtype="float32"), original.waveform)
        done = Perturbation("white_noise", "signal", f"std={self.std:g}")
        return sound_effect(original, lambda sound: sound + self.std * noise, done)
