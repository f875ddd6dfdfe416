"""A classifier that was trained with SpeechBrain, from the folder that its interfaces read, without SpeechBrain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import torch
from torch import Tensor

from bench import SAMPLE_RATE, FitContext, Traits, UsageError, Utterance
from bench.modelling.pretrained.borrowed import Borrowed, BorrowedRecipe, digest_of
from bench.modelling.pretrained.hub import ModelSource, fetched
from bench.modelling.pretrained.labels import Labels
from bench.modelling.pretrained.speech_checkpoint import Choices
from bench.modelling.pretrained.speechbrain_folder import LABELS, SETTINGS, read_graph, read_labels
from bench.modelling.pretrained.speechbrain_network import OnEncoderFrames, network_of

_WHERE = "victim 'speechbrain'"
_KINDS = (SETTINGS, "*.ckpt", LABELS)
_SOURCE = ModelSource(
    _WHERE,
    "hf",
    ("config.json",),
    "fetch it where there is a network (hf download OWNER/NAME --local-dir FOLDER) and give that folder",
)
_SHORTEST = SAMPLE_RATE // 10


@dataclass(frozen=True)
class SpeechBrain(BorrowedRecipe["FittedSpeechBrain"]):
    """A classifier that was trained with SpeechBrain, `speechbrain:FOLDER` or `speechbrain:OWNER/NAME`.

    Read are `hyperparams.yaml`, as data, the weights that it names (`*.ckpt`: nothing but tensors is read of them), and
    `label_encoder.txt`; no code of the model's is run, and SpeechBrain need not be installed. What is known is an
    encoder of transformers' (wav2vec 2.0, HuBERT, WavLM), statistics over its frames, dense layers: that of
    `speechbrain/emotion-recognition-wav2vec2-IEMOCAP`. Nothing is trained.

    Args:
        model: a folder, or a name on the hub.
        labels: the outputs' labels in their order, or other names for some of them (THEIRS:OURS). The default is
            `label_encoder.txt`.
        revision: of a name on the hub: a commit, so that the same model is fetched on every machine.
        encoder: a folder, or a name on the hub, with the encoder's `config.json` and `preprocessor_config.json`. The
            default is the one that `hyperparams.yaml` names.
        activation: between dense layers, where there are several: the model's code says it.
        normalize: of a waveform, to mean 0 and variance 1, or not. The default is what the encoder's settings say.
        trained_on: speakers of the corpus that the model was trained on, "*" for all of them.
    """

    model: str
    labels: tuple[str, ...] = ()
    revision: str = "main"
    encoder: str = ""
    activation: Literal["tanh", "relu", "gelu", "none"] | None = None
    normalize: Literal["none", "utterance"] | None = None
    trained_on: tuple[str, ...] = ()

    @property
    def traits(self) -> Traits:
        """Say that nothing is trained here, and on whom it was elsewhere."""
        return Traits(trains=False, trained_on=self.trained_on)

    @property
    def folder(self) -> Path:
        """Find the folder, fetched from the hub where it is a name there.

        Raises:
            UsageError: it is not to be had.
        """
        folder = Path(self.model).expanduser()
        if folder.is_dir():
            return folder
        if not self.model or folder.exists() or self.model.startswith((".", "/", "~")) or self.model.count("/") > 1:
            found = "a file" if folder.is_file() else "no such folder"
            expected = f"a folder with {SETTINGS}, *.ckpt and {LABELS}; or a name on the hub"
            raise UsageError(f"{_WHERE}, {self.model}", found, expected, "check the path")
        return fetched(_SOURCE, self.model, self.revision, _KINDS)

    def fingerprint(self) -> str:
        """Digest the recipe, the weights, the labels, and the settings of the encoder."""
        folder = self.folder
        own = digest_of(_WHERE, sorted(file for kind in _KINDS for file in folder.glob(kind)))
        named = self.encoder or read_graph(f"{_WHERE}, {folder}", folder).source
        settings = _SOURCE.settings(named, ("config.json", "preprocessor_config.json"))
        files = [settings / name for name in ("config.json", "preprocessor_config.json")]
        return f"{own}-{digest_of(_WHERE, [file for file in files if file.is_file()])}"

    def loaded(self, context: FitContext) -> FittedSpeechBrain:
        """Load the model from its folder.

        Raises:
            UsageError: it is none that is known, files are missing, weights found no place, or `labels` are not one for
                each output.
            DataError: a file of weights has none, or more than weights.
        """
        labels = Labels.given(_WHERE, context.task, self.labels, context.progress)
        folder = self.folder
        where = f"{_WHERE}, {folder}"
        chosen = Choices(self.encoder, self.activation, self.normalize)
        network = network_of(_SOURCE, folder, read_graph(where, folder), chosen)
        names = labels.names or read_labels(where, folder)
        if len(names) != network.outputs:
            found = f"{len(names)} labels ({', '.join(names)}) for {network.outputs} outputs"
            remedy = "give all of them: labels=NAME+NAME+..."
            raise UsageError(f"{_WHERE}, parameter 'labels'", found, "one for each output, in their order", remedy)
        network.requires_grad_(False)
        return FittedSpeechBrain(self, labels, network.to(context.device), names, context.device)


@dataclass(frozen=True)
class FittedSpeechBrain(Borrowed):
    """The model, loaded, and how its labels are read.

    Args:
        recipe: where it is.
        labels: how they are read.
        network: in evaluation mode.
        names: the outputs' labels.
        device: where the network is.
    """

    recipe: SpeechBrain
    labels: Labels
    network: OnEncoderFrames
    names: tuple[str, ...]
    device: torch.device
    victim: ClassVar[str] = "speechbrain"

    @torch.no_grad()
    def ask(self, utterances: Sequence[Utterance]) -> Tensor:
        """Estimate class log-probabilities, shape (n, c), each utterance alone: its frames are normalised together."""
        return self.labels.of_scores(self.names, torch.cat([self._logits(one) for one in utterances]).float())

    def _logits(self, utterance: Utterance) -> Tensor:
        waveform = utterance.waveform.float().to(self.device)
        padded = torch.nn.functional.pad(waveform, (0, max(0, _SHORTEST - len(waveform))))
        logits: Tensor = self.network(padded[None])
        return logits
