"""A plug-in of a beginner, whose components each forget one thing: for `test_check_components.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor

from bench import AttackTools, Batch, FitContext, Heard, Overlay, PastSearch, Recipe, Rng, Steps, Traits, Utterance


@dataclass(frozen=True)
class Lists:
    """Gives a list."""

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Any:
        return [Recipe(Overlay(clip, 10.5)) for clip in tools.noises.clips]


@dataclass(frozen=True)
class Misspells:
    """Draws from a category that the bank does not have."""

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        yield Recipe(Overlay(tools.noises.draw(rng, "nature"), 10.5))


@dataclass(frozen=True)
class Learns:
    """Learns, and does not say when."""

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        yield Recipe(Overlay(tools.noises.draw(rng, "natural"), 10.5))

    def learn(self, plan: Mapping[str, Any], searches: Sequence[PastSearch]) -> Mapping[str, Any]:
        return {}


@dataclass(frozen=True)
class Reads:
    """Reads words, and does not say so: it is its own recipe."""

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Reads:
        return self

    def load(self, folder: Path, context: FitContext) -> Reads:
        return self

    def enroll(self, clean: Sequence[Utterance]) -> Reads:
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        counts = [len(one.transcript.split()) for one in batch.utterances]  # type: ignore[union-attr]
        return batch.waveforms.new_tensor([[count, 0, 0, 0] for count in counts]).log_softmax(1)

    def save(self, folder: Path) -> None:
        pass


@dataclass(frozen=True)
class Rates(Reads):
    """Answers classes well, and numbers by the mean of whole rows."""

    traits: ClassVar[Traits] = Traits(dimensional=True)

    def log_probs(self, batch: Batch) -> Tensor:
        return batch.waveforms.new_zeros(len(batch), 4).log_softmax(1)

    def values(self, batch: Batch) -> Tensor:
        return 1 + batch.waveforms.abs().mean(dim=1) * 40


COMPONENTS = {
    "attacks": {"lists": Lists, "misspells": Misspells, "learns": Learns},
    "victims": {"reads": Reads, "rates": Rates},
}
