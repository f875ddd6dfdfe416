"""P1's Pitch (section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.audio.signal import shift_pitch
from bench.audio.signal.levels import audible


@dataclass(frozen=True)
class Pitch:
    """The whole utterance at another pitch and the same length; asks once. People hear another emotion (P1).

    The SNR of a shifted voice is around −3 dB, far below the threshold: by the letter of P1's rule such a candidate can
    change the label but never counts as a success. A search may still learn from it. It does not apply to silence.

    Args:
        factor: on the fundamental frequency, above 1 is higher; from 0.25 to 4. P1's text says ±3 half octaves, its
            table 1.25× and 0.75×. Reading: the table's.
    """

    factor: float = 1.25
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'pitch'", "factor", self.factor, "P1's table has 1.25", at_least=0.25, at_most=4, but_not=1)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the shifted utterance."""
        if not audible(original.waveform):
            return None
        done = Perturbation("pitch", "signal", f"factor={self.factor:g}")
        return replace(original, waveform=shift_pitch(original.waveform, self.factor), perturbation=done)
