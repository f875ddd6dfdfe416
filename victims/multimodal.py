"""P3's fusion (section 4.3): the last hidden vectors of a text and a sound victim, one dense layer, softmax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bench import (
    Batch,
    ComponentError,
    Embedding,
    FitContext,
    Spec,
    Traits,
    Tunable,
    UsageError,
    Utterance,
    batches,
    check_fields,
    inner_spec,
    one_thread,
    traits_of,
)
from bench.modelling.optimizers import uncompiled
from bench.modelling.schedule import Schedule
from bench.modelling.seeding import seeded
from bench.modelling.sequences import Sequences
from bench.modelling.training import fit_network
from bench.modelling.weights import load_into, load_weights, save_weights

_WHERE = "victim 'multimodal'"
_SENSES = ("text", "audio")
_UNITS = 128
_TOGETHER = 64


@dataclass(frozen=True)
class Multimodal:
    """Joins a text and a sound victim: their last hidden vectors side by side, a dense layer of 128 units, softmax.

    The two are trained first, each as if it were alone; then the joint layers on what they show. Weighted
    cross-entropy, Adam, the epoch with the lowest validation loss. Any two registered victims can be joined that have a
    method `hidden`: `bert_text`, `wav2vec2_audio`, `cnn_gru`, `multimodal`, or a plug-in's.

    Args:
        text: the spec of a victim; a comma between its parameters is doubled:
            `multimodal:text=bert_text:pooling=mean,,dropout=0.2,audio=cnn_gru`.
        audio: the spec of the other victim, written likewise.
        learning_rate: of the joint layers.
        fine_tune: afterwards train everything together that the two have trained: P3's, with
            `text=bert_text:encoder=bert-base-uncased,,frozen=false`; wants a GPU.
        tune_rate: learning rate of that; P3's.
        batch_size: utterances a training step; P3's.
        max_epochs: of each of the two trainings. P3 names none.
        patience: epochs without a lower validation loss.

    Differences to the original: P3 joins BERT and wav2vec 2.0, and trains all at once from the two encoders; here the
    two victims are trained first, and stay as they are unless `fine_tune`. By default both run with no hub and no GPU.
    P3 names no optimizer (Adam here); its class weights, "proportional to the number of instances", are read inversely.
    """

    text: str = "bert_text"
    audio: str = "cnn_gru"
    learning_rate: float = 1e-3
    fine_tune: bool = False
    tune_rate: float = 5e-6
    batch_size: int = 4
    max_epochs: int = 100
    patience: int = 10

    def __post_init__(self) -> None:
        usual = "leave it out for the default"
        check_fields(self, _WHERE, ("batch_size", "max_epochs", "patience"), usual, at_least=1)
        check_fields(self, _WHERE, ("learning_rate", "tune_rate"), usual, above=0)
        for name, spec in zip(_SENSES, self._specs, strict=True):
            Spec.parse(spec, f"{_WHERE}, parameter {name!r}")

    @property
    def traits(self) -> Traits:
        """Declare the two victims, and that it perceives what both do.

        >>> Multimodal(text="bert_text:pooling=mean,dropout=0.2").traits.made_of
        (('victims', 'bert_text:pooling=mean,dropout=0.2'), ('victims', 'cnn_gru'))
        """
        return Traits(modalities=("sound", "text"), made_of=tuple(("victims", spec) for spec in self._specs))

    @property
    def _specs(self) -> tuple[str, str]:
        return inner_spec(self.text), inner_spec(self.audio)

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedMultimodal:
        """Train the two, then what joins them, on `train`; choose the epochs on `valid`."""
        parts = tuple(self._shown(recipe.fit(train, valid, context), spec) for recipe, spec in self._recipes(context))
        modules = self._modules(parts) if self.fine_tune else []
        sides = [Side(tuple(part.enroll(said) for part in parts), said, context) for said in (train, valid)]
        vectors = [side.vectors() for side in sides]
        with seeded(context.seed, "multimodal"):
            joint = Joint(vectors[0].shape[1], len(context.task.classes)).to(context.device)
            data = [side.labelled(rows) for side, rows in zip(sides, vectors, strict=True)]
            self._train(joint, data, self.learning_rate, context)
            if self.fine_tune:
                places = torch.arange(len(train) + len(valid), device=context.device)[:, None]
                data = [sides[0].labelled(places[: len(train)]), sides[1].labelled(places[len(train) :])]
                self._train(Whole(joint, modules, sides), data, self.tune_rate, context)
        return FittedMultimodal(self, context.task.classes, parts, joint.eval())

    def load(self, folder: Path, context: FitContext) -> FittedMultimodal:
        """Load the fitted victim from its folder."""
        tensors, _ = load_weights(folder, context.device)
        made = zip(_SENSES, self._recipes(context), strict=True)
        parts = tuple(self._shown(recipe.load(folder / name, context), spec) for name, (recipe, spec) in made)
        with seeded("multimodal"):
            joint = Joint(tensors["dense.weight"].shape[1], len(context.task.classes)).to(context.device)
        load_into(joint, tensors, folder)
        return FittedMultimodal(self, context.task.classes, parts, joint.eval())

    def _recipes(self, context: FitContext) -> list[tuple[Any, str]]:
        build = context.component
        if build is None:
            remedy = "give it component=Registry.discover().build"
            raise ComponentError(_WHERE, "a FitContext without component", "one that builds victims", remedy)
        return [(build("victims", spec), spec) for spec in self._specs]

    def _shown(self, fitted: Any, spec: str) -> Embedding:
        if not isinstance(fitted, Embedding):
            found = f"{spec!r}, which does not show its last hidden vector"
            raise UsageError(_WHERE, found, "a victim with a method hidden", "join others, for example bert_text")
        return fitted

    def _modules(self, parts: Sequence[Embedding]) -> list[nn.Module]:
        """The networks that are trained on."""
        for spec, part in zip(self._specs, parts, strict=True):
            if not isinstance(part, Tunable):
                expected = "victims with a torch module as their attribute network"
                raise UsageError(f"{_WHERE}, parameter 'fine_tune'", repr(spec), expected, "leave fine_tune out")
        return [part.network for part in parts if isinstance(part, Tunable)]

    def _train(self, network: nn.Module, data: Sequence[Sequences], rate: float, context: FitContext) -> None:
        trained = [tensor for tensor in network.parameters() if tensor.requires_grad]
        schedule = Schedule(self.batch_size, self.max_epochs, self.patience)
        fit_network(network, uncompiled(torch.optim.Adam)(trained, lr=rate), data[0], data[1], schedule, context)


class Joint(nn.Module):
    """Hidden vectors side by side (b, h) to logits (b, c).

    Args:
        width: h, of the vectors side by side.
        classes: c, of the task.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, _UNITS)
        self.output = nn.Linear(_UNITS, classes)

    def hidden(self, vectors: Tensor) -> Tensor:
        """Compute the vector before the output, shape (b, 128)."""
        return torch.relu(self.dense(vectors))

    def forward(self, vectors: Tensor, counts: Tensor) -> Tensor:
        """Compute logits, shape (b, c).

        Args:
            vectors: side by side, shape (b, h).
            counts: not needed, since each has one vector.
        """
        logits: Tensor = self.output(self.hidden(vectors))
        return logits


@dataclass(frozen=True)
class Side:
    """Training or validation data, and the two victims that know its speakers.

    Args:
        parts: the two.
        said: the utterances.
        context: task and device.
    """

    parts: tuple[Embedding, ...]
    said: Sequence[Utterance]
    context: FitContext

    def ask(self, places: Sequence[int]) -> Tensor:
        """Compute the hidden vectors (n, h) of the utterances at these places, with their gradients."""
        return _joined(self.parts, Batch.of([self.said[place] for place in places], self.context.device))

    @torch.no_grad()
    @one_thread()
    def vectors(self) -> Tensor:
        """Compute the hidden vectors of all, shape (n, h)."""
        groups = batches(self.said, _TOGETHER)
        order = torch.tensor([place for group in groups for place in group], device=self.context.device)
        return torch.cat([self.ask(group) for group in groups])[order.argsort()]

    def labelled(self, rows: Tensor) -> Sequences:
        """Put the utterances' labels to rows, one of each, for training."""
        labels = [self.context.task.index_of(one) for one in self.said]
        return Sequences(list(rows), torch.tensor(labels, device=self.context.device))


class Whole(nn.Module):
    """The joint layers and the two victims' networks, as one network over the places of utterances.

    Args:
        joint: the joint layers.
        modules: the two networks, named so that they are trained; `sides` run them.
        sides: training and validation data, counted through.
    """

    def __init__(self, joint: Joint, modules: Sequence[nn.Module], sides: Sequence[Side]) -> None:
        super().__init__()
        self.joint, self.trained = joint, nn.ModuleList(modules)
        self._sides = sides

    def forward(self, places: Tensor, counts: Tensor) -> Tensor:
        """Compute the logits of utterances, shape (b, c).

        Args:
            places: of the utterances, shape (b, 1), counted through both sides; all are on one.
            counts: shape (b,), passed on to the joint layers, which do not need it.
        """
        found, first = places[:, 0].tolist(), len(self._sides[0].said)
        side, before = (self._sides[0], 0) if found[0] < first else (self._sides[1], first)
        logits: Tensor = self.joint(side.ask([place - before for place in found]), counts)
        return logits


@dataclass(frozen=True)
class FittedMultimodal:
    """A trained `Multimodal`.

    Args:
        recipe: what it was trained as.
        classes: the output columns.
        parts: the two fitted victims: text, audio.
        network: what joins them, in evaluation mode.
    """

    recipe: Multimodal
    classes: tuple[str, ...]
    parts: tuple[Embedding, ...]
    network: Joint

    @property
    def traits(self) -> Traits:
        """Declare whether both may be asked by several threads at once."""
        return Traits(concurrent=all(traits_of(part).concurrent for part in self.parts))

    def enroll(self, clean: Sequence[Utterance]) -> FittedMultimodal:
        """Return this victim with knowledge of some speakers: both get to know them."""
        return replace(self, parts=tuple(part.enroll(clean) for part in self.parts))

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c)."""
        return torch.log_softmax(self.network.output(self.hidden(batch)), dim=-1)

    def hidden(self, batch: Batch) -> Tensor:
        """Compute the vector before the output, shape (b, 128)."""
        return self.network.hidden(_joined(self.parts, batch))

    def save(self, folder: Path) -> None:
        """Write each victim into a folder of its own, and what joins them."""
        for name, part in zip(_SENSES, self.parts, strict=True):
            (folder / name).mkdir()
            part.save(folder / name)
        config = {"victim": "multimodal", "recipe": asdict(self.recipe), "classes": self.classes}
        save_weights(folder, self.network.state_dict(), config)


def _joined(parts: Sequence[Embedding], batch: Batch) -> Tensor:
    """The parts' hidden vectors side by side, shape (b, h)."""
    return torch.cat([part.hidden(batch) for part in parts], dim=1)
