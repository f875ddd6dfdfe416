"""SpeechBrain's classifier on an encoder of transformers', rebuilt from its weights; no code of a model's is run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bench.core.errors import UsageError
from bench.modelling.pretrained.hub import ModelSource
from bench.modelling.pretrained.model_folders import read_settings, refuse_irregular
from bench.modelling.pretrained.placed_weights import Weights
from bench.modelling.pretrained.speech_checkpoint import Choices, placed_encoder
from bench.modelling.pretrained.speech_heads import ACTIVATIONS, Activation
from bench.modelling.pretrained.speechbrain_folder import Graph, WeightsPlace
from bench.modelling.pretrained.statefile import read_state
from bench.modelling.seeding import seeded

_SETTINGS = ("config.json", "preprocessor_config.json")
_STD_FLOOR = 1e-5
_MOST_BYTES = 2**40


class OnEncoderFrames(nn.Module):
    """An encoder, the mean or deviation of its frames or both, dense layers.

    Args:
        encoder: of transformers'.
        graph: says what is done around it.
        layers: in their order.
        activation: between them.
        normalize: whether the waveform is brought to mean 0 and variance 1.
    """

    def __init__(
        self, encoder: Any, graph: Graph, layers: Sequence[nn.Linear], activation: Activation, normalize: bool
    ) -> None:
        super().__init__()
        self.encoder, self.layers, self.graph = encoder, nn.ModuleList(layers), graph
        self.activation, self.normalize = ACTIVATIONS[activation], normalize

    @property
    def outputs(self) -> int:
        """Count the outputs."""
        return int(self.layers[-1].out_features)  # type: ignore[arg-type]

    def forward(self, waveform: Tensor) -> Tensor:
        """Compute logits, shape (1, l), of one waveform of shape (1, t)."""
        if self.normalize:
            waveform = nn.functional.layer_norm(waveform, waveform.shape[1:])
        frames: Tensor = self.encoder(waveform).last_hidden_state
        if self.graph.output_norm:
            frames = nn.functional.layer_norm(frames, frames.shape[1:])
        found = [frames.mean(dim=1)] if self.graph.mean else []
        if self.graph.std:
            spread = frames.std(dim=1) if frames.shape[1] > 1 else torch.zeros_like(frames[:, 0])
            found.append(spread + _STD_FLOOR)
        values = torch.cat(found, dim=1)
        *hidden, last = self.layers
        for layer in hidden:
            values = self.activation(layer(values))
        logits: Tensor = last(values)
        return logits


def network_of(source: ModelSource, folder: Path, graph: Graph, chosen: Choices) -> OnEncoderFrames:
    """Rebuild a folder's network, and place every weight.

    Args:
        source: whose it is, for messages.
        folder: as published.
        graph: that its recipe is.
        chosen: what the user says of it.

    Raises:
        UsageError: the encoder's settings are not to be had, weights are missing or found no place.
        DataError: a file has no weights, or more than weights.
    """
    where = f"{source.where}, {folder}"
    held = {place.file: _weights(where, place.file) for place in graph.places}
    first, *others = graph.places
    named = Choices(chosen.encoder or graph.source, chosen.activation, chosen.normalize)
    prefix = f"{first.prefix}model."
    encoder, rest = placed_encoder(source, folder, {}, named, held[first.file].tensors, prefix)
    held[first.file].placed |= held[first.file].tensors.keys() - rest.keys()
    with seeded("speechbrain"):  # everything is replaced
        layers = [_linear(where, held[place.file], place) for place in others]
    left = {name: weights for weights in held.values() for name in weights.left()}
    if left:
        told = "; ".join(weights.shown([name for name in left if left[name] is weights]) for weights in held.values())
        found = f"weights that found no place: {told.strip('; ')}"
        remedy = "bring the model as code: python:FILE.py:OBJECT"
        raise UsageError(where, found, "those of the modules that its recipe names", remedy)
    width = int(encoder.config.hidden_size) * (graph.mean + graph.std)
    _check_widths(where, layers, width)
    if len(layers) > 1 and chosen.activation is None:
        found = f"{len(layers)} dense layers, and code (custom_interface.py) that says what stands between them"
        remedy = "look into it, and say it: activation=tanh, relu, gelu or none"
        raise UsageError(where, found, "what stands between them", remedy)
    normalize = _normalizes(source, where, named)
    return OnEncoderFrames(encoder, graph, layers, chosen.activation or "none", normalize).eval()


def _weights(where: str, file: Path) -> Weights:
    refuse_irregular(where, file, _MOST_BYTES)
    return Weights(read_state(file))


def _linear(where: str, weights: Weights, place: WeightsPlace) -> nn.Linear:
    name = f"{place.prefix}w"
    if f"{name}.weight" not in weights.tensors:
        found = f"{place.file.name} with {weights.shown(list(weights.tensors)) or 'nothing'}"
        raise UsageError(where, found, f"{name}.weight of a dense layer", "fetch the folder again, as it was published")
    return weights.linear(name)


def _check_widths(where: str, layers: Sequence[nn.Linear], width: int) -> None:
    for number, layer in enumerate(layers):
        if layer.in_features != width:
            found = f"dense layer {number + 1} that takes {layer.in_features} values and is given {width}"
            remedy = "give the encoder that it was trained with: encoder=FOLDER or OWNER/NAME"
            raise UsageError(where, found, "layers that fit on each other", remedy)
        width = layer.out_features


def _normalizes(source: ModelSource, where: str, chosen: Choices) -> bool:
    """Whether the waveform is normalised: as the user says, or the encoder's own feature extractor."""
    if chosen.normalize is not None:
        return chosen.normalize == "utterance"
    folder = source.settings(chosen.encoder, _SETTINGS)
    if not (folder / _SETTINGS[1]).is_file():
        found, expected = f"no {_SETTINGS[1]} in {folder}", "whether a waveform is normalised"
        raise UsageError(where, found, expected, "say it: normalize=utterance, or normalize=none")
    return read_settings(where, folder / _SETTINGS[1], source.form).get("do_normalize", True) is True
