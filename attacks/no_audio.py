"""P3's "no audio" (section 5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench import SAMPLE_RATE, EffectTools, Heard, Perturbation, Rng, Traits, within


@dataclass(frozen=True)
class NoAudio:
    """A short silence stands for the sound; the transcript stays as it is; asks once.

    Words keep their text and lose their times, since there is no sound that they could lie in. An utterance that is
    silent, or has no sound, is left out.

    Args:
        length_s: of the silence, in seconds, from 0.1 to 60. P3 says that it is short. Reading: one second.
    """

    length_s: float = 1.0
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'no_audio'", "length_s", self.length_s, "try length_s=1", at_least=0.1, at_most=60)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the utterance without its sound."""
        if not original.has_sound or not bool(original.waveform.any()):
            return None
        silence = original.waveform.new_zeros(round(self.length_s * SAMPLE_RATE))
        done = Perturbation("no_audio", "signal", f"{self.length_s:g} s of silence")
        return replace(original, waveform=silence, words=None, perturbation=done)
