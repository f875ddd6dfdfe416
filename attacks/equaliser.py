"""An equaliser, turned up as far as an SNR lets it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, UsageError, within
from bench.audio.signal.levels import audible
from bench.perturbations.filtering import equalised
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class Equaliser:
    """One linear filter for all utterances: bands are weighed in one direction, as far as an SNR lets it; asks once.

    A filter moves the spectrum by which emotions are told apart as a whole, silence between words too. What is weak may
    be weakened without end at nearly no cost. Nobody was asked what people hear of it: it counts as additive, and not
    as imperceptible. It does not apply to silence.

    Args:
        gains: of bands, joined by "+", from 0 Hz to 8 kHz evenly on the mel scale; decibels up to a common factor,
            straight lines between them. From 2 to 64 numbers, not all 0.
        snr_db: speech over change, in dB, from 0 to 60; it is higher where even 60 dB change less.

    Differences to the original: Malafide (Panariello et al. 2023, arXiv:2306.07655) finds the taps of a filter by
    gradients and bounds their number; here it is gains without a phase, and the SNR is bound.
    """

    gains: tuple[float, ...] = (0.0, -0.5, -1.0)
    snr_db: float = 10.1
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        name = "attack 'equaliser'"
        within(name, "snr_db", self.snr_db, "try snr_db=10.1", at_least=0, at_most=60)
        if not 2 <= len(self.gains) <= 64 or not any(self.gains) or not all(map(math.isfinite, self.gains)):
            found = "+".join(f"{gain:g}" for gain in self.gains)[:80]
            raise UsageError(f"{name}, parameter 'gains'", found or "nothing", "2 to 64 numbers, not all 0", "try 0+-1")

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the filtered utterance."""
        if not audible(original.waveform):
            return None
        done = Perturbation("equaliser", "signal", f"{len(self.gains)} bands at {self.snr_db:g} dB")
        return sound_effect(original, lambda sound: equalised(sound, self.gains, self.snr_db), done)
