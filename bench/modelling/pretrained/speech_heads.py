"""The classifiers that people have put on speech encoders, rebuilt from a checkpoint's weights; no code of theirs is
run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from bench.core.errors import UsageError
from bench.modelling.pretrained.placed_weights import Weights

Activation = Literal["tanh", "relu", "gelu", "none"]

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "gelu": nn.functional.gelu,
    "none": lambda values: values,
}


class SpeechHead(nn.Module, ABC):
    """From an encoder's frames to logits."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Count the outputs."""


class MeanHead(SpeechHead):
    """The mean over frames, then dense layers with an activation between them.

    One layer alone is a CTC head, pooled: the mean of the frames' logits is the logits of their mean.

    Args:
        layers: in their order.
        activation: between them.
    """

    def __init__(self, layers: Sequence[nn.Linear], activation: Activation) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.activation = ACTIVATIONS[activation]

    @property
    def outputs(self) -> int:
        return int(self.layers[-1].out_features)  # type: ignore[arg-type]

    def forward(self, frames: Tensor, real: Tensor) -> Tensor:
        """Compute logits, shape (b, l).

        Args:
            frames: shape (b, t, d).
            real: shape (b, t), whether a frame is sound and not padding.
        """
        weights = real.to(frames.dtype) / real.sum(dim=1, keepdim=True)
        values = torch.einsum("btd,bt->bd", frames, weights)
        *hidden, last = self.layers
        for layer in hidden:
            values = self.activation(layer(values))
        logits: Tensor = last(values)
        return logits


class AttentiveHead(SpeechHead):
    """Attentive statistics pooling (Okabe et al. 2018), then dense layers with layer normalisation and ReLU, as the
    baseline of the Odyssey 2024 challenge has them.

    Args:
        weights: has `pool_model.sap_linear`, `pool_model.attention`, `ser_model.fc.N.0`, `.1` and `ser_model.out.0`.
    """

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.score = weights.linear("pool_model.sap_linear")
        self.attention = nn.Parameter(weights.take("pool_model.attention").reshape(-1))
        count = sum(name.startswith("ser_model.fc.") and name.endswith(".0.weight") for name in weights.tensors)
        self.dense = nn.ModuleList(weights.linear(f"ser_model.fc.{n}.0") for n in range(count))
        self.norms = nn.ModuleList(weights.norm(f"ser_model.fc.{n}.1") for n in range(count))
        self.output = weights.linear("ser_model.out.0")

    @property
    def outputs(self) -> int:
        return self.output.out_features

    def forward(self, frames: Tensor, real: Tensor) -> Tensor:
        """Compute logits, shape (b, l).

        Args:
            frames: shape (b, t, d).
            real: shape (b, t), whether a frame is sound and not padding.
        """
        scores = torch.tanh(self.score(frames)) @ self.attention
        shares = scores.masked_fill(~real, -torch.inf).softmax(dim=1)[..., None]
        mean = (frames * shares).sum(dim=1)
        spread = ((frames.square() * shares).sum(dim=1) - mean.square()).clamp(min=1e-5).sqrt()
        values = torch.cat([mean, spread], dim=1)
        for layer, norm in zip(self.dense, self.norms, strict=True):
            values = torch.relu(norm(layer(values)))
        logits: Tensor = self.output(values)
        return logits


class SpeechClassifier(nn.Module):
    """An encoder and a head on its frames; called as transformers' own classifiers are.

    Args:
        encoder: a bare model of transformers' for speech.
        head: from frames and which of them are real to logits.
    """

    def __init__(self, encoder: Any, head: SpeechHead) -> None:
        super().__init__()
        self.encoder, self.head, self.config = encoder, head, encoder.config

    def forward(self, input_values: Tensor, attention_mask: Tensor | None = None) -> Any:
        """Compute `.logits`, shape (b, l).

        Args:
            input_values: shape (b, n).
            attention_mask: shape (b, n), 1 for sound and 0 for padding.
        """
        frames = self.encoder(input_values, attention_mask=attention_mask).last_hidden_state
        counts = torch.full((len(frames),), frames.shape[1], device=frames.device)
        if attention_mask is not None:
            counts = self.encoder._get_feat_extract_output_lengths(attention_mask.sum(dim=1).long())
        real = torch.arange(frames.shape[1], device=frames.device) < counts[:, None]
        return SimpleNamespace(logits=self.head(frames, real))


def head_of(weights: Weights, width: int, activation: Activation | None, where: str) -> SpeechHead | None:
    """Rebuild the head that a checkpoint's weights are of.

    Args:
        weights: without the encoder's.
        width: of the encoder's frames.
        activation: between dense layers, where the user says it.
        where: whose they are, for messages.

    Returns:
        None where they are no head that is known.

    Raises:
        UsageError: the layers are known and what stands between them is not.
    """
    names = weights.tensors
    if "pool_model.sap_linear.weight" in names and "ser_model.out.0.weight" in names:
        return AttentiveHead(weights)
    for last in ("out_proj", "output"):
        if {"classifier.dense.weight", f"classifier.{last}.weight"} <= names.keys():
            layers = [weights.linear("classifier.dense"), weights.linear(f"classifier.{last}")]
            return MeanHead(layers, activation or "tanh")
    if "lm_head.weight" in names:
        return MeanHead([weights.linear("lm_head")], "none")
    chain = _chain(names, width)
    if not chain or weights.left() != [name for name in weights.left() if name.rpartition(".")[0] in chain]:
        return None
    if len(chain) > 1 and activation is None:
        found = f"the dense layers {', '.join(chain)}, and nothing that says what stands between them"
        expected = "activation=tanh, relu, gelu or none"
        raise UsageError(where, found, expected, "look into the code that the model was trained with, and say it")
    return MeanHead([weights.linear(name) for name in chain], activation or "none")


def _chain(names: Mapping[str, Tensor], width: int) -> list[str]:
    """Dense layers of which each takes what the one before gives, the first the encoder's frames."""
    chain: list[str] = []
    for name, tensor in sorted(names.items(), key=lambda item: _by_number(item[0])):
        if name.endswith(".weight") and tensor.ndim == 2 and tensor.shape[1] == width:
            chain.append(name.removesuffix(".weight"))
            width = tensor.shape[0]
    return chain


def _by_number(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in name.split(".")]
