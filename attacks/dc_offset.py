"""A sound card whose zero is not zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class DcOffset:
    """One number is added to every sample, as a cheap sound card does; asks once. Nobody hears it.

    Args:
        offset: as a share of full scale, from −0.9 to 0.9, not 0. What goes beyond full scale is cut off.
    """

    offset: float = 0.01
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'dc_offset'", "offset", self.offset, "try offset=0.01", at_least=-0.9, at_most=0.9, but_not=0)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the utterance beside its zero."""
        done = Perturbation("dc_offset", "signal", f"{self.offset:+g}")
        return sound_effect(original, lambda sound: sound + self.offset, done)
