"""A model in memory as the victim of a run: asked as `bench.attack` asks it, its labels read as a task's classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from bench.contracts.protocols import FitContext, Victim
from bench.contracts.traits import Traits, traits_of
from bench.core.batch import Batch
from bench.core.code.keys import fingerprint
from bench.core.errors import ComponentError
from bench.core.types import Utterance
from bench.modelling.pretrained.borrowed import PROBES, Borrowed, BorrowedRecipe, refuse_mixing, write_note
from bench.modelling.pretrained.labels import Labels
from bench.modelling.pretrained.score_forms import log_scores
from bench.studies.one_sound.asked_model import Answer, Model


@dataclass(frozen=True)
class ModelInMemory(BorrowedRecipe["FittedInMemory"]):
    """A model in memory as a recipe: nothing is trained, and what is kept of it is a note.

    Args:
        model: of any kind.
        content: the digest that tells it from others.
        labels: the user's, see `Labels.given`.
        trained_on: speakers of the corpus that it was trained on.
    """

    model: Model = field(repr=False, compare=False)
    content: str
    labels: tuple[str, ...] = ()
    trained_on: tuple[str, ...] = ()

    @property
    def traits(self) -> Traits:
        """Declare that nothing is trained here, and on whom it was elsewhere."""
        return Traits(trains=False, trained_on=self.trained_on)

    def fingerprint(self) -> str:
        """Return what tells it from others."""
        return fingerprint([self.content, *self.labels])

    def loaded(self, context: FitContext) -> FittedInMemory:
        """Read its labels for the task.

        Raises:
            UsageError: they cannot be read so.
        """
        labels = Labels.given(self.model.where, context.task, self.labels, context.progress)
        return FittedInMemory(self, labels, labels.names or self.model.labels, context.device, self.model)


@dataclass(frozen=True)
class FittedInMemory(Borrowed):
    """The model, and how its labels are read.

    Args:
        recipe: what it is.
        labels: how they are read.
        names: of its outputs, where they are known.
        device: where the answers go.
        model: is asked.
    """

    recipe: ModelInMemory
    labels: Labels
    names: tuple[str, ...]
    device: torch.device
    model: Model
    victim: ClassVar[str] = "in memory"

    def check(self, probes: Sequence[Utterance]) -> None:
        """Refuse one whose answers are none of the task's classes, or depend on chance."""
        if self.names:
            self.labels.columns(self.names)
        refuse_mixing(self.labels.where, self.ask, probes)

    def ask(self, utterances: Sequence[Utterance]) -> Tensor:
        """Estimate class log-probabilities, shape (n, c), one utterance at a time."""
        answers = [self.model.answer(one.waveform.cpu().numpy()) for one in utterances]
        return torch.cat([self._read(answer) for answer in answers])

    def _read(self, answer: Answer) -> Tensor:
        if not isinstance(answer, Mapping):
            return self.labels.of_names([answer])
        names = tuple(answer)
        self.labels.columns(names)
        shares = torch.tensor([[answer[name] for name in names]], dtype=torch.float64)
        return self.labels.of_scores(names, log_scores(self.labels.where, shares))


@dataclass(frozen=True)
class StandingVictim:
    """A fitted victim as a recipe: it answers in the classes of the one task that it was fitted for.

    Args:
        victim: stands already.
        where: whose, for messages.
        content: the digest that tells it from others.
        trained_on: speakers of the corpus that it was trained on.
    """

    victim: Victim = field(repr=False, compare=False)
    where: str
    content: str
    trained_on: tuple[str, ...] = ()

    @property
    def traits(self) -> Traits:
        """Declare what the victim does, that nothing is trained here, and on whom it was elsewhere."""
        own = traits_of(self.victim)
        return replace(own, trains=False, trained_on=self.trained_on or own.trained_on)

    def fingerprint(self) -> str:
        """Return what tells it from others."""
        return self.content

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Noted:
        """Look at the shape of what it answers; nothing is trained.

        Raises:
            ComponentError: it does not answer with a column for each of the task's classes.
        """
        probes = list(train[:PROBES])
        expected = (len(probes), len(context.task.classes))
        with torch.no_grad():
            answer = self.victim.enroll(()).log_probs(Batch.of(probes, context.device)) if probes else None
        if answer is not None and tuple(answer.shape) != expected:
            remedy = f"give one fitted for task {context.task.name!r}"
            raise ComponentError(self.where, f"an answer of shape {tuple(answer.shape)}", f"{expected}", remedy)
        return Noted(self.victim, self.content)

    def load(self, folder: Path, context: FitContext) -> Victim:
        """Return the victim."""
        return self.victim


@dataclass(frozen=True)
class Noted:
    """A fitted victim of which a note alone is kept.

    Args:
        victim: it.
        content: the digest that tells it from others.
    """

    victim: Victim
    content: str

    def enroll(self, clean: Sequence[Utterance]) -> Victim:
        """Let it know speakers."""
        return self.victim.enroll(clean)

    def log_probs(self, batch: Batch) -> Tensor:
        """Ask it."""
        return self.victim.log_probs(batch)

    def save(self, folder: Path) -> None:
        """Write what it is, as JSON; the victim stays in memory."""
        write_note(folder, {"victim": "in memory", "content": self.content})
