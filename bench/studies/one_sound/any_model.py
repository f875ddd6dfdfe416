"""A model in memory as a fitted victim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from bench.contracts.protocols import FitContext, Victim
from bench.contracts.traits import Traits
from bench.core.batch import Batch
from bench.core.errors import ComponentError, UsageError
from bench.core.types import Task, Utterance
from bench.modelling.pretrained.labels import LABEL_ALONE
from bench.modelling.pretrained.score_forms import log_scores
from bench.studies.one_sound.asked_model import Answer, Model, Sound

OTHER = "another label"
"""The second class of a model that says labels and not which ones it has."""


@dataclass(frozen=True)
class AnyVictim:
    """A model of any kind as a fitted victim.

    Args:
        model: is asked.
        classes: its labels; with [`OTHER`][bench.studies.one_sound.any_model.OTHER] where they are not known.
    """

    model: Model
    classes: tuple[str, ...]
    traits: ClassVar[Traits] = Traits()

    def enroll(self, clean: Sequence[Utterance]) -> AnyVictim:
        """Return itself: it needs to know nobody."""
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        """Return class log-probabilities, shape (b, c)."""
        answers = [self.model.answer(one.waveform.cpu().numpy()) for one in batch.utterances]
        return torch.stack([self._row(answer) for answer in answers]).to(batch.waveforms.device)

    def save(self, folder: Path) -> None:
        """Refuse: what is in memory alone is not kept.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            self.model.where, "a model in memory", "a victim that is kept", "give it as python:FILE:OBJECT"
        )

    def _row(self, answer: Answer) -> Tensor:
        if isinstance(answer, Mapping):
            missing = set(self.classes) ^ set(answer)
            if missing:
                said = f"labels that come and go: {', '.join(sorted(missing))}"
                raise ComponentError(self.model.where, said, "the same labels for every sound", "give all of them")
            shares = torch.tensor([[answer[name] for name in self.classes]], dtype=torch.float64)
            return log_scores(self.model.where, shares)[0].clamp(min=-27.6).float()
        known = answer in self.classes
        if not known and self.classes[-1] != OTHER:
            expected = "one of labels=[...]: " + ", ".join(self.classes)
            raise ComponentError(self.model.where, f"the label {answer[:60]!r}", expected, "give all of its labels")
        row = torch.full((len(self.classes),), LABEL_ALONE / (len(self.classes) - 1), dtype=torch.float64)
        row[self.classes.index(answer) if known else -1] = 1 - LABEL_ALONE
        return row.log().float()


@dataclass(frozen=True)
class Given:
    """A fitted victim as a recipe: what a defence defends.

    Args:
        victim: stands already.
    """

    victim: Victim
    traits: ClassVar[Traits] = Traits(trains=False)

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Victim:
        """Return the victim: nothing is trained."""
        return self.victim

    def load(self, folder: Path, context: FitContext) -> Victim:
        """Return the victim."""
        return self.victim


def victim_of(model: Model, sound: Sound) -> AnyVictim:
    """Make a victim of a model; its classes are the labels that it has, or names for the sound as it is.

    Args:
        model: of any kind.
        sound: the clean sound, shape (t,).
    """
    clean = model.answer(sound)
    alone = model.labels if clean in model.labels else (str(clean), OTHER)
    classes = tuple(clean) if isinstance(clean, Mapping) else alone
    if len(classes) < 2:
        raise UsageError(
            model.where, f"the one label {classes[0]!r}", "two labels or more", "there is nothing to change"
        )
    return AnyVictim(model, classes)


def own_task(classes: Sequence[str]) -> Task:
    """Make a task of a model's own labels."""
    return Task("own", tuple(classes), "emotion")
