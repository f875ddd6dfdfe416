"""What attacks that cheat are tried on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import torch

from bench import (
    Answer,
    AttackTools,
    Heard,
    Recipe,
    Rng,
)
from bench.audio.signal import mix
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row
from bench.testing import CPU, TASK, ContraryVictim, sample_tools, sample_utterances

SPEECH = sample_utterances(2, each=2, key="attacked")
Steps = Generator[Any, Answer, None]


@dataclass(frozen=True)
class Cheat:
    """A search made of a plain generator function."""

    steps: Callable[[Heard, AttackTools, Rng], Steps]

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        yield from self.steps(original, tools, rng)


def judged(steps: Callable[..., Steps], k: int = 5) -> list[Row]:
    """The queries that are written down, successes looked at."""
    run = AttackRun(Cheat(steps), "cheat", sample_tools(k), 0, SPEECH)
    rows = Referee(ContraryVictim(), TASK, CPU, examines=True).run(run, SPEECH)
    return [row for row in rows if row.query]


def asking(*recipes: Recipe) -> Callable[..., Steps]:
    """A search that asks for these, one after the other."""

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        for recipe in recipes:  # noqa: UP028 - a tuple cannot be sent answers
            yield recipe

    return steps


def loud(samples: torch.Tensor, seed: int = 0) -> torch.Tensor:
    noise = torch.randn(len(samples), generator=torch.Generator().manual_seed(seed))
    return mix(samples, noise, -20.0)
