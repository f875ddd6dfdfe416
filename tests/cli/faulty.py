"""A plug-in whose components break what is asked of them, each in ways of its own."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from bench import (
    AttackTools,
    Batch,
    Dataset,
    FitContext,
    Heard,
    Progress,
    Rng,
    Steps,
    TrainableVictim,
    Utterance,
    Victim,
)


@dataclass(frozen=True)
class Loud:
    """Unnormalised loudness of whole batches, that peeps at labels, kept as a pickle."""

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedLoud:
        return FittedLoud()

    def load(self, folder: Path, context: FitContext) -> FittedLoud:
        return FittedLoud()


@dataclass(frozen=True)
class FittedLoud:
    """A trained `Loud`."""

    def enroll(self, clean: Sequence[Utterance]) -> FittedLoud:
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        print("a model that talks")
        level = batch.waveforms.square().mean() + any(one.emotion is not None for one in batch.utterances)
        return torch.stack([level * number for number in range(4)]).expand(len(batch.lengths), 4)

    def save(self, folder: Path) -> None:
        (folder / "weights.pkl").write_bytes(pickle.dumps({}))


@dataclass(frozen=True)
class Centred(Loud):
    """Takes the mean off its training speech, in place."""

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedLoud:
        for one in train:
            one.waveform.sub_(one.waveform.mean())
        return FittedLoud()


@dataclass(frozen=True)
class Shapeless(Loud):
    """Breaks in training, deep within a library."""

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedLoud:
        return FittedLoud(*json.loads("{"))


@dataclass(frozen=True)
class Doubtful(Loud):
    """Refuses by the length of the whole batch, or in numbers.

    Args:
        numbers: refuse by 0 and 1.
    """

    numbers: bool = False

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedDoubtful:
        return FittedDoubtful(self.numbers)

    def load(self, folder: Path, context: FitContext) -> FittedDoubtful:
        return FittedDoubtful(self.numbers)


@dataclass(frozen=True)
class FittedDoubtful:
    """A trained `Doubtful`."""

    numbers: bool

    def enroll(self, clean: Sequence[Utterance]) -> FittedDoubtful:
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        return torch.zeros(len(batch), 4).log_softmax(dim=1)

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        refused = torch.full((len(batch),), batch.waveforms.shape[1] > 16_000)
        return self.log_probs(batch), refused.long() if self.numbers else refused

    def save(self, folder: Path) -> None:
        pass


@dataclass(frozen=True)
class Softer:
    """Halves the sound before the victim, and forgets that the victim may refuse."""

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> FittedSofter:
        return FittedSofter(victim.fit(train, valid, context))

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> FittedSofter:
        return FittedSofter(victim.load(folder, context))


@dataclass(frozen=True)
class FittedSofter:
    """A victim behind it."""

    victim: Victim

    def enroll(self, clean: Sequence[Utterance]) -> FittedSofter:
        return FittedSofter(self.victim.enroll(clean))

    def log_probs(self, batch: Batch) -> Tensor:
        return self.victim.log_probs(replace(batch, waveforms=batch.waveforms / 2))

    def save(self, folder: Path) -> None:
        self.victim.save(folder)


@dataclass(frozen=True)
class Broken:
    """Raises."""

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        raise ValueError("no idea")
        yield


@dataclass(frozen=True)
class Twice:
    """Every utterance twice, one of them too loud.

    Args:
        root: a folder.
    """

    root: Path

    def read(self, progress: Progress) -> Dataset:
        one = Utterance("a", torch.full((8,), 0.5), "anna", emotion="anger")
        return Dataset("twice", (one, Utterance("a", torch.full((8,), 1.5), "anna")), "")


COMPONENTS = {
    "victims": {"loud": Loud, "twice": Loud, "centred": Centred, "doubtful": Doubtful, "shapeless": Shapeless},
    "attacks": {"broken": Broken},
    "defenses": {"softer": Softer},
    "corpora": {"twice": Twice},
}
