"""Fewer bits a sample, dithered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench import EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.perturbations.once import drawn_noise, sound_effect


@dataclass(frozen=True)
class Dither:
    """Samples are rounded to fewer bits, after a triangular dither of ±1 step; asks once.

    The dither makes the error a noise that is independent of the speech in mean and power, of a variance of a quarter
    of a squared step (Lipshitz, Wannamaker & Vanderkooy 1992, Journal of the Audio Engineering Society 40).

    Args:
        bits: a sample, from 2 to 16; a step is 2^(1 − bits) of full scale.
    """

    bits: int = 8
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'dither'", "bits", self.bits, "try bits=8", at_least=2, at_most=16)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the rounded utterance."""
        uniform = rng.random((2, original.waveform.shape[-1]), dtype="float32")
        dither = drawn_noise(uniform[0] - uniform[1], original.waveform)
        done = Perturbation("dither", "signal", f"{self.bits} bits")
        return sound_effect(original, lambda sound: self._rounded(sound + dither / self._steps), done)

    @property
    def _steps(self) -> int:
        """How many there are on either side of 0."""
        return 1 << (self.bits - 1)

    def _rounded(self, sound: Tensor) -> Tensor:
        return sound.mul(self._steps).round().clamp(-self._steps, self._steps - 1).div(self._steps)
