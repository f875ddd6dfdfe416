"""The band of a telephone line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench import EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.audio.signal.filters import at_rate, band_pass
from bench.perturbations.once import sound_effect

LINE_RATE = 8000
"""Hertz: the sampling rate of the telephone network."""


@dataclass(frozen=True)
class Telephone:
    """Only the frequencies of a telephone line are left, 300 to 3400 Hz, sampled at 8 kHz; asks once.

    The band is that of ITU-T G.712 and the public telephone network. Coding is another effect:
    [`mu_law`][attacks.mu_law.MuLaw], [`amr`][attacks.amr.Amr].

    Args:
        low_hz: lower cutoff (−3 dB) in hertz, from 20 to 1000.
        high_hz: upper cutoff (−3 dB) in hertz, from 1500 to 4000.
        order: of both slopes, from 1 to 16: 6·order dB an octave and more.

    Reading: the filter has a Butterworth filter's gain and no delay, so that samples stay where they were.
    """

    low_hz: float = 300.0
    high_hz: float = 3400.0
    order: int = 6
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'telephone'", "low_hz", self.low_hz, "a line has 300", at_least=20, at_most=1000)
        within("attack 'telephone'", "high_hz", self.high_hz, "a line has 3400", at_least=1500, at_most=LINE_RATE / 2)
        within("attack 'telephone'", "order", self.order, "try order=6", at_least=1, at_most=16)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return what is heard over the line."""
        done = Perturbation("telephone", "signal", f"{self.low_hz:g}-{self.high_hz:g} Hz")
        return sound_effect(original, self._heard, done)

    def _heard(self, sound: Tensor) -> Tensor:
        return at_rate(band_pass(sound, self.low_hz, self.high_hz, self.order), LINE_RATE)
