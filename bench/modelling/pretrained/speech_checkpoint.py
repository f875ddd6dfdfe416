"""Speech classifiers that transformers' own classes cannot hold: the encoder is theirs, the head is rebuilt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file
from torch import Tensor

from bench.core.errors import UsageError
from bench.core.storage.json_objects import loaded
from bench.modelling.pretrained.borrowed import module_for
from bench.modelling.pretrained.hub import ModelSource
from bench.modelling.pretrained.model_folders import read_settings
from bench.modelling.pretrained.model_sizes import refuse_oversized
from bench.modelling.pretrained.placed_weights import Weights
from bench.modelling.pretrained.speech_heads import Activation, SpeechClassifier, head_of
from bench.modelling.seeding import seeded

Normalize = Literal["none", "utterance"]

_FIRST = "feature_extractor.conv_layers.0.conv.weight"
_UNUSED = "masked_spec_embed"  # for training alone
_NAMED = (
    *("ssl_type", "encoder", "encoder_name", "backbone", "base_model", "pretrained_model", "pretrain_model"),
    *("model_name", "model_name_or_path", "pretrained_model_name", "_name_or_path"),
)
_OLD = (("weight_g", "parametrizations.weight.original0"), ("weight_v", "parametrizations.weight.original1"))


@dataclass(frozen=True)
class Choices:
    """What a user says of a checkpoint that does not say it itself.

    Args:
        encoder: a folder, or a name on the hub, whose `config.json` is the encoder's; "" for what the checkpoint says.
        activation: between the dense layers of a head.
        normalize: of a waveform, where no feature extractor says it.
    """

    encoder: str = ""
    activation: Activation | None = None
    normalize: Normalize | None = None


@dataclass(frozen=True)
class SpeechModel:
    """A classifier, loaded.

    Args:
        extractor: from a waveform to the network's inputs.
        network: gives `.logits`; in evaluation mode.
        labels: of its outputs; empty where it does not say.
        outputs: how many it has.
        regression: whether its outputs are numbers on a scale.
    """

    extractor: Any
    network: Any
    labels: tuple[str, ...]
    outputs: int
    regression: bool = False


@dataclass(frozen=True)
class Waveforms:
    """A feature extractor for models that bring none: the waveform with a mean and a deviation that the model has, or
    with its own.

    Args:
        mean: subtracted.
        std: what is left is divided by it; None for the utterance's own mean and deviation.
    """

    mean: float = 0.0
    std: float | None = 1.0

    def to_dict(self) -> dict[str, Any]:
        """Say what is said of an extractor: that there is a mask."""
        return {"return_attention_mask": True}

    def __call__(self, waveform: Any, sampling_rate: int, return_tensors: str) -> dict[str, Tensor]:
        """Return the inputs of one waveform of shape (t,): its values and a mask, each of shape (1, t)."""
        values = torch.as_tensor(waveform, dtype=torch.float64)
        if self.std is None:
            values = (values - values.mean()) / torch.sqrt(values.var(correction=0) + 1e-7)
        else:
            values = (values - self.mean) / (self.std + 1e-6)
        return {"input_values": values.float()[None], "attention_mask": torch.ones(1, len(values), dtype=torch.long)}


def own_head(folder: Path) -> bool:
    """Say whether a checkpoint's head is one that transformers' own classifier would leave out."""
    names = _names(folder)
    config = read_json(folder / "config.json")
    if not any(name.endswith(_FIRST) for name in names):
        return False
    dense = {"classifier.dense.weight", "lm_head.weight", "pool_model.sap_linear.weight"} & names
    return bool(dense) or "model_type" not in config


def rebuilt(source: ModelSource, folder: Path, chosen: Choices) -> SpeechModel:
    """Load an encoder by its settings, rebuild the head from its weights, and place every weight.

    Args:
        source: whose it is, for messages.
        folder: a checked folder.
        chosen: what the user says of it.

    Raises:
        UsageError: weights found no place, or some have none to be found.
    """
    where = f"{source.where}, {folder}"
    tensors = {
        name: tensor for file in sorted(folder.glob("*.safetensors")) for name, tensor in load_file(file).items()
    }
    prefix = next(name for name in tensors if name.endswith(_FIRST)).removesuffix(_FIRST)
    config = read_json(folder / "config.json")
    encoder, rest = placed_encoder(source, folder, config, chosen, tensors, prefix)
    weights = Weights(rest)
    with seeded("hf"):  # everything is replaced
        head = head_of(weights, encoder.config.hidden_size, chosen.activation, where)
    left = weights.left()
    if head is None or left:
        found = f"weights that found no place: {weights.shown(left)}"
        expected = "a head that is known: docs/victims/hf.md lists them"
        raise UsageError(where, found, expected, "bring the model as code: python:FILE.py:OBJECT")
    network = SpeechClassifier(encoder, head).eval()
    labels = _labels(folder, config, head.outputs)
    regression = config.get("problem_type") == "regression"
    return SpeechModel(_extractor(source, folder, config, chosen), network, labels, head.outputs, regression)


def read_json(file: Path) -> Mapping[str, Any]:
    """Read an object; an empty one where there is none."""
    try:
        found = loaded(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _names(folder: Path) -> set[str]:
    from safetensors import SafetensorError, safe_open

    names: set[str] = set()
    for file in folder.glob("*.safetensors"):
        try:
            with safe_open(file, framework="pt") as opened:
                names.update(opened.keys())
        except (OSError, SafetensorError):
            return set()  # what reads it names what is wrong
    return names


def placed_encoder(
    source: ModelSource,
    folder: Path,
    config: Mapping[str, Any],
    chosen: Choices,
    tensors: Mapping[str, Tensor],
    prefix: str,
) -> tuple[Any, dict[str, Tensor]]:
    """Make an encoder of its settings and its weights.

    Args:
        source: whose it is, for messages.
        folder: that the weights are of, for messages.
        config: may describe it.
        chosen: what the user says of it.
        tensors: by name.
        prefix: of the encoder's own weights among them.

    Returns:
        The encoder, in evaluation mode, and the weights that are not its own.

    Raises:
        UsageError: its settings are not to be had, or weights are missing or of other shapes.
    """
    encoder = _drawn(source, folder, config, chosen)
    own = encoder.state_dict()
    found = {_renamed(name.removeprefix(prefix), own): name for name in tensors if name.startswith(prefix)}
    taken = {name: tensors[theirs] for name, theirs in found.items() if name in own}
    wrong = [f"no weights for {prefix}{name}" for name in own if name not in taken and not name.endswith(_UNUSED)]
    wrong += [
        f"{prefix}{name} of shape {tuple(tensor.shape)} and not {tuple(own[name].shape)}"
        for name, tensor in taken.items()
        if tensor.shape != own[name].shape
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        expected = f"the weights of a {type(encoder).__name__} as its settings describe it"
        remedy = "give the settings of the encoder that it was made with: encoder=FOLDER or OWNER/NAME"
        raise UsageError(f"{source.where}, {folder}", "; ".join(wrong[:3]) + more, expected, remedy)
    encoder.load_state_dict(taken, strict=False)
    used = {found[name] for name in taken}
    return encoder.eval(), {name: tensor for name, tensor in tensors.items() if name not in used}


def _drawn(source: ModelSource, folder: Path, config: Mapping[str, Any], chosen: Choices) -> Any:
    """The encoder as its settings describe it; all of its weights are replaced."""
    transformers = module_for(source.where, "transformers", source.extra)
    try:
        settings = _encoder_settings(source, folder, config, chosen)
        refuse_oversized(f"{source.where}, {folder}", folder, transformers.AutoModel, settings)
        with seeded("hf"):
            return transformers.AutoModel.from_config(settings)
    except UsageError:
        raise
    except Exception as error:  # whatever its settings make the library do
        found = f"settings of which no encoder comes ({type(error).__name__}: {str(error)[:200]})"
        raise UsageError(f"{source.where}, {folder}", found, source.form, "save it again") from error


def _renamed(name: str, own: Mapping[str, Tensor]) -> str:
    """A weight under the name that it has in today's encoders."""
    for old, new in _OLD:
        if name not in own and name.endswith(f".{old}"):
            return name.removesuffix(old) + new
    return name


def _encoder_settings(source: ModelSource, folder: Path, config: Mapping[str, Any], chosen: Choices) -> Any:
    transformers = module_for(source.where, "transformers", source.extra)
    nested = [value for value in config.values() if isinstance(value, dict) and "model_type" in value]
    known = transformers.CONFIG_MAPPING
    if not chosen.encoder:
        for given in (config, *nested):
            if given.get("model_type") in known:
                return known[given["model_type"]].from_dict(dict(given))
    named = chosen.encoder or next((str(config[key]) for key in _NAMED if isinstance(config.get(key), str)), "")
    if not named:
        found = "no settings of the encoder in config.json"
        remedy = "say which encoder it was made with: encoder=FOLDER or OWNER/NAME, of which config.json is read"
        raise UsageError(f"{source.where}, {folder}", found, "an encoder that transformers knows", remedy)
    found_at = source.settings(named)
    read_settings(f"{source.where}, {found_at}", found_at / "config.json", source.form)
    return source.read("AutoConfig", found_at)


def _extractor(source: ModelSource, folder: Path, config: Mapping[str, Any], chosen: Choices) -> Any:
    if chosen.normalize is not None:
        return Waveforms(std=None if chosen.normalize == "utterance" else 1.0)
    if "mean" in config and "std" in config:
        return Waveforms(*_moments(source, folder, config))
    if (folder / "preprocessor_config.json").is_file():
        return source.read("AutoFeatureExtractor", folder)
    found = "neither preprocessor_config.json nor mean and std in config.json"
    expected = "how a waveform is normalised"
    remedy = "say it: normalize=none, or normalize=utterance for mean 0 and variance 1"
    raise UsageError(f"{source.where}, {folder}", found, expected, remedy)


def _moments(source: ModelSource, folder: Path, config: Mapping[str, Any]) -> tuple[float, float]:
    mean, std = config["mean"], config["std"]
    if not all(type(one) in (int, float) and math.isfinite(one) for one in (mean, std)) or std <= 0:
        found = f"mean {mean!r:.40} and std {std!r:.40} in config.json"
        raise UsageError(f"{source.where}, {folder}", found, "numbers, the second above 0", "say normalize=utterance")
    return float(mean), float(std)


def _labels(folder: Path, config: Mapping[str, Any], outputs: int) -> tuple[str, ...]:
    """The outputs' labels: of the settings, or of the vocabulary; empty where neither has as many."""
    by_index = {int(index): str(name) for index, name in dict(config.get("id2label", {})).items()}
    vocabulary = {int(index): name for name, index in read_json(folder / "vocab.json").items() if type(index) is int}
    for names in (by_index, vocabulary):
        if sorted(names) == list(range(outputs)):
            return tuple(names[index] for index in range(outputs))
    return ()
