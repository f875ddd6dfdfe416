"""P1's fade in (section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Rng, Traits, within
from bench.perturbations.fading import faded


@dataclass(frozen=True)
class FadeIn:
    """The loudness rises by 2 % of the original a second, as when somebody comes nearer; asks once.

    The last sample keeps its level; one that lies s seconds before it has 1 − percent_per_s / 100 · s of its own. It
    does not apply to silence.

    Args:
        percent_per_s: per cent of the original amplitude a second; above 0, at most 100. An utterance is silent where
            the line would fall below 0.
    """

    percent_per_s: float = 2.0
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'fade_in'", "percent_per_s", self.percent_per_s, "P1 takes 2", above=0, at_most=100)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the faded utterance."""
        return faded("fade_in", original, self.percent_per_s, loudest="last")
