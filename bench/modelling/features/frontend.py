"""From utterances to standardised features: what the victims that hear eGeMAPS share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import torch
from torch import Tensor

from bench.core.batch import Batch
from bench.core.errors import ComponentError, DataError
from bench.core.showing.progress import SILENT, Progress
from bench.core.types import Utterance
from bench.modelling.features.egemaps import WIDTHS, Level, heard, remembered

Scope = Literal["training", "speaker"]
"""Whose mean and deviation: of the training set, or of each speaker's clean utterances."""

_EVERYBODY = ""
_CONSTANT = 1e-6


@dataclass(frozen=True)
class FrontEnd:
    """eGeMAPS of utterances, each feature less its mean and over its standard deviation.

    Args:
        where: whose it is, for messages: "victim 'lstm_egemaps'".
        level: which features.
        scope: whose statistics: "training" is fixed by `fitted`; "speaker" is taken by `enrolled`, from clean
            utterances, and does not follow an attack.
        average: consecutive frames that are made one, their mean, before anything else; the last may be of fewer.
        statistics: mean and deviation, shape (2, d), by speaker; under "" those of the training set, or where each
            speaker has their own, those of the training speakers on average: for a speaker who is not enrolled.
    """

    where: str
    level: Level
    scope: Scope
    average: int = 1
    statistics: Mapping[str, Tensor] = field(default_factory=lambda: MappingProxyType({}))

    def fitted(
        self, train: Sequence[Utterance], progress: Progress = SILENT, clean: Sequence[Utterance] = ()
    ) -> FrontEnd:
        """Return this front end with the statistics of the training set, or the average of the training speakers'.

        Args:
            train: the utterances that are trained on.
            progress: told of sounds whose features are not in the cache.
            clean: clean utterances of the same speakers, for their average; those trained on where empty.
        """
        if self.scope == "speaker":
            voices = self.enrolled(clean or train, progress).statistics
            return replace(self, statistics={_EVERYBODY: average_of(voices)})
        return replace(self, statistics={_EVERYBODY: statistics_of(self._clean(train, progress))})

    def enrolled(self, clean: Sequence[Utterance], progress: Progress = SILENT) -> FrontEnd:
        """Return this front end with the statistics of these speakers, where those are used.

        Args:
            clean: clean utterances of speakers who will be heard; labels are not looked at.
            progress: told of sounds whose features are not in the cache.
        """
        if self.scope == "training":
            return self
        voices: dict[str, list[Tensor]] = defaultdict(list)
        for utterance, features in zip(clean, self._clean(clean, progress), strict=True):
            voices[utterance.speaker].append(features)
        own = {speaker: statistics_of(found) for speaker, found in voices.items()}
        return replace(self, statistics={**self._everybody, **own})

    def clean(
        self, utterances: Sequence[Utterance], progress: Progress = SILENT, known: Sequence[Utterance] = ()
    ) -> list[Tensor]:
        """Compute the standardised features of utterances to learn from; they are cached.

        With the scope "speaker" the statistics come from `known`, clean ones of the same speakers, or from these very
        utterances where none are given.

        Args:
            utterances: what is learnt from.
            progress: told of sounds whose features are not in the cache.
            known: clean utterances of the same speakers.

        Returns:
            Tensors of shape (frames, d), on the CPU.
        """
        return self.enrolled(known or utterances, progress)._standardised(utterances, self._clean(utterances, progress))

    def heard(self, batch: Batch) -> list[Tensor]:
        """Compute the standardised features of what a victim is asked about, each of shape (frames, d), on the CPU.

        Raises:
            ComponentError: a speaker was not enrolled, and nothing is known of the training speakers.
        """
        return self._standardised(batch.utterances, self._averaged(heard(batch, self.level, self.where)))

    def tensors(self) -> dict[str, Tensor]:
        """Return what has to be saved: the training set's statistics; a speaker's are taken anew by `enrolled`."""
        return {self._saved_as: self.statistics[_EVERYBODY]} if _EVERYBODY in self.statistics else {}

    def loaded(self, tensors: dict[str, Tensor], folder: Path) -> FrontEnd:
        """Return this front end with the statistics that `tensors` gave, which are taken out of the dictionary.

        Args:
            tensors: as read from the folder; what `tensors` named is removed.
            folder: where they come from, for the message.

        Raises:
            DataError: they are not there, or have another shape; where each speaker has their own, a victim of before
                may have been saved without.
        """
        kept, shape = tensors.pop(self._saved_as, None), (2, WIDTHS[self.level])
        if kept is None and self.scope == "speaker":
            return self
        if kept is None or tuple(kept.shape) != shape:
            found = "no statistics" if kept is None else f"statistics of shape {tuple(kept.shape)}"
            raise DataError(folder, found, f"statistics of shape {shape}", "delete the folder")
        return replace(self, statistics={_EVERYBODY: kept.cpu()})

    def _clean(self, utterances: Sequence[Utterance], progress: Progress) -> list[Tensor]:
        waveforms = [utterance.waveform for utterance in utterances]
        return self._averaged(remembered(waveforms, self.level, self.where, progress))

    def _averaged(self, features: list[Tensor]) -> list[Tensor]:
        if self.average == 1:
            return features
        return [torch.stack([part.mean(dim=0) for part in torch.split(frames, self.average)]) for frames in features]

    def _standardised(self, utterances: Sequence[Utterance], features: Sequence[Tensor]) -> list[Tensor]:
        names = [_EVERYBODY if self.scope == "training" else utterance.speaker for utterance in utterances]
        names = [name if name in self.statistics else _EVERYBODY for name in names]
        if not set(names) <= set(self.statistics):
            found, expected = "a speaker who is not enrolled, and no statistics of the training speakers", "one of both"
            raise ComponentError(self.where, found, expected, "train the victim anew, or enrol the speaker")
        pairs = zip(features, (self.statistics[name] for name in names), strict=True)
        return [(frames - mean) / deviation for frames, (mean, deviation) in pairs]

    @property
    def _saved_as(self) -> str:
        return "statistics" if self.scope == "training" else "average"

    @property
    def _everybody(self) -> dict[str, Tensor]:
        return {name: kept for name, kept in self.statistics.items() if name == _EVERYBODY}


def average_of(statistics: Mapping[str, Tensor]) -> Tensor:
    """Average the speakers' means and deviations, each speaker counting as one.

    Args:
        statistics: by speaker, at least one, each of shape (2, d).

    Returns:
        Shape (2, d).

    >>> average_of({"ann": torch.tensor([[0.0], [1.0]]), "bob": torch.tensor([[4.0], [3.0]])})
    tensor([[2.],
            [2.]])
    """
    return torch.stack([statistics[name] for name in sorted(statistics)]).mean(dim=0)


def statistics_of(features: Sequence[Tensor]) -> Tensor:
    """Compute mean and standard deviation of each feature over all frames; a constant's deviation counts as 1.

    Args:
        features: tensors of shape (frames, d).

    Returns:
        Shape (2, d), float32.

    >>> statistics_of([torch.tensor([[1.0, 5.0]]), torch.tensor([[3.0, 5.0], [5.0, 5.0]])])
    tensor([[3.0000, 5.0000],
            [1.6330, 1.0000]])
    """
    count = sum(len(frames) for frames in features)
    mean = torch.stack([frames.double().sum(dim=0) for frames in features]).sum(dim=0) / count
    squares = torch.stack([(frames.double() - mean).square().sum(dim=0) for frames in features]).sum(dim=0)
    deviation = (squares / count).sqrt()
    return torch.stack([mean, deviation.where(deviation > _CONSTANT, torch.ones_like(deviation))]).float()
