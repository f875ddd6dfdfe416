"""P3's "no text" (section 5)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import ClassVar

from bench import AttackTools, Perturbation, Rng, Traits, Utterance


@dataclass(frozen=True)
class NoText:
    """The transcript becomes an empty string, and no words have times; the sound stays as it is; asks once.

    An utterance of which no words are known is left out.
    """

    traits: ClassVar[Traits] = Traits(asks_once=True)

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        """Yield the utterance without its words."""
        if original.transcript or original.words:
            yield replace(original, transcript="", words=(), perturbation=Perturbation("no_text", "text"))
