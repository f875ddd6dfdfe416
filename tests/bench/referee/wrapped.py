"""What defences that cheat are made of, and those that look at who is in a batch: for `cheats.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bench import Batch, FitContext, Utterance

_NEAR = 0.5
"""Correlation above which a sound is taken for another one with noise: 5 dB leave 0.87 of it."""


def one_hot(labels: Sequence[int], classes: int) -> Tensor:
    return torch.log_softmax(torch.nn.functional.one_hot(torch.tensor(labels), classes).float() * 20, dim=1)


def nearest(sound: Tensor, known: Sequence[tuple[Tensor, Any]]) -> Any | None:
    """What is noted beside the most similar sound of the same length, if any is similar."""
    same = [(other, note) for other, note in known if other.shape == sound.shape]
    found = [(float(torch.nn.functional.cosine_similarity(sound, other, dim=0)), note) for other, note in same]
    best = max(found, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] > _NEAR else None


@dataclass(frozen=True)
class Wrapped:
    victim: Any
    classes: int = 4

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        return replace(self, victim=self.victim.enroll(clean))

    def log_probs(self, batch: Batch) -> Tensor:
        found: Tensor = self.victim.log_probs(batch)
        return found

    def save(self, folder: Path) -> None:
        (folder / "inner").mkdir()
        self.victim.save(folder / "inner")


class Wrapping:
    """A defence that wraps a fitted victim; in what, `around` says."""

    def around(self, victim: Any, classes: int) -> Any:
        raise NotImplementedError

    def fit(self, victim: Any, train: Any, valid: Any, context: FitContext) -> Any:
        return self.around(victim.fit(train, valid, context), len(context.task.classes))

    def load(self, victim: Any, folder: Path, context: FitContext) -> Any:
        return self.around(victim.load(folder / "inner", context), len(context.task.classes))


# ---- what lies beside


@dataclass(frozen=True)
class ReadsPlaces(Wrapped):
    """Says of everything in a batch what it says of the first."""

    def log_probs(self, batch: Batch) -> Tensor:
        honest = super().log_probs(batch)
        return honest[:1].repeat(len(batch), 1)


@dataclass(frozen=True)
class ReadsPadding(Wrapped):
    """Says another class where there are zeros after the end."""

    def log_probs(self, batch: Batch) -> Tensor:
        honest = super().log_probs(batch)
        padded = batch.lengths < batch.waveforms.shape[1]
        return torch.where(padded[:, None], one_hot([0], self.classes), honest)


@dataclass(frozen=True)
class Squashes(Wrapped):
    """Its classes lie so close together that nothing could be told a tie from an answer."""

    def log_probs(self, batch: Batch) -> Tensor:
        return torch.log_softmax(super().log_probs(batch).softmax(dim=1) * 1e-4, dim=1)


@dataclass(frozen=True)
class Writes(Wrapped):
    """Makes silence of what it is shown."""

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        victim = self.victim.enroll(clean)
        for one in clean:
            one.waveform.zero_()
        return replace(self, victim=victim)

    def log_probs(self, batch: Batch) -> Tensor:
        found = super().log_probs(batch).clone()
        batch.waveforms.zero_()
        for one in batch.utterances:
            one.waveform.zero_()
        return found


@dataclass(frozen=True)
class Shaky(Wrapped):
    """Draws its answer for most of what it is asked: nobody can tell what fooled it."""

    def log_probs(self, batch: Batch) -> Tensor:
        honest = super().log_probs(batch)
        shaken = [int(rng.integers(4)) if rng.random() < 0.7 else None for rng in batch.generators("shaky")]
        rows = zip(honest, shaken, strict=True)
        return torch.stack([row if label is None else one_hot([label], 4)[0] for row, label in rows])


@dataclass(frozen=True)
class Wanders(Wrapped):
    """Says what it says more or less surely with each question: who goes by probabilities is led astray."""

    asked: list[int] = field(default_factory=list)

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        return replace(self, victim=self.victim.enroll(clean), asked=[])

    def log_probs(self, batch: Batch) -> Tensor:
        self.asked.append(len(batch))
        return torch.log_softmax(super().log_probs(batch) * (0.1 + 0.01 * (len(self.asked) % 7)), dim=1)


@dataclass(frozen=True)
class OffGrid(Wrapped):
    """Refuses what no 16-bit file holds: every candidate, and no recording."""

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        steps = batch.waveforms * 32_768
        return self.log_probs(batch), (steps != steps.round()).any(dim=1)
