"""P1's Cry (section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Rng, Traits, within
from bench.perturbations.endings import ended

SOUNDS = ("cry", "crying", "crying_baby", "sob", "sobbing", "crying, sobbing", "baby cry", "whimper", "wail, moan")
"""A category of the bank, ESC-50's class, and AudioSet's (P1 takes "sob")."""


@dataclass(frozen=True)
class Cry:
    """Somebody cries at the end of the utterance; asks once. People hear another emotion (P1).

    A random sound of crying of the noise bank is appended, without a pause. The length changes, so the SNR is undefined
    and the perception table alone decides where a success counts. It does not apply to silence, nor where the bank has
    no such sound.

    Readings: P1 gives neither level nor length: the sound has the utterance's RMS, and is cut, with a fade of 20 ms,
    where it would be longer than two seconds.

    Args:
        level_db: how far the sound's RMS is above the utterance's, in dB; from -40 to 20.
        longest_s: no more of the sound is appended, in seconds; from 0.05 to 30.
    """

    level_db: float = 0.0
    longest_s: float = 2.0
    traits: ClassVar[Traits] = Traits(asks_once=True, sounds=SOUNDS)

    def __post_init__(self) -> None:
        within("attack 'cry'", "level_db", self.level_db, "try 0, as loud as the speech", at_least=-40, at_most=20)
        within("attack 'cry'", "longest_s", self.longest_s, "try 2", at_least=0.05, at_most=30)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the utterance with crying after it."""
        return ended("cry", original, tools.noises.heard(*SOUNDS), self.level_db, self.longest_s, rng)
