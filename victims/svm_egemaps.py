"""The classical victim: eGeMAPS functionals and a linear support vector machine (Eyben et al. 2016)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench import Batch, DataError, FitContext, Traits, UsageError, Utterance, check_fields, chosen, uar
from bench.modelling.features.egemaps import WIDTHS, version
from bench.modelling.features.frontend import FrontEnd, Scope
from bench.modelling.pretrained.borrowed import module_for
from bench.modelling.weights import load_weights, save_weights

_WHERE = "victim 'svm_egemaps'"
_SCALES = tuple(2.0**power for power in np.arange(-3, 6.5, 0.5).tolist())
_NEVER = -1e9


@dataclass(frozen=True)
class SvmEgemaps:
    """A linear support vector machine over the 88 functionals of eGeMAPS (after Eyben et al. 2016).

    One machine for each pair of classes (libsvm's, by scikit-learn), classes weighted to count the same, C chosen on
    the validation speakers. Needs the extra `opensmile`, whose licence forbids commercial use.

    A pair's machine votes for one of its classes; a class's value is its votes, and among classes with as many votes
    the sum of its machines' values decides (as in scikit-learn). A machine has no probabilities: log-probabilities are
    the log-softmax of a scale times these values, the scale being the one of 19 from 1/8 to 64 with the lowest log
    loss on the validation speakers. The scale changes no label. A class that no training utterance has is never given.

    Differences to the original: Eyben et al. evaluate the set with linear support vector machines; this is the usual
    baseline after them, and no copy of one system.

    - eGeMAPS v02, openSMILE's present version, where the paper describes the first.
    - C is chosen on the validation speakers, by the unweighted average recall, from the values of `costs`.
    - Each class weighs the same in the loss.
    - The features of each speaker are standardised by that speaker's clean utterances: several are needed of each.

    Args:
        statistics: whose mean and deviation standardise the features: each "speaker"'s own, taken from clean
            utterances before any attack; or the "training" set's.
        costs: the values of C tried; among those with the same validation UAR the lowest is taken.
    """

    statistics: Scope = "speaker"
    costs: tuple[float, ...] = (0.0001, 0.001, 0.01, 0.1, 1.0)

    def __post_init__(self) -> None:
        chosen(_WHERE, "statistics", [self.statistics], ("training", "speaker"))
        default = "the default is costs=0.0001+0.001+0.01+0.1+1.0"
        if not self.costs:
            raise UsageError(f"{_WHERE}, parameter 'costs'", "no value", "one or more values of C", default)
        check_fields(self, _WHERE, ("costs",), default, above=0)

    def fingerprint(self) -> str:
        """Return the versions of openSMILE, which makes the features, and of scikit-learn, which fits the machine."""
        return f"{version(_WHERE)}, scikit-learn {_library('sklearn').__version__}"

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedSvmEgemaps:
        """Fit on `train`, choose C and the scale on `valid`.

        Raises:
            DataError: the training utterances are all of one class.
        """
        front = FrontEnd(_WHERE, "functionals", self.statistics).fitted(train, context.progress, context.clean)
        heard, labels = _table(front, train, context, context.clean)
        watched, truth = _table(front, valid, context)
        if len(set(labels.tolist())) < 2:
            found = f"training utterances of {context.task.classes[int(labels[0])]} alone"
            raise DataError(_WHERE, found, "two classes or more", "choose another --task or --split")
        fitted = [self._machine(cost, heard, labels, front, context) for cost in sorted(self.costs)]
        recalls = [uar(truth, machine.values(watched).argmax(dim=1).numpy()) for machine in fitted]
        best = fitted[recalls.index(max(recalls))]
        return best.scaled(watched, torch.from_numpy(truth))

    def _machine(
        self, cost: float, heard: Tensor, labels: NDArray[np.int64], front: FrontEnd, context: FitContext
    ) -> FittedSvmEgemaps:
        machine = _library("sklearn.svm").SVC(C=cost, kernel="linear", class_weight="balanced")
        machine.fit(heard.double().numpy(), labels)
        sign = 1 if len(machine.classes_) > 2 else -1  # scikit-learn turns the sign of a single pair
        return FittedSvmEgemaps(
            self,
            context.task.classes,
            front,
            tuple(machine.classes_.tolist()),
            torch.from_numpy(sign * machine.coef_),
            torch.from_numpy(sign * machine.intercept_),
            cost=cost,
        )

    def load(self, folder: Path, context: FitContext) -> FittedSvmEgemaps:
        """Load the fitted victim from its folder; scikit-learn is not needed."""
        tensors, config = load_weights(folder, torch.device("cpu"))
        front = FrontEnd(_WHERE, "functionals", self.statistics).loaded(tensors, folder)
        trained, scale, cost = (config.get(name) for name in ("trained", "scale", "cost"))
        known = set(range(len(context.task.classes)))
        if not isinstance(trained, list) or len(trained) < 2 or not set(trained) <= known:
            found = f"classes number {trained}"
            raise DataError(folder, found, f"two or more of 0 to {len(known) - 1}", "delete the folder")
        if not isinstance(scale, float) or not isinstance(cost, float):
            raise DataError(folder, f"scale {scale} and cost {cost}", "two numbers", "delete the folder")
        pairs = len(trained) * (len(trained) - 1) // 2
        expected = {"coefficients": (pairs, WIDTHS["functionals"]), "intercepts": (pairs,)}
        shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        if shapes != expected:
            raise DataError(folder, f"tensors of shapes {shapes}", f"shapes {expected}", "delete the folder")
        return FittedSvmEgemaps(self, context.task.classes, front, tuple(trained), **tensors, scale=scale, cost=cost)


@dataclass(frozen=True)
class FittedSvmEgemaps:
    """A fitted `SvmEgemaps`.

    Args:
        recipe: what it was fitted as.
        classes: the output columns.
        front: its features, with their statistics.
        trained: indices of the classes that training utterances have, in order; their pairs (i, j), i before j, are
            the machines.
        coefficients: of each pair's machine, shape (pairs, 88), float64.
        intercepts: of each machine, shape (pairs,). A machine's value above 0 is a vote for the first of its pair.
        scale: of the values that the softmax takes.
        cost: the C that was chosen.
    """

    recipe: SvmEgemaps
    classes: tuple[str, ...]
    front: FrontEnd
    trained: tuple[int, ...]
    coefficients: Tensor
    intercepts: Tensor
    scale: float = 1.0
    cost: float = 1.0
    traits: ClassVar[Traits] = Traits(concurrent=True)

    def enroll(self, clean: Sequence[Utterance]) -> FittedSvmEgemaps:
        """Take each speaker's statistics from their clean utterances, where those are asked for."""
        return replace(self, front=self.front.enrolled(clean))

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c)."""
        values = self.values(torch.cat(self.front.heard(batch)))
        return torch.log_softmax(self.scale * values, dim=-1).float().to(batch.waveforms.device)

    def values(self, features: Tensor) -> Tensor:
        """Compute the classes' values, shape (n, c), float64, from standardised functionals (n, 88)."""
        machines = features.double() @ self.coefficients.T + self.intercepts
        votes = torch.zeros(len(features), len(self.trained), dtype=torch.float64)
        sums = torch.zeros_like(votes)
        for machine, pair in zip(machines.T, itertools.combinations(range(len(self.trained)), 2), strict=True):
            for side, place in zip((machine, -machine), pair, strict=True):
                sums[:, place] += side
            votes[:, pair[0]] += machine > 0
            votes[:, pair[1]] += machine <= 0
        found = torch.full((len(features), len(self.classes)), _NEVER, dtype=torch.float64)
        found[:, list(self.trained)] = votes + sums / (3 * (sums.abs() + 1))  # less than half a vote
        return found

    def scaled(self, features: Tensor, truth: Tensor) -> FittedSvmEgemaps:
        """Return this machine with the scale of the lowest log loss.

        Args:
            features: standardised functionals, shape (n, 88).
            truth: indices of their classes, shape (n,).
        """
        possible = torch.isin(truth, torch.tensor(self.trained))
        values, labels = self.values(features)[possible], truth[possible]
        losses = [float(torch.nn.functional.cross_entropy(scale * values, labels)) for scale in _SCALES]
        return replace(self, scale=_SCALES[losses.index(min(losses))]) if len(labels) else self

    def save(self, folder: Path) -> None:
        """Write coefficients and statistics as safetensors, what they are as JSON."""
        kept = {"trained": self.trained, "scale": self.scale, "cost": self.cost}
        config = {"victim": "svm_egemaps", "recipe": asdict(self.recipe), "classes": self.classes, **kept}
        tensors = {"coefficients": self.coefficients, "intercepts": self.intercepts}
        save_weights(folder, tensors | self.front.tensors(), config)


def _library(name: str) -> Any:
    return module_for(_WHERE, name, "opensmile")


def _table(
    front: FrontEnd, utterances: Sequence[Utterance], context: FitContext, clean: Sequence[Utterance] = ()
) -> tuple[Tensor, NDArray[np.int64]]:
    """Standardised functionals (n, 88) and class indices (n,)."""
    labels = [context.task.index_of(utterance) for utterance in utterances]
    return torch.cat(front.clean(utterances, context.progress, clean)), np.array(labels)
