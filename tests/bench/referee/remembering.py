"""Defences that remember within a session, or beyond, and who makes them forget: for `test_sessions.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bench import AttackTools, Batch, FitContext, Heard, Overlay, Recipe, Rng, Traits, Utterance
from bench.defending.purified_victim import answered_or_refused


@dataclass(frozen=True)
class Patience:
    """Refuses who has asked about much the same before, after Chen et al.'s stateful detection (2020).

    Args:
        asked: so many questions of a session are answered.
        leaks: count the questions of everybody.
        declares: say so.
    """

    asked: int = 3
    leaks: bool = False
    declares: bool = True

    @property
    def traits(self) -> Traits:
        return Traits(sessions=self.declares)

    def fit(self, victim: Any, train: Any, valid: Any, context: FitContext) -> Patient:
        return Patient(self, victim.fit(train, valid, context))

    def load(self, victim: Any, folder: Path, context: FitContext) -> Patient:
        return Patient(self, victim.load(folder / "inner", context))


@dataclass(frozen=True)
class Patient:
    recipe: Patience
    victim: Any
    seen: dict[str, int] = field(default_factory=dict)

    def enroll(self, clean: Sequence[Utterance]) -> Patient:
        return replace(self, victim=self.victim.enroll(clean), seen={})

    def log_probs(self, batch: Batch) -> Tensor:
        return self.victim.log_probs(batch)

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        refused = []
        for session in batch.sessions or ("",) * len(batch):
            if session or self.recipe.leaks:
                name = "everybody" if self.recipe.leaks else session
                self.seen[name] = self.seen.get(name, 0) + 1
                refused.append(self.seen[name] > self.recipe.asked)
            else:
                refused.append(False)
        return answered_or_refused(self.victim, batch, torch.tensor(refused))

    def save(self, folder: Path) -> None:
        (folder / "inner").mkdir()
        self.victim.save(folder / "inner")


@dataclass(frozen=True)
class Hushed:
    """Asks about sounds that nobody hears in between, which costs no query.

    Args:
        times: so often before each that is heard.
    """

    times: int = 0

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Any:
        for clip in tools.noises.under_speech:
            for _ in range(self.times):
                yield Recipe(Overlay(clip, 12.0, filter=(0.0,)))
            yield Recipe(Overlay(clip, 12.0))


COMPONENTS = {"defenses": {"patience": Patience}, "attacks": {"hushed": Hushed}}
