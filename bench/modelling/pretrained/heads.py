"""Victims on a pretrained encoder (P3, sections 4.1 and 4.2): dense layers of 512 and 256 units, softmax.

An encoder that stays as it is ("frozen") is asked once about each utterance that is trained on; one that is fine-tuned
is part of the network and of what is saved.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench.contracts.protocols import FitContext
from bench.contracts.traits import Traits
from bench.core.batch import Batch
from bench.core.errors import DataError
from bench.core.types import Utterance
from bench.modelling.optimizers import uncompiled
from bench.modelling.pretrained.classifier import Classifier
from bench.modelling.pretrained.encoders import Front, padded
from bench.modelling.pretrained.head import Head
from bench.modelling.pretrained.hub import ModelSource
from bench.modelling.schedule import Schedule
from bench.modelling.seeding import seeded
from bench.modelling.sequences import Sequences
from bench.modelling.training import fit_network
from bench.modelling.weights import load_into, load_weights, save_weights


class OnEncoder(ABC):
    """The recipe of a victim on a pretrained encoder: what those that read and those that hear have in common.

    Attributes:
        name: of the victim.
        source: where its encoder comes from.
        frozen: and the others: see `Head`.
    """

    name: ClassVar[str]
    source: ClassVar[ModelSource]
    frozen: bool
    dropout: float
    learning_rate: float | None
    batch_size: int
    max_epochs: int
    patience: int

    @abstractmethod
    def folder(self) -> Path:
        """Find the encoder's folder.

        Raises:
            UsageError: there is none, or it holds no safe encoder.
        """

    @abstractmethod
    def front(self, context: FitContext) -> Front:
        """Give the encoder, loaded; one that stays as it is may serve several victims."""

    @property
    def head(self) -> Head:
        """Return what is trained on the encoder, and how."""
        return Head(self.frozen, self.dropout, self.learning_rate, self.batch_size, self.max_epochs, self.patience)

    def fingerprint(self) -> str:
        """Digest the encoder's files."""
        return self.source.fingerprint(self.folder())

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedHead:
        """Train on `train`, choose the epoch on `valid`."""
        return fit_head(self.name, self, self.head, self.front(context), train, valid, context)

    def load(self, folder: Path, context: FitContext) -> FittedHead:
        """Give the fitted victim from its folder."""
        return load_head(self.name, self, self.head, self.front(context), folder, context)


@dataclass(frozen=True)
class FittedHead:
    """A trained victim on an encoder.

    Args:
        name: of the victim.
        recipe: what it was trained as, a dataclass.
        classes: the output columns.
        front: the encoder.
        network: what was trained, in evaluation mode.
        known: the reader's marks of enrolled utterances: a frozen encoder is asked about each of them alone, and once.
    """

    name: str
    recipe: Any
    classes: tuple[str, ...]
    front: Front
    network: Classifier
    known: Set[Hashable] = field(default=frozenset(), repr=False)
    traits: ClassVar[Traits] = Traits(concurrent=True)

    def enroll(self, clean: Sequence[Utterance]) -> FittedHead:
        """Return a victim that keeps what a frozen encoder says of these utterances; it need not know anybody."""
        if self.network.encoder is not None:
            return self
        return replace(self, known=frozenset(map(self.front.reader.mark, clean)))

    def log_probs(self, batch: Batch) -> Tensor:
        """Compute class log-probabilities, shape (b, c), columns in the task's order."""
        return torch.log_softmax(self.network(*self._features(batch)), dim=-1)

    def hidden(self, batch: Batch) -> Tensor:
        """Compute the vector before the output, shape (b, 256)."""
        return self.network.hidden(*self._features(batch))

    def save(self, folder: Path) -> None:
        """Write weights as safetensors and what they are as JSON; a frozen encoder stays where it is."""
        save_weights(folder, self.network.state_dict(), self._note())

    def _note(self) -> dict[str, Any]:
        recipe = asdict(self.recipe)
        return {"victim": self.name, "recipe": recipe, "classes": self.classes, "encoder": self.front.fingerprint}

    def _features(self, batch: Batch) -> tuple[Tensor, Tensor]:
        given = zip(batch.utterances, batch.waveforms, batch.lengths.tolist(), strict=True)
        heard = [replace(utterance, waveform=wave[:length]) for utterance, wave, length in given]
        if self.network.encoder is not None:
            return padded([self.front.reader.read(utterance) for utterance in heard], self.front.device)
        vectors = self.front.answers(heard, self.known)
        return vectors, torch.full((len(vectors),), self.front.width, device=self.front.device)


def fit_head(
    name: str,
    recipe: Any,
    head: Head,
    front: Front,
    train: Sequence[Utterance],
    valid: Sequence[Utterance],
    context: FitContext,
) -> FittedHead:
    """Train a victim on an encoder: weighted cross-entropy, Adam, early stopping (P3, sections 4.1 and 4.2).

    Args:
        name: of the victim.
        recipe: its parameters, to be saved.
        head: those that say how to train.
        front: the encoder; changed where it is fine-tuned.
        train: what is learnt from.
        valid: what chooses the epoch.
        context: task, seed, progress.
    """
    data = []
    for part in (train, valid):
        features = front.vectors(part, context.progress) if head.frozen else [front.input(one) for one in part]
        labels = [context.task.index_of(one) for one in part]
        data.append(Sequences(features, torch.tensor(labels, device=context.device)))
    with seeded(context.seed, name):
        fitted = _fresh(name, recipe, head, front, context)
        trained = [tensor for tensor in fitted.network.parameters() if tensor.requires_grad]
        optimizer = uncompiled(torch.optim.Adam)(trained, lr=head.rate)
        schedule = Schedule(head.batch_size, head.max_epochs, head.patience)
        fit_network(fitted.network, optimizer, data[0], data[1], schedule, context)
    return fitted


def load_head(name: str, recipe: Any, head: Head, front: Front, folder: Path, context: FitContext) -> FittedHead:
    """Load what `fit_head` gave, from its folder.

    Args:
        name: of the victim.
        recipe: its parameters.
        head: those that say how it was trained.
        front: the encoder; changed where it was fine-tuned.
        folder: what the fitted victim's `save` wrote.
        context: task and device.

    Raises:
        DataError: it was trained on another encoder, or its files are damaged.
    """
    tensors, config = load_weights(folder, context.device)
    with seeded(name):
        fitted = _fresh(name, recipe, head, front, context)
    if config.get("encoder") != front.fingerprint:
        found = "a victim that was trained on another encoder"
        raise DataError(folder, found, "the encoder that it was trained on", "delete the folder, and train it again")
    load_into(fitted.network, tensors, folder)
    return fitted


def _fresh(name: str, recipe: Any, head: Head, front: Front, context: FitContext) -> FittedHead:
    """With drawn dense layers."""
    classes = context.task.classes
    front.encoder.requires_grad_(not head.frozen)
    network = Classifier(front, len(classes), head).to(context.device).eval()
    return FittedHead(name, recipe, classes, front, network)
