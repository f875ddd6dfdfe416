"""P3's "no text" (section 5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits


@dataclass(frozen=True)
class NoText:
    """The transcript becomes an empty string, and no words have times; the sound stays as it is; asks once.

    An utterance of which no words are known is left out.
    """

    traits: ClassVar[Traits] = Traits(asks_once=True)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the utterance without its words."""
        if not original.transcript and not original.words:
            return None
        return replace(original, transcript="", words=(), perturbation=Perturbation("no_text", "text"))
