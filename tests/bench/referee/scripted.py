"""Searches that follow a script, and a victim that is easily fooled."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any

import torch

from bench import (
    Answer,
    AttackTools,
    Batch,
    Heard,
    Perturbation,
    Rng,
)
from bench.audio.signal import mix
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row
from bench.testing import CPU, TASK, sample_tools, sample_utterances

Search = Generator[Any, Answer, None]


@dataclass(frozen=True)
class Scripted:
    """An attack made of a plain generator function."""

    steps: Callable[[Heard, AttackTools, Rng], Search]

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Search:
        yield from self.steps(original, tools, rng)


@dataclass(frozen=True)
class EasilyFooled:
    """Says class 1 of whatever differs from the utterances it was enrolled with, class 0 of those."""

    known: tuple[torch.Tensor, ...] = ()
    asked: Any = None

    def enroll(self, clean: Any) -> EasilyFooled:
        return replace(self, known=tuple(utterance.waveform for utterance in clean))

    def log_probs(self, batch: Batch) -> torch.Tensor:
        if self.asked is not None:
            self.asked.append(len(batch))
        heard = [batch.waveforms[row, : int(batch.lengths[row])] for row in range(len(batch))]
        other = [not any(torch.equal(sound, known) for known in self.known) for sound in heard]
        return torch.nn.functional.one_hot(torch.tensor(other).long(), 4).float().add(1e-6).log()

    def save(self, folder: Any) -> None: ...


UTTERANCES = sample_utterances(2, each=1)


def referee_of(victim: Any | None = None, batch_size: int = 64) -> Referee:
    return Referee((victim or EasilyFooled()).enroll(UTTERANCES), TASK, CPU, batch_size)


def judged(steps: Callable[..., Search], k: int = 5, victim: Any | None = None, batch_size: int = 64) -> list[Row]:
    return referee_of(victim, batch_size).run(AttackRun(Scripted(steps), "scripted", sample_tools(k), 0), UTTERANCES)


def noisy(original: Heard, snr_db: float, seed: int = 0, name: str = "noise") -> Heard:
    noise = torch.randn(original.waveform.shape, generator=torch.Generator().manual_seed(seed))
    waveform = mix(original.waveform, noise, snr_db)
    return replace(original, waveform=waveform, perturbation=Perturbation(name, "white", "seed"))
