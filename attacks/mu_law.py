"""G.711, the coding of digital telephone lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, chosen
from bench.audio.signal import codecs
from bench.audio.signal.filters import at_rate
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class MuLaw:
    """Eight bits a sample by the µ-law, as digital telephone lines carry them (ITU-T G.711); asks once.

    Args:
        rate_hz: 8000, as on the line: nothing is left above 4 kHz; or 16000, which hears the quantisation alone.
    """

    rate_hz: int = 8000
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        chosen("attack 'mu_law'", "rate_hz", [str(self.rate_hz)], ("8000", "16000"))

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return what was coded and decoded."""
        done = Perturbation("mu_law", "signal", f"{self.rate_hz} Hz")
        return sound_effect(original, lambda sound: at_rate(sound, self.rate_hz, codecs.mu_law), done)
