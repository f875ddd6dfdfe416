"""Victims and defences that cheat: a plug-in file, for `test_cheating_victims.py`. None has a label by honest means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench import Batch, FitContext, Traits, Utterance
from tests.bench.referee.wrapped import (
    OffGrid,
    ReadsPadding,
    ReadsPlaces,
    Shaky,
    Squashes,
    Wanders,
    Wrapped,
    Wrapping,
    Writes,
    nearest,
    one_hot,
)

# ---- what is read off the utterance


@dataclass(frozen=True)
class ReadsLabels(Wrapped):
    """Says the true label where it sees one."""

    def log_probs(self, batch: Batch) -> Tensor:
        honest = super().log_probs(batch)
        names = ("anger", "happiness", "sadness", "neutral")
        told = [names.index(one.emotion) if one.emotion in names else None for one in batch.utterances]
        rows = [row if label is None else one_hot([label], 4)[0] for row, label in zip(honest, told, strict=True)]
        return torch.stack(rows)


@dataclass(frozen=True)
class EnrolsLabels(Wrapped):
    """Keeps the labels of enrolled sound, and says that of the nearest."""

    known: tuple[tuple[Tensor, str | None], ...] = ()

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        return replace(self, victim=self.victim.enroll(clean), known=tuple((u.waveform, u.emotion) for u in clean))

    def log_probs(self, batch: Batch) -> Tensor:
        honest = super().log_probs(batch)
        names = ("anger", "happiness", "sadness", "neutral")
        told = [nearest(one.waveform, self.known) for one in batch.utterances]
        rows = [
            row if label is None else one_hot([names.index(label)], 4)[0]
            for row, label in zip(honest, told, strict=True)
        ]
        return torch.stack(rows)


@dataclass(frozen=True)
class MemoryById(Wrapped):
    """Answers for the enrolled utterance of the same id."""

    known: dict[str, Utterance] = field(default_factory=dict)

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        return replace(self, victim=self.victim.enroll(clean), known={u.id: u for u in clean if u.id})

    def log_probs(self, batch: Batch) -> Tensor:
        clean = [self.known.get(one.id, one) for one in batch.utterances]
        found: Tensor = self.victim.log_probs(Batch.of(clean, batch.waveforms.device))
        return found


@dataclass(frozen=True)
class RefusesMarked(Wrapped):
    """Refuses whatever carries a mark that clean speech does not."""

    def enroll(self, clean: Sequence[Utterance]) -> RefusesMarked:
        return replace(self, victim=self.victim.enroll(clean))

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        marked = [bool(one.perturbation or one.metadata or one.session) for one in batch.utterances]
        return self.log_probs(batch), torch.tensor(marked)


@dataclass(frozen=True)
class ReadsSpeakers(Wrapped):
    """Says of every speaker a class of their own."""

    def log_probs(self, batch: Batch) -> Tensor:
        return one_hot([sum(map(ord, one.speaker)) % self.classes for one in batch.utterances], self.classes)


@dataclass(frozen=True)
class ReadsWords(Wrapped):
    """Knows an utterance by its words, whatever was done to its sound, and says what it first said of them."""

    said: dict[str | None, Tensor] = field(default_factory=dict)

    def log_probs(self, batch: Batch) -> Tensor:
        rows = zip(batch.utterances, super().log_probs(batch), strict=True)
        found = [self.said.setdefault(one.transcript, row) if one.transcript else row for one, row in rows]
        return torch.stack(found)


@dataclass(frozen=True)
class ReadsDraws(Wrapped):
    """Refuses every query but the clean one, which it takes the sample key to number."""

    def enroll(self, clean: Sequence[Utterance]) -> ReadsDraws:
        return replace(self, victim=self.victim.enroll(clean))

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        keys = batch.sample_keys or ("",) * len(batch)
        return self.log_probs(batch), torch.tensor([bool(key) and not key.endswith("/0") for key in keys])


# ---- what is kept from one question to the next


@dataclass(frozen=True)
class KeepsEnrolled(Wrapped):
    """Keeps the clean clips that it was enrolled with, and answers for the nearest one."""

    known: tuple[tuple[Tensor, Tensor], ...] = ()

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        victim = self.victim.enroll(clean)
        with torch.no_grad():
            answers = [victim.log_probs(Batch.of([one]))[0] for one in clean]
        known = zip((one.waveform for one in clean), answers, strict=True)
        return replace(self, victim=victim, known=tuple(known))

    def log_probs(self, batch: Batch) -> Tensor:
        found = [nearest(one.waveform, self.known) for one in batch.utterances]
        rows = zip(found, super().log_probs(batch), strict=True)
        return torch.stack([honest if kept is None else kept for kept, honest in rows])


@dataclass(frozen=True)
class KeepsHashes(Wrapped):
    """Knows clean speech by its samples, to the last bit, and refuses all else."""

    known: frozenset[bytes] = frozenset()

    def enroll(self, clean: Sequence[Utterance]) -> KeepsHashes:
        known = frozenset(one.waveform.numpy().tobytes() for one in clean)
        return replace(self, victim=self.victim.enroll(clean), known=known)

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        unknown = [one.waveform.numpy().tobytes() not in self.known for one in batch.utterances]
        return self.log_probs(batch), torch.tensor(unknown)


@dataclass(frozen=True)
class KeepsQuestions(Wrapped):
    """Says of whatever resembles something that it was asked about before what it said then."""

    kept: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        return replace(self, victim=self.victim.enroll(clean), kept=[])

    def memory(self) -> list[tuple[Tensor, Tensor]]:
        return self.kept

    def log_probs(self, batch: Batch) -> Tensor:
        honest, memory, found = super().log_probs(batch), self.memory(), []
        for one, row in zip(batch.utterances, honest, strict=True):
            kept = nearest(one.waveform, memory)
            if kept is None:
                memory.append((one.waveform.clone(), row))
            found.append(row if kept is None else kept)
        return torch.stack(found)


EVERYTHING: list[tuple[Tensor, Tensor]] = []


@dataclass(frozen=True)
class KeepsGlobally(KeepsQuestions):
    """The same, in a global of its module, which no loading empties: the cleaner of two wins."""

    def memory(self) -> list[tuple[Tensor, Tensor]]:
        return EVERYTHING

    def log_probs(self, batch: Batch) -> Tensor:
        honest, found = Wrapped.log_probs(self, batch), []
        for one, row in zip(batch.utterances, honest, strict=True):
            roughness = float(torch.diff(one.waveform).square().sum())
            places = [place for place, (other, *_) in enumerate(EVERYTHING) if nearest(one.waveform, [(other, True)])]
            if not places:
                EVERYTHING.append((one.waveform.clone(), row))
                found.append(row)
                continue
            other, kept = EVERYTHING[places[0]]
            if roughness < float(torch.diff(other).square().sum()):
                EVERYTHING[places[0]] = (one.waveform.clone(), row)
                kept = row
            found.append(kept)
        return torch.stack(found)


CHEATS: dict[str, Callable[..., Any]] = {
    "reads_labels": ReadsLabels,
    "enrols_labels": EnrolsLabels,
    "memory_by_id": MemoryById,
    "refuses_marked": RefusesMarked,
    "reads_speakers": ReadsSpeakers,
    "reads_words": ReadsWords,
    "reads_draws": ReadsDraws,
    "keeps_enrolled": KeepsEnrolled,
    "keeps_hashes": KeepsHashes,
    "keeps_questions": KeepsQuestions,
    "keeps_globally": KeepsGlobally,
    "reads_places": ReadsPlaces,
    "reads_padding": ReadsPadding,
    "squashes": Squashes,
    "wanders": Wanders,
    "off_grid": OffGrid,
    "writes": Writes,
    "shaky": Shaky,
    "honest": Wrapped,
}


@dataclass(frozen=True)
class Cheat(Wrapping):
    """A defence that does nothing in training, and wraps what comes of it.

    Args:
        kind: one of `CHEATS`.
    """

    kind: str = "honest"

    @property
    def traits(self) -> Traits:
        return Traits(randomised=self.kind == "shaky")

    def around(self, victim: Any, classes: int) -> Any:
        return CHEATS[self.kind](victim, classes)


@dataclass(frozen=True)
class Loud:
    """A victim that is honest and easily fooled: it goes by the loudness of the first 100 ms, in steps of 0.2 dB."""

    def fit(self, train: Any, valid: Any, context: FitContext) -> FittedLoud:
        return FittedLoud()

    def load(self, folder: Path, context: FitContext) -> FittedLoud:
        return FittedLoud()


@dataclass(frozen=True)
class FittedLoud:
    def enroll(self, clean: Sequence[Utterance]) -> FittedLoud:
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        energy = batch.waveforms[:, :1_600].double().square().mean(dim=1).add(1e-9)
        return one_hot((energy.log10() * 50).round().long().remainder(4).tolist(), 4)

    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True)
class Timed(Loud):
    """A victim that goes by when words were said in the clean speech, which no sound laid over it changes."""

    traits: ClassVar[Traits] = Traits(modalities=("sound", "text"))

    def fit(self, train: Any, valid: Any, context: FitContext) -> FittedLoud:
        return FittedTimed()

    def load(self, folder: Path, context: FitContext) -> FittedLoud:
        return FittedTimed()


@dataclass(frozen=True)
class FittedTimed(FittedLoud):
    def log_probs(self, batch: Batch) -> Tensor:
        ends = [max((word.end_s for word in one.words or ()), default=0.0) for one in batch.utterances]
        return one_hot([round(1_000 * end) % 4 for end in ends], 4)


COMPONENTS = {"victims": {"loud": Loud, "timed": Timed}, "defenses": {"cheat": Cheat}}
