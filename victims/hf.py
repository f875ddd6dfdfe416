"""A model for audio classification in the form of Hugging Face's transformers: a folder, or a name on the hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from bench import SAMPLE_RATE, BenchError, FitContext, Halving, Progress, Traits, UsageError, Utterance, within
from bench.modelling.pretrained.borrowed import BorrowedNumbers, BorrowedRecipe, digest_of, refuse_mixing
from bench.modelling.pretrained.dimensions import class_scores, numbers_of
from bench.modelling.pretrained.hub import ModelSource
from bench.modelling.pretrained.labels import Labels, shown
from bench.modelling.pretrained.speech_checkpoint import Choices, SpeechModel, own_head, rebuilt
from bench.modelling.seeding import seeded

_WHERE = "victim 'hf'"
_SOURCE = ModelSource(
    _WHERE,
    "hf",
    ("config.json",),
    "fetch it where there is a network (hf download OWNER/NAME --local-dir FOLDER) and give hf:FOLDER",
    rebuilds=True,
)
_UNUSED = "masked_spec_embed"  # for training alone
_SHORTEST = SAMPLE_RATE // 10
_ALL = "give all of them: labels=NAME+NAME+..."
_BARE = "a bare encoder has no classifier: fine-tune it first, or choose a fine-tuned one"


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
        encoder: a folder, or a name on the hub, with the settings of the encoder, where the model's own do not say
            them (PyTorchModelHubMixin).
        activation: between the dense layers of a head, where its weights do not tell.
        normalize: of a waveform, where the model has no feature extractor: to mean 0 and variance 1, or not.
        low: what a model of numbers says at the lower end of the scale: of the task's, or of ratings from 1 to 5.
        high: what it says at the upper end.
        trained_on: speakers of the corpus that the model was trained on, "*" for all of them.
    """

    model: str
    labels: tuple[str, ...] = ()
    revision: str = "main"
    batch_size: int = 8
    encoder: str = ""
    activation: Literal["tanh", "relu", "gelu", "none"] | None = None
    normalize: Literal["none", "utterance"] | None = None
    low: float = 0.0
    high: float = 1.0
    trained_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        within(_WHERE, "batch_size", self.batch_size, "the default is 8", at_least=1)
        within(_WHERE, "high", self.high, "the default is 1", above=self.low)

    @property
    def traits(self) -> Traits:
        """Say that nothing is trained here, and on whom it was elsewhere."""
        return Traits(trains=False, trained_on=self.trained_on, dimensional=True)

    def fingerprint(self) -> str:
        """Digest the configuration and the weights, and the settings of an encoder that is named."""
        own = _SOURCE.fingerprint(_SOURCE.folder(self.model, self.revision))
        if not self.encoder:
            return own
        return f"{own}-{digest_of(_WHERE, [_SOURCE.settings(self.encoder) / 'config.json'])}"

    def loaded(self, context: FitContext) -> FittedHuggingFace:
        """Load the model from its folder.

        Raises:
            UsageError: it is not to be had, no safe model, or none of audio; or `labels` are not one for each output.
        """
        labels = Labels.given(_WHERE, context.task, self.labels, context.progress)
        folder = _SOURCE.folder(self.model, self.revision)
        if own_head(folder):
            model = rebuilt(_SOURCE, folder, Choices(self.encoder, self.activation, self.normalize))
        else:
            model = _by_transformers(folder, context.progress)
        own = labels.names or model.labels
        if len(own) != model.outputs:
            told = f" ({', '.join(model.labels)})" * bool(model.labels)
            found = f"{len(own) or 'no'} labels for {model.outputs} outputs{told}"
            raise UsageError(f"{_WHERE}, parameter 'labels'", found, "one for each output, in their order", _ALL)
        _refuse_other_rates(folder, model)
        halving = Halving(self.batch_size, _WHERE, context.progress)
        network = model.network.requires_grad_(False).to(context.device)
        return FittedHuggingFace(self, labels, model.extractor, network, own, context.device, halving, model.regression)


@dataclass(frozen=True)
class FittedHuggingFace(BorrowedNumbers):
    """The model, loaded, and how its labels are read.

    Args:
        recipe: where it is.
        labels: how they are read.
        extractor: from a waveform to the network's inputs.
        network: in evaluation mode.
        names: the outputs' labels.
        device: where the network is.
        halving: utterances at a time that fit into memory.
        regression: whether its outputs are numbers on a scale.
    """

    recipe: HuggingFace
    labels: Labels
    extractor: Any
    network: Any
    names: tuple[str, ...]
    device: torch.device
    halving: Halving
    regression: bool = False
    victim: ClassVar[str] = "hf"

    def check(self, probes: Sequence[Utterance]) -> None:
        """Refuse a model that cannot run, says nothing of the task, or answers by what else is asked, or by chance."""
        try:
            self._outputs(probes[:1])
        except BenchError:
            raise
        except Exception as error:
            found = f"a model that fails when it is asked ({type(error).__name__}: {str(error)[:200]})"
            remedy = "its config.json and its weights may not belong together: get a good copy"
            raise UsageError(_WHERE, found, "one that runs", remedy) from error
        task = self.labels.task
        if task.dimensional:
            if not self.regression:
                found = f"a model of classes: {shown(self.names)}"
                remedy = 'choose a model whose config.json says "problem_type": "regression", or a task of classes'
                raise UsageError(_WHERE, found, f"numbers, for task {task.name!r}", remedy)
            self.check_numbers(probes)
        elif self.regression:
            refuse_mixing(_WHERE, self.ask, probes)
        else:
            super().check(probes)

    def ask(self, utterances: Sequence[Utterance]) -> Tensor:
        """Estimate class log-probabilities, shape (n, c)."""
        outputs = self._outputs(utterances)
        if self.regression:
            return class_scores(self.labels, self.names, outputs, self.recipe.low, self.recipe.high)
        return self.labels.of_scores(self.names, outputs)

    def numbers(self, utterances: Sequence[Utterance]) -> Tensor:
        """Estimate ratings on the task's scale, shape (n,)."""
        return numbers_of(self.labels, self.names, self._outputs(utterances), self.recipe.low, self.recipe.high)

    @torch.no_grad()
    def _outputs(self, utterances: Sequence[Utterance]) -> Tensor:
        """What the network says, shape (n, l)."""
        inputs = [self._features(utterance) for utterance in utterances]
        rows: list[Tensor] = [torch.empty(0)] * len(inputs)
        for group in self._groups(inputs):
            found = self.halving.over(lambda some: self._logits([inputs[index] for index in some]).unbind(), group)
            for index, row in zip(group, found, strict=True):
                rows[index] = row
        return torch.stack(rows)

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


def _by_transformers(folder: Path, progress: Progress) -> SpeechModel:
    """The model as transformers' own class for it reads it.

    Raises:
        UsageError: it cannot be used, or weights have no place.
    """
    _SOURCE.require(folder, "config.json")
    _SOURCE.require(folder, "preprocessor_config.json")
    extractor = _SOURCE.read("AutoFeatureExtractor", folder)
    with seeded("hf"):  # what a checkpoint lacks is drawn
        network, report = _SOURCE.read(
            "AutoModelForAudioClassification", folder, use_safetensors=True, output_loading_info=True
        )
    missing = sorted(key for key in report["missing_keys"] if not key.endswith(_UNUSED))
    missing += sorted(map(str, report["mismatched_keys"]))
    left = sorted(map(str, report["unexpected_keys"]))
    lost = f"weights that found no place: {shown(left, 6)}"
    if missing:
        found = f"no weights for {', '.join(missing[:4])}" + f"; {lost}" * bool(left)
        remedy = "bring the model as code: python:FILE.py:OBJECT" if left else _BARE
        raise UsageError(f"{_WHERE}, {folder}", found, "a model trained for audio classification", remedy)
    if left:
        progress.say(f"{_WHERE}, {folder}: {lost}")
    own = tuple(str(name) for _, name in sorted(network.config.id2label.items()))
    regression = network.config.problem_type == "regression"
    return SpeechModel(extractor, network.eval(), own, len(own), regression)


def _refuse_other_rates(folder: Path, model: SpeechModel) -> None:
    rate = model.extractor.to_dict().get("sampling_rate", SAMPLE_RATE)
    if rate != SAMPLE_RATE:
        raise UsageError(f"{_WHERE}, {folder}", f"a model for {rate} Hz", f"{SAMPLE_RATE} Hz", "choose another model")
