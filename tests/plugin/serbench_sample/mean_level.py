"""A victim: logistic regression on how loud and how bright an utterance is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from bench import Batch, FitContext, UsageError, Utterance
from bench.modelling.sequences import class_weights
from bench.modelling.weights import load_weights, save_weights

_QUIET = 1e-8


@dataclass(frozen=True)
class MeanLevel:
    """Logistic regression on an utterance's level, zero crossings and brightness, z-normalised per speaker.

    Args:
        l2: penalty on the squared weights, at least 0.
        steps: of the optimiser (L-BFGS), at least 1.
    """

    l2: float = 0.001
    steps: int = 50

    def __post_init__(self) -> None:
        if not (self.l2 >= 0 and self.steps >= 1):
            found = f"l2={self.l2}, steps={self.steps}"
            raise UsageError("victim 'mean_level'", found, "l2 of at least 0, steps of at least 1", "try the defaults")

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedMeanLevel:
        """Minimise the weighted cross-entropy on `train`; a convex problem, so `valid` has nothing to choose."""
        classes, device = context.task.classes, context.device
        weight = torch.zeros(3, len(classes), device=device, requires_grad=True)
        bias = torch.zeros(len(classes), device=device, requires_grad=True)
        labels = torch.tensor([classes.index(context.task.label_of(one) or "") for one in train], device=device)
        enrolled = FittedMeanLevel(self, weight, bias, torch.zeros(2, 3)).enroll(train)
        features = torch.cat([enrolled.features(Batch.of([one], device)) for one in train])
        loss_of = torch.nn.CrossEntropyLoss(class_weights(labels, len(classes)).to(device))
        optimizer = torch.optim.LBFGS([weight, bias], max_iter=self.steps)

        def loss() -> float:
            optimizer.zero_grad()
            total = loss_of(features @ weight + bias, labels) + self.l2 * weight.square().sum()
            total.backward()
            return float(total.detach())

        optimizer.step(loss)  # type: ignore[no-untyped-call]
        usual = torch.stack(list((enrolled.statistics or {}).values())).mean(dim=0)
        return FittedMeanLevel(self, weight.detach(), bias.detach(), usual)

    def load(self, folder: Path, context: FitContext) -> FittedMeanLevel:
        """The fitted victim from its folder."""
        tensors, _ = load_weights(folder, context.device)
        return FittedMeanLevel(self, tensors["weight"], tensors["bias"], tensors["usual"])


@dataclass(frozen=True)
class FittedMeanLevel:
    """A trained `MeanLevel`.

    Args:
        recipe: what it was trained as.
        weight: shape (3, c).
        bias: shape (c,).
        usual: mean and standard deviation of each figure, shape (2, 3), averaged over the training speakers: for a
            speaker of whom nothing was enrolled.
        statistics: by speaker, the same over the clean utterances.
    """

    recipe: MeanLevel
    weight: Tensor
    bias: Tensor
    usual: Tensor
    statistics: Mapping[str, Tensor] | None = None

    def enroll(self, clean: Sequence[Utterance]) -> FittedMeanLevel:
        """Take each speaker's mean and deviation from their clean utterances."""
        figures: dict[str, list[Tensor]] = defaultdict(list)
        for utterance in clean:
            figures[utterance.speaker].append(functionals(Batch.of([utterance], self.weight.device)))
        return replace(self, statistics={speaker: _statistics(torch.cat(found)) for speaker, found in figures.items()})

    def log_probs(self, batch: Batch) -> Tensor:
        """Class log-probabilities, shape (b, c)."""
        return torch.log_softmax(self.features(batch) @ self.weight + self.bias, dim=-1)

    def features(self, batch: Batch) -> Tensor:
        """The normalised figures, shape (b, 3)."""
        known = self.statistics or {}
        mean, deviation = torch.stack([known.get(one.speaker, self.usual) for one in batch.utterances]).unbind(dim=1)
        return (functionals(batch) - mean) / deviation

    def save(self, folder: Path) -> None:
        """Weights as safetensors, what they are as JSON."""
        save_weights(
            folder, {"weight": self.weight, "bias": self.bias, "usual": self.usual}, {"recipe": asdict(self.recipe)}
        )


def functionals(batch: Batch) -> Tensor:
    """Level (log power), share of zero crossings, brightness (log of the mean squared frequency); shape (b, 3).

    What lies beyond an utterance's end counts in no sum: a batch's padding changes nothing.
    """
    waves, lengths = batch.waveforms, batch.lengths
    real = torch.arange(1, waves.shape[1], device=waves.device) < lengths[:, None]  # pairs of neighbouring samples
    power = waves.double().square().sum(dim=1) / lengths + _QUIET
    steps = (waves.diff(dim=1).double().square() * real).sum(dim=1) / lengths + _QUIET
    crossings = ((waves[:, 1:] * waves[:, :-1] < 0) & real).sum(dim=1) / lengths
    return torch.stack([power.log(), crossings, (steps / power).log()], dim=1).float()


def _statistics(figures: Tensor) -> Tensor:
    return torch.stack([figures.mean(dim=0), figures.std(dim=0, correction=0).clamp(min=1e-3)])
