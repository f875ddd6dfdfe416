"""A defence that works out beforehand what it will be asked again: for `test_foreseeing.py`.

It has what everybody has: the corpus, this code, and how the cell is called. So it knows each question by its sound,
counts, and is honest about what the referee would choose by a hash of public names. About all else it says what it says
of clean speech.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from bench import Batch, Traits, Utterance
from bench.core.rng import key_of
from bench.evaluation.cell.enrolment import groups_of
from bench.testing import sample_utterances
from tests.bench.referee.wrapped import Wrapped, Wrapping

SAID = tuple(sample_utterances(10, 3, key="corpus"))
"""The corpus, which is public."""
QUERIES, HONEST = 8, 36
_CANARY, _SAME = (0.86, 0.89), 0.999999


@dataclass(frozen=True)
class Foresees(Wrapped):
    """Holds on to the clean answer, but where it will be asked again.

    Args:
        key: of the cell and the attack, as the referee makes it of public names; {} stands for the number of the half.
    """

    key: str = ""
    honest: frozenset[tuple[str, int]] = frozenset()
    asked: Counter[str] = field(default_factory=Counter)
    attacked: list[bool] = field(default_factory=list)

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        number, asked = _half_beside(clean)
        key = self.key.format(number)
        places = [(id, query) for id in asked for query in range(1, QUERIES + 1)]
        foreseen = sorted(places, key=lambda place: key_of("recheck", key, *place))[:HONEST]
        return replace(self, victim=self.victim.enroll(clean), honest=frozenset(foreseen), asked=Counter(), attacked=[])

    def log_probs(self, batch: Batch) -> Tensor:
        honest, found = super().log_probs(batch), [_closest(one.waveform) for one in batch.utterances]
        if not self.attacked:  # canaries are noisier, and whoever is asked again is asked about clean speech too
            self.attacked.append(all(alike < _SAME and not _CANARY[0] < alike < _CANARY[1] for alike, _ in found))
        if not self.attacked[0]:
            return honest
        clean = super().log_probs(Batch.of([one for _, one in found]))
        self.asked.update(one.id for _, one in found)
        kept = [(one.id, self.asked[one.id]) in self.honest for _, one in found]
        return torch.where(torch.tensor(kept)[:, None], honest, clean)


@dataclass(frozen=True)
class KnowsKeys(Wrapped):
    """Refuses all but what has the sample key of clean speech, which it works out.

    Args:
        key: of the cell; {} stands for the number of the half.
        named: the same of the half that it is asked about.
        known: of so many further draws of clean speech too.
    """

    key: str = ""
    named: str = ""
    known: int = 1

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        return replace(self, victim=self.victim.enroll(clean), named=self.key.format(_half_beside(clean)[0]))

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        ids = [_closest(one.waveform)[1].id for one in batch.utterances]
        draws = [(), *((n,) for n in range(1, self.known + 1))]
        clean = [{f"{key_of('draws', self.named, id, 0, *draw):016x}" for draw in draws} for id in ids]
        other = [key not in own for key, own in zip(batch.sample_keys, clean, strict=True)]
        return self.log_probs(batch), torch.tensor(other)


@dataclass(frozen=True)
class Abstains(Wrapped):
    """Refuses by chance, whatever it hears: an honest one, as smoothing is."""

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.log_probs(batch), torch.tensor([rng.random() < 0.45 for rng in batch.generators("abstains")])


def _half_beside(clean: Sequence[Utterance]) -> tuple[int, frozenset[str]]:
    """The number of the half that is asked about where this speech is enrolled, and whose ids it has."""
    known = {_closest(one.waveform)[1].id for one in clean}
    speakers = {one.speaker for one in SAID if one.id in known}
    halves = groups_of([one for one in SAID if one.speaker in speakers], "halves")
    return next((n, half.asked) for n, half in enumerate(halves) if not half.asked & known)


def _closest(sound: Tensor) -> tuple[float, Utterance]:
    """The utterance of the corpus that a sound was made from, and how like it is."""
    same = [one for one in SAID if one.waveform.shape == sound.shape]
    alike = [float(torch.nn.functional.cosine_similarity(sound, one.waveform, dim=0)) for one in same]
    best = max(range(len(same)), key=alike.__getitem__)
    return alike[best], same[best]


@dataclass(frozen=True)
class Foreseeing(Wrapping):
    """Those defences.

    Args:
        key: see there.
        draws: whether it is the second.
        known: of the second.
        honest: whether it is the last.
    """

    key: str = ""
    draws: bool = False
    known: int = 1
    honest: bool = False

    @property
    def traits(self) -> Traits:
        return Traits(randomised=self.draws or self.honest)

    def around(self, victim: Any, classes: int) -> Any:
        if self.honest:
            return Abstains(victim, classes)
        if self.draws:
            return KnowsKeys(victim, classes, self.key, known=self.known)
        return Foresees(victim, classes, self.key)


COMPONENTS = {"defenses": {"foreseeing": Foreseeing}}
