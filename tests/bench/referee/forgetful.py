"""Attacks that keep from one search to the next what helped, where nobody asked them to: a plug-in file."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import Answer, AttackTools, FitContext, Heard, Overlay, Recipe, Rng, Traits
from bench.testing import ContraryVictim

SEEN: dict[str, float] = {}


@dataclass(frozen=True)
class KeepsGlobally:
    """Begins with the sounds that worked on others, which a global of its module remembers."""

    traits = Traits(anytime=True, categories=None)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        yield from _best_first(SEEN, tools, rng)


@dataclass(frozen=True)
class KeepsInItself:
    """The same, in a field of its own."""

    traits = Traits(anytime=True, categories=None)
    _kept: dict[str, float] = field(default_factory=dict, init=False, repr=False, compare=False)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        yield from _best_first(self._kept, tools, rng)


@dataclass(frozen=True)
class KeepsInAParameter:
    """The same, in what looks like a parameter."""

    kept: dict[str, float] = field(default_factory=dict)
    traits = Traits(anytime=True, categories=None)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        yield from _best_first(self.kept, tools, rng)


def _best_first(known: dict[str, float], tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
    for clip in sorted(tools.noises.clips, key=lambda clip: (-known.get(clip.id, 0.0), rng.random())):
        answer = yield Recipe(Overlay(clip, 10.5))
        known[clip.id] = 0.9 * known.get(clip.id, 0.5) + 0.1 * answer.fooled
        if answer.fooled:
            return


@dataclass(frozen=True)
class Contrary:
    """A victim that is fooled by noise at some levels and not at others."""

    def fit(self, train: Any, valid: Any, context: FitContext) -> ContraryVictim:
        return ContraryVictim()

    def load(self, folder: Path, context: FitContext) -> ContraryVictim:
        return ContraryVictim()


COMPONENTS = {
    "attacks": {
        "keeps_globally": KeepsGlobally,
        "keeps_in_itself": KeepsInItself,
        "keeps_in_a_parameter": KeepsInAParameter,
    },
    "victims": {"contrary": Contrary},
}
