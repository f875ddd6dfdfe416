"""The data and the machine that cells are measured with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

import torch

from bench.contracts.component import Component
from bench.contracts.perception import Perception, p1
from bench.contracts.pipeline import modalities_of
from bench.contracts.registry import Registry
from bench.core.computing.memo import Memo
from bench.core.noises import NoiseSet
from bench.core.showing.progress import SILENT, Progress
from bench.core.types import Dataset, Modality, Part, Task, Utterance
from bench.data.across import attacked_elsewhere
from bench.data.leakage import check_noises
from bench.data.partitions import Partition
from bench.data.splits import split_named
from bench.data.tasks import usable
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.enrolment import Enrolment


@dataclass(frozen=True)
class Experiment(Memo):
    """The data and the machine that cells are measured with.

    Args:
        registry: finds components.
        dataset: the corpus, read: what is attacked.
        noises: the noise bank, read.
        device: where tensors go.
        batch_size: searches side by side; changes no result.
        min_snr_db: what counts as a success, in dB.
        perception: which perturbations people do not hear as another emotion.
        progress: told of long steps.
        measures: what is measured on accepted candidates, see `bench.measures.catalogue`.
        corpus_code: digest of the code that read the corpus.
        noise_code: digest of the code that read the noise banks.
        enrolment: which clean speech a victim may know of the speakers whose speech it is asked about.
        max_requests: as many requests a service may be sent in all; None for as many as its victim says.
        draws: further answers of a randomised victim that say whether a changed label is chance.
        given: fitted victims that are taken from these folders as they stand, and no others: nothing is trained then.
        training: another corpus, that victims and defences are trained on; None where that is `dataset`.
        training_code: digest of the code that read it.
    """

    registry: Registry
    dataset: Dataset
    noises: NoiseSet
    device: torch.device
    batch_size: int = 64
    min_snr_db: float = 10.0
    perception: Perception = field(default_factory=p1)
    progress: Progress = SILENT
    measures: tuple[str, ...] = ()
    corpus_code: str = ""
    noise_code: str = ""
    enrolment: Enrolment = "halves"
    max_requests: int | None = None
    draws: int = 5
    given: Mapping[FittedKey, Path] | None = field(default=None, repr=False, compare=False)
    training: Dataset | None = None
    training_code: str = ""

    @property
    def trained_on(self) -> Dataset:
        """Return the corpus that victims and defences are trained on."""
        return self.dataset if self.training is None else self.training

    @property
    def trained_on_code(self) -> str:
        """Return the digest of the code that read it."""
        return self.corpus_code if self.training is None else self.training_code

    def split(self, fitted: FittedKey) -> Partition:
        """Return a fitted victim's utterances in three parts. Those next to each other often share one.

        Raises:
            bench.core.errors.DataError: the corpus cannot serve the task or the split.
        """
        return self._last_split(fitted.modalities, fitted.task, fitted.split, fitted.fold)

    @cached_property
    def _last_split(self) -> Callable[[tuple[Modality, ...], Task, str, int], Partition]:
        @lru_cache(maxsize=1)
        def split(modalities: tuple[Modality, ...], task: Task, name: str, fold: int) -> Partition:
            protocol = split_named(name)
            own = protocol.split(self._usable(modalities, task), fold, self.trained_on.name)
            if self.training is None:
                return own
            known = self.dataset.utterances
            attacked = usable(known, task, self.dataset.name, modalities, self.training.utterances)
            return attacked_elsewhere(own, protocol, attacked)

        return split

    def folds(self, victim: Component, task: Task, split: str) -> int:
        """Count the folds that a protocol has here.

        Args:
            victim: says what has to be perceived.
            task: says what has to be labelled.
            split: the protocol of `--split`.
        """
        utterances = self._usable(modalities_of(victim.object, None), task)
        return split_named(split).folds(utterances, self.trained_on.name)

    def _usable(self, modalities: tuple[Modality, ...], task: Task) -> tuple[Utterance, ...]:
        """The utterances to train on that have a label, and what the victim and its defence perceive."""
        source, beside = self.trained_on, () if self.training is None else self.dataset.utterances
        return usable(source.utterances, task, source.name, modalities, beside)

    def noise_fingerprint(self, part: Part) -> str:
        """Return the fingerprint of one half of the noise bank, which every key holds: computed once.

        Args:
            part: which half.

        Raises:
            bench.core.errors.DataError: the bank cannot be halved.
        """
        return self.once(("noise fingerprint", part), lambda: self.noises.part(part).fingerprint)

    def check_noises(self) -> None:
        """Compare the two halves of the noise bank, once: what trains never attacks.

        Raises:
            bench.core.errors.DataError: a recording stands in both.
        """
        self.once("noises apart", lambda: check_noises(self.noises.part("train"), self.noises.part("test")))

    def telling(self, progress: Progress) -> Experiment:
        """Return the same with others who are told of long steps; what has been computed once is so for both.

        Args:
            progress: is told.
        """
        other = replace(self, progress=progress)
        vars(other).update(_memo=self._memo)
        return other

    @cached_property
    def resident(self) -> NoiseSet:
        """Return the noise bank where it is computed on: a GPU gets it once, not with every cell."""
        return self.noises.on(self.device)
