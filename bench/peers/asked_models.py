"""Questions in the forms that Foolbox and ART call: a model asked for one bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.peers.libraries import art_classifiers, foolbox
from bench.peers.questions import Array, Questions


class _Votes(torch.nn.Module):
    """Answers of one bit as logits."""

    def __init__(self, questions: Questions) -> None:
        super().__init__()
        self._questions = questions

    def forward(self, samples: Tensor) -> Tensor:
        return torch.from_numpy(self._questions.votes(samples.detach().numpy()))


def foolbox_model(questions: Questions) -> Any:
    """Give Foolbox the model that questions stand for: samples from 0 to 1, class 0 where it is not fooled."""
    return foolbox().PyTorchModel(_Votes(questions).eval(), bounds=(0, 1), device="cpu")


def foolbox_criterion() -> Any:
    """Give Foolbox what it searches for: another class than 0."""
    return foolbox().criteria.Misclassification(torch.zeros(1, dtype=torch.int64))


def art_model(questions: Questions, *image: int) -> Any:
    """Give ART the model that questions stand for: samples from 0 to 1, class 0 where it is not fooled.

    A third class, which nothing has, is there because some of its attacks refuse two.

    Args:
        questions: what it asks.
        image: sizes of the axes before the samples', for attacks that want images of channels and rows.
    """

    def votes(samples: Array) -> Array:
        return np.pad(questions.votes(samples.reshape(len(samples), -1)), ((0, 0), (0, 1)))

    shape = (*image, questions.speech.shape[-1])
    return art_classifiers().BlackBoxClassifierNeuralNetwork(votes, shape, 3, clip_values=(0.0, 1.0))
