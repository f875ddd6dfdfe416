"""A dull microphone or a hand before it: high frequencies are weakened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.audio.signal.filters import band_pass
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class LowPass:
    """High frequencies are weakened, with the slope of a Butterworth filter and no delay; asks once.

    audEERING's tests (Derington et al. 2023, arXiv:2312.06270, "Robustness small changes") have order 1 at 6500, 7000
    and 7500 Hz, where a listener hears little.

    Args:
        cutoff_hz: the frequency that loses 3 dB, in hertz, from 50 to 7900.
        order: 6·order dB an octave, from 1 to 16.
    """

    cutoff_hz: float = 4000.0
    order: int = 4
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'low_pass'", "cutoff_hz", self.cutoff_hz, "try cutoff_hz=4000", at_least=50, at_most=7900)
        within("attack 'low_pass'", "order", self.order, "try order=4", at_least=1, at_most=16)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the filtered utterance."""
        done = Perturbation("low_pass", "signal", f"{self.cutoff_hz:g} Hz, order {self.order}")
        return sound_effect(original, lambda sound: band_pass(sound, None, self.cutoff_hz, self.order), done)
