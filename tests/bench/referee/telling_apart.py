"""Victims that tell by what they are asked first, or beside it, which instance they are: a plug-in file, for
`test_telling_apart.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from bench import Batch, Traits, Utterance
from tests.bench.referee.wrapped import Wrapped, Wrapping, nearest


@dataclass(frozen=True)
class Knowing(Wrapped):
    """Knows which instance it is: a few canaries are the first that one hears, seven the most that another does."""

    sizes: list[int] = field(default_factory=list)

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        return replace(self, victim=self.victim.enroll(clean), sizes=[])

    def which(self, batch: Batch) -> str:
        self.sizes.append(len(batch))
        return {8: "clean", 7: "again"}.get(self.sizes[0], "attacked")


@dataclass(frozen=True)
class TiesAttacks(Knowing):
    """Finds all classes equally likely of whatever attacks ask."""

    def log_probs(self, batch: Batch) -> Tensor:
        honest = super().log_probs(batch)
        return torch.zeros_like(honest).log_softmax(1) if self.which(batch) == "attacked" else honest


@dataclass(frozen=True)
class TiesAgain(Knowing):
    """The same of whatever it is asked again: what had succeeded is none then."""

    def log_probs(self, batch: Batch) -> Tensor:
        honest = super().log_probs(batch)
        return torch.zeros_like(honest).log_softmax(1) if self.which(batch) == "again" else honest


@dataclass(frozen=True)
class RefusesAttacks(Knowing):
    """Refuses whatever attacks ask, and has no answer where it is asked again."""

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        which, honest = self.which(batch), self.log_probs(batch)
        answers = torch.zeros_like(honest).log_softmax(1) if which == "again" else honest
        return answers, torch.full((len(batch),), which == "attacked")


@dataclass(frozen=True)
class RefusesDraws(Wrapped):
    """Refuses what stands in its batch several times: so draws are asked for that confirm an answer."""

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        sounds = [one.waveform.numpy().tobytes() for one in batch.utterances]
        return self.log_probs(batch), torch.tensor([sounds.count(one) > 1 for one in sounds])


KNOWN: list[tuple[Tensor, Tensor]] = []


@dataclass(frozen=True)
class EnrolsGlobally(Wrapped):
    """Keeps in a global of its module the clean clips of all that it was ever enrolled with, and answers for the
    nearest one: what is attacked in one half was enrolled for the other."""

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        victim = self.victim.enroll(clean)
        with torch.no_grad():
            KNOWN.extend((one.waveform.clone(), victim.log_probs(Batch.of([one]))[0]) for one in clean)
        return replace(self, victim=victim)

    def log_probs(self, batch: Batch) -> Tensor:
        found = [nearest(one.waveform, KNOWN) for one in batch.utterances]
        rows = zip(found, super().log_probs(batch), strict=True)
        return torch.stack([honest if kept is None else kept for kept, honest in rows])


CHEATS: dict[str, Callable[..., Any]] = {
    "honest": Wrapped,
    "ties_attacks": TiesAttacks,
    "ties_again": TiesAgain,
    "refuses_attacks": RefusesAttacks,
    "refuses_draws": RefusesDraws,
    "enrols_globally": EnrolsGlobally,
}


@dataclass(frozen=True)
class Tells(Wrapping):
    """A defence that wraps a victim in one of `CHEATS`.

    Args:
        kind: which.
    """

    kind: str = "honest"

    @property
    def traits(self) -> Traits:
        return Traits(randomised=self.kind == "refuses_draws")

    def around(self, victim: Any, classes: int) -> Any:
        return CHEATS[self.kind](victim, classes)


COMPONENTS = {"defenses": {"tells": Tells}}
