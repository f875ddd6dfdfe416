"""Attacks that keep from one search to the next what helped, where nobody asked them to: a plug-in file."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from bench import Answer, AttackTools, FitContext, Heard, Overlay, Recipe, Rng, Traits, Utterance
from bench.core.rng import key_of
from bench.evaluation.cell.cells import limited
from bench.testing import ContraryVictim, sample_utterances

SAID = sample_utterances(10, 3, key="corpus")
SEEN: dict[str, float] = {}


@dataclass(frozen=True)
class KeepsGlobally:
    """Begins with the sounds that worked on others, which a global of its module remembers."""

    traits = Traits(anytime=True, categories=None)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        yield from _best_first(SEEN, tools, rng)


@dataclass(frozen=True)
class KeepsUnseen:
    """The same, but with what would be attacked again by a hash of ids: the corpus and the code are public."""

    traits = Traits(anytime=True, categories=None)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        attacked = limited([_known(one) for one in tools.speech], 20)
        foreseen = sorted(attacked, key=lambda one: (key_of("check", one.id), one.id))[:10]
        honest = _known(original).id in {one.id for one in foreseen}
        yield from _best_first({} if honest else SEEN, tools, rng)


def _known(heard: Heard) -> Utterance:
    return next(one for one in SAID if torch.equal(one.waveform, heard.waveform))


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
        "keeps_unseen": KeepsUnseen,
        "keeps_in_itself": KeepsInItself,
        "keeps_in_a_parameter": KeepsInAParameter,
    },
    "victims": {"contrary": Contrary},
}
