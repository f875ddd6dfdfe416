"""P3's "no audio" (section 5)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import ClassVar

from bench import SAMPLE_RATE, AttackTools, Perturbation, Rng, Traits, Utterance, within


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

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        """Yield the utterance without its sound."""
        if original.has_sound and bool(original.waveform.any()):
            silence = original.waveform.new_zeros(round(self.length_s * SAMPLE_RATE))
            done = Perturbation("no_audio", "signal", f"{self.length_s:g} s of silence")
            yield replace(original, waveform=silence, words=None, perturbation=done)
