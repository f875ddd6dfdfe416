"""A model for audio classification in the form of Hugging Face's transformers: a folder, or a name on the hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from bench import SAMPLE_RATE, FitContext, Halving, Traits, UsageError, Utterance, within
from bench.modelling.pretrained.borrowed import Borrowed, BorrowedRecipe
from bench.modelling.pretrained.hub import ModelSource
from bench.modelling.pretrained.labels import Labels
from bench.modelling.seeding import seeded

_WHERE = "victim 'hf'"
_SOURCE = ModelSource(
    _WHERE,
    "hf",
    ("config.json", "preprocessor_config.json"),
    "fetch it where there is a network (hf download OWNER/NAME --local-dir FOLDER) and give hf:FOLDER",
)
_UNUSED = "masked_spec_embed"  # for training alone
_SHORTEST = SAMPLE_RATE // 10


@dataclass(frozen=True)
class HuggingFace(BorrowedRecipe["FittedHuggingFace"]):
    """A transformers model for audio classification, `hf:FOLDER` or `hf:OWNER/NAME`: wav2vec 2.0, HuBERT, AST ...

    Weights are read from safetensors alone, and code that comes with a model is never run. A name is fetched from the
    hub once, without its other files; `HF_HUB_OFFLINE=1` keeps to what has been fetched. Nothing is trained.

    Utterances are put together only where that changes no answer: where the model takes an attention mask and has no
    normalisation over time (`feat_extract_norm="group"`), and else where their features have one shape.

    Args:
        model: a folder, or a name on the hub.
        labels: the outputs' labels in their order, or other names for some of them (THEIRS:OURS). The default is the
            model's own `id2label`.
        revision: of a name on the hub: a commit, so that the same model is fetched on every machine.
        batch_size: utterances at a time; halved where they do not fit into memory.
    """

    model: str
    labels: tuple[str, ...] = ()
    revision: str = "main"
    batch_size: int = 8
    traits: ClassVar[Traits] = Traits(trains=False)

    def __post_init__(self) -> None:
        within(_WHERE, "batch_size", self.batch_size, "the default is 8", at_least=1)

    def fingerprint(self) -> str:
        """Digest the configuration and the weights."""
        return _SOURCE.fingerprint(_SOURCE.folder(self.model, self.revision))

    def loaded(self, context: FitContext) -> FittedHuggingFace:
        """Load the model from its folder.

        Raises:
            UsageError: it is not to be had, no safe model, or none of audio; or `labels` are not one for each output.
        """
        labels = Labels.given(_WHERE, context.task, self.labels, context.progress)
        extractor, network = _loaded(_SOURCE.folder(self.model, self.revision))
        own = tuple(str(name) for _, name in sorted(network.config.id2label.items()))
        if labels.names and len(labels.names) != len(own):
            found, remedy = f"{len(labels.names)} labels for {len(own)} outputs ({', '.join(own)})", "give all of them"
            raise UsageError(f"{_WHERE}, parameter 'labels'", found, "one for each output, in their order", remedy)
        halving = Halving(self.batch_size, _WHERE, context.progress)
        network = network.eval().requires_grad_(False).to(context.device)
        return FittedHuggingFace(self, labels, extractor, network, labels.names or own, context.device, halving)


@dataclass(frozen=True)
class FittedHuggingFace(Borrowed):
    """The model, loaded, and how its labels are read.

    Args:
        recipe: where it is.
        labels: how they are read.
        extractor: from a waveform to the network's inputs.
        network: in evaluation mode.
        names: the outputs' labels.
        device: where the network is.
        halving: utterances at a time that fit into memory.
    """

    recipe: HuggingFace
    labels: Labels
    extractor: Any
    network: Any
    names: tuple[str, ...]
    device: torch.device
    halving: Halving
    victim: ClassVar[str] = "hf"

    @torch.no_grad()
    def ask(self, utterances: Sequence[Utterance]) -> Tensor:
        """Estimate class log-probabilities, shape (n, c)."""
        inputs = [self._features(utterance) for utterance in utterances]
        rows: list[Tensor] = [torch.empty(0)] * len(inputs)
        for group in self._groups(inputs):
            found = self.halving.over(lambda some: self._logits([inputs[index] for index in some]).unbind(), group)
            for index, row in zip(group, found, strict=True):
                rows[index] = row
        return self.labels.of_scores(self.names, torch.stack(rows))

    @cached_property
    def masked(self) -> bool:
        """Tell whether padding is told from sound: a mask is given, and nothing is normalised over time."""
        by_group = self.network.config.to_dict().get("feat_extract_norm") == "group"
        return bool(self.extractor.to_dict().get("return_attention_mask")) and not by_group

    def _groups(self, inputs: Sequence[Mapping[str, Tensor]]) -> list[list[int]]:
        """Which may be put together: all, shortest first, or those of one shape."""
        shapes = [tuple(tuple(one[name].shape) for name in sorted(one)) for one in inputs]
        order = sorted(range(len(inputs)), key=lambda index: shapes[index])
        if self.masked:
            return [order]
        return [list(group) for _, group in groupby(order, key=lambda index: shapes[index])]

    def _logits(self, inputs: Sequence[Mapping[str, Tensor]]) -> Tensor:
        """The network's logits, shape (n, l)."""
        longest = {name: max(one[name].shape[1] for one in inputs) for name in inputs[0]}
        together = {
            name: torch.cat([_padded(one[name], length) for one in inputs]).to(self.device)
            for name, length in longest.items()
        }
        logits: Tensor = self.network(**together).logits
        return logits.float()

    def _features(self, utterance: Utterance) -> Mapping[str, Tensor]:
        """One utterance's inputs, each of shape (1, t, ...); alone, so that nothing is normalised with its padding."""
        waveform = utterance.waveform.cpu().numpy().astype(np.float32)
        padded = np.pad(waveform, (0, max(0, _SHORTEST - len(waveform))))
        found = self.extractor(padded, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        return {name: found[name] for name in found}


def _padded(values: Tensor, length: int) -> Tensor:
    """Zeros after the end of the second dimension."""
    return torch.nn.functional.pad(values, [0, 0] * (values.ndim - 2) + [0, length - values.shape[1]])


def _loaded(folder: Path) -> tuple[Any, Any]:
    """Feature extractor and network.

    Raises:
        UsageError: they cannot be used.
    """
    extractor = _SOURCE.read("AutoFeatureExtractor", folder)
    with seeded("hf"):  # what a checkpoint lacks is drawn
        network, report = _SOURCE.read(
            "AutoModelForAudioClassification", folder, use_safetensors=True, output_loading_info=True
        )
    missing = sorted(key for key in report["missing_keys"] if not key.endswith(_UNUSED))
    missing += sorted(map(str, report["mismatched_keys"]))
    if missing:
        found = f"no weights for {', '.join(missing[:4])}"
        remedy = "a bare encoder has no classifier: fine-tune it first, or choose a fine-tuned one"
        raise UsageError(f"{_WHERE}, {folder}", found, "a model trained for audio classification", remedy)
    rate = extractor.to_dict().get("sampling_rate", SAMPLE_RATE)
    if rate != SAMPLE_RATE:
        raise UsageError(f"{_WHERE}, {folder}", f"a model for {rate} Hz", f"{SAMPLE_RATE} Hz", "choose another model")
    return extractor, network
