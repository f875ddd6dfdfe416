"""A pretrained victim that needs no hub: Resemblyzer's voice encoder, frozen, and a logistic regression on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from bench import Batch, DataError, FitContext, Traits, UsageError, Utterance, batches, check_fields, uar
from bench.modelling.features.voice_encoder import VoiceEncoder, load_encoder, weights_file
from bench.modelling.pretrained.borrowed import digest_of
from bench.modelling.weights import load_weights, save_weights

_NAME = "voice_encoder"
_WHERE = f"victim {_NAME!r}"
_CONSTANT = 1e-3
_STEPS = 200


@dataclass(frozen=True)
class VoiceEncoderVictim:
    """Resemblyzer's voice encoder (GE2E, 256 numbers an utterance), frozen, and a logistic regression on it.

    The encoder was trained to tell thousands of speakers apart; its weights are in its wheel (Apache-2.0), so that this
    is a pretrained victim that no hub is needed for. Nothing of the package is imported: without its dependencies,
    `pip install --no-deps resemblyzer`, it has all that is needed.

    The embeddings are standardised by the training set, the classes weighted to count the same, and C, the inverse of
    the weight of the squared coefficients, is chosen on the validation speakers.

    Args:
        weights: a file like the package's `pretrained.pt`; by default that one.
        costs: the values of C tried; among those with the same validation UAR the lowest is taken.
    """

    weights: Path | None = None
    costs: tuple[float, ...] = (0.001, 0.01, 0.1, 1.0, 10.0)

    def __post_init__(self) -> None:
        default = "the default is costs=0.001+0.01+0.1+1.0+10.0"
        if not self.costs:
            raise UsageError(f"{_WHERE}, parameter 'costs'", "no value", "one or more values of C", default)
        check_fields(self, _WHERE, ("costs",), default, above=0)

    def fingerprint(self) -> str:
        """Digest the encoder's weights."""
        return digest_of(_WHERE, [weights_file(_WHERE, self.weights)])

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedVoiceEncoder:
        """Fit the logistic regression on `train`, choose C on `valid`.

        Raises:
            UsageError: the encoder's weights are not there.
        """
        encoder = load_encoder(weights_file(_WHERE, self.weights), context.device)
        heard, watched = (_embeddings(encoder, some, context) for some in (train, valid))
        labels, truth = (torch.tensor([context.task.index_of(one) for one in some]) for some in (train, valid))
        mean, deviation = heard.mean(dim=0), heard.std(dim=0, correction=0).clamp(min=_CONSTANT)
        heard, watched = (heard - mean) / deviation, (watched - mean) / deviation
        count = len(context.task.classes)
        found = [(cost, _regression(heard, labels, count, cost)) for cost in sorted(self.costs)]
        recalls = [uar(truth.numpy(), (watched @ part[:-1] + part[-1]).argmax(dim=1).numpy()) for _, part in found]
        cost, coefficients = found[int(np.argmax(recalls))]
        scale = torch.stack([mean, deviation])
        return FittedVoiceEncoder(self, context.task.classes, encoder, scale, coefficients, cost)

    def load(self, folder: Path, context: FitContext) -> FittedVoiceEncoder:
        """Load the fitted victim from its folder, and the encoder from where it is."""
        tensors, config = load_weights(folder, torch.device("cpu"))
        cost, classes = config.get("cost"), len(context.task.classes)
        encoder = load_encoder(weights_file(_WHERE, self.weights), context.device)
        expected = {"coefficients": (encoder.width + 1, classes), "scale": (2, encoder.width)}
        shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        if shapes != expected or not isinstance(cost, float):
            found = f"tensors of shapes {shapes} and cost {cost}"
            raise DataError(folder, found, f"shapes {expected} and a number", "delete the folder")
        return FittedVoiceEncoder(self, context.task.classes, encoder, **tensors, cost=cost)


@dataclass(frozen=True)
class FittedVoiceEncoder:
    """A fitted `VoiceEncoderVictim`.

    Args:
        recipe: what it was fitted as.
        classes: the output columns.
        encoder: frozen.
        scale: mean and deviation of the training embeddings, shape (2, 256), float64.
        coefficients: of the regression, the intercepts last, shape (257, c), float64.
        cost: the C that was chosen.
    """

    recipe: VoiceEncoderVictim
    classes: tuple[str, ...]
    encoder: VoiceEncoder
    scale: Tensor
    coefficients: Tensor
    cost: float
    traits: ClassVar[Traits] = Traits(concurrent=True)

    def enroll(self, clean: Sequence[Utterance]) -> FittedVoiceEncoder:
        """Return itself: it needs to know nobody."""
        return self

    def hidden(self, batch: Batch) -> Tensor:
        """Show the embeddings, shape (b, 256)."""
        return self.encoder(batch.waveforms, batch.lengths.tolist())  # type: ignore[no-any-return]

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c)."""
        heard = (self.hidden(batch).double().cpu() - self.scale[0]) / self.scale[1]
        logits = heard @ self.coefficients[:-1] + self.coefficients[-1]
        return torch.log_softmax(logits, dim=1).float().to(batch.waveforms.device)

    def save(self, folder: Path) -> None:
        """Write the regression as safetensors, what it is as JSON; the encoder stays where it is."""
        config = {"victim": _NAME, "classes": self.classes, "cost": self.cost}
        recipe = asdict(self.recipe) | {"weights": None if self.recipe.weights is None else str(self.recipe.weights)}
        save_weights(folder, {"coefficients": self.coefficients, "scale": self.scale}, config | {"recipe": recipe})


def _embeddings(encoder: VoiceEncoder, utterances: Sequence[Utterance], context: FitContext) -> Tensor:
    """Embeddings, shape (n, 256), float64, on the CPU."""
    found = torch.empty(len(utterances), encoder.width, dtype=torch.float64)
    with context.progress.task("Embedding speech", len(utterances)) as advance:
        for places in batches(utterances, 16):
            batch = Batch.of([utterances[place] for place in places], context.device)
            found[places] = encoder(batch.waveforms, batch.lengths.tolist()).double().cpu()
            advance(len(places))
    return found


def _regression(features: Tensor, labels: Tensor, classes: int, cost: float) -> Tensor:
    """Coefficients and, last, intercepts, shape (257, c): the one minimum of a convex loss.

    Args:
        features: standardised, shape (n, 256).
        labels: shape (n,).
        classes: how many.
        cost: C.
    """
    counts = torch.bincount(labels, minlength=classes).double()
    weights = torch.where(counts > 0, len(labels) / (counts * (counts > 0).sum()).clamp(min=1), 0)
    found = torch.zeros(features.shape[1] + 1, classes, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([found], max_iter=_STEPS, tolerance_grad=1e-6, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits = features @ found[:-1] + found[-1]
        losses = torch.nn.functional.cross_entropy(logits, labels, weights, reduction="sum")
        value: Tensor = losses + found[:-1].square().sum() / (2 * cost)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return found.detach()
