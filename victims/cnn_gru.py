"""P1's victim: log mel filterbanks, convolutions, a GRU, mean pooling, dense layers (section 6.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import torch
from torch import Tensor, nn

from bench import (
    Batch,
    ComponentError,
    DataError,
    FitContext,
    Task,
    Traits,
    UsageError,
    Utterance,
    check_fields,
)
from bench.audio.signal import MelSettings, frame_counts, log_mel
from bench.modelling.features.mel_frames import mel_frames
from bench.modelling.optimizers import uncompiled
from bench.modelling.schedule import Schedule
from bench.modelling.seeding import seeded
from bench.modelling.sequences import Sequences
from bench.modelling.targets import outputs_of, targets_of, values_from
from bench.modelling.training import fit_network, renewal
from bench.modelling.weights import load_into, load_weights, save_weights

_WHERE = "victim 'cnn_gru'"
_MEL = MelSettings(n_mels=40, window_s=0.025, hop_s=0.010)
_EVERYBODY = "everybody"
_OUTPUT = 3
"""Where in `Network.dense` the output begins, with its dropout."""


@dataclass(frozen=True)
class CnnGru:
    """Convolutions and a GRU over 40 log mel filterbanks, z-normalised per speaker (P1, after Aldeneh et al. 2017).

    25 ms Hamming windows every 10 ms; weighted cross-entropy; RMSProp; at most 50 epochs, stopped after 5 without a
    lower validation loss, the best epoch's weights restored. P1 prints no layer sizes and no learning rate: those
    below are ours. In a dimensional task it has one output, and 1 − CCC is its loss.

    Args:
        channels: filters of each of the two convolutions over time.
        kernel: width of a convolution, in its own frames; odd.
        stride: step of each convolution: the GRU sees one step for stride² frames.
        hidden: units of the GRU, one direction.
        dense: units of the layer before the output.
        dropout: before each dense layer, in [0, 1).
        learning_rate: RMSProp's.
        batch_size: utterances a training step.
        max_epochs: P1: 50.
        patience: P1: 5.
    """

    channels: int = 128
    kernel: int = 5
    stride: int = 2
    hidden: int = 128
    dense: int = 128
    dropout: float = 0.3
    learning_rate: float = 1e-3
    batch_size: int = 32
    max_epochs: int = 50
    patience: int = 5
    traits: ClassVar[Traits] = Traits(renews=True, dimensional=True)

    def __post_init__(self) -> None:
        counts = ("channels", "kernel", "stride", "hidden", "dense", "batch_size", "max_epochs", "patience")
        check_fields(self, _WHERE, counts, at_least=1)
        check_fields(self, _WHERE, ("dropout",), at_least=0, below=1)
        check_fields(self, _WHERE, ("learning_rate",), above=0)
        if self.kernel % 2 == 0:
            where = f"{_WHERE}, parameter 'kernel'"
            raise UsageError(where, str(self.kernel), "an odd number", f"the default is kernel={CnnGru.kernel}")

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedCnnGru:
        """Train on `train`, choose the epoch on `valid`."""
        with seeded(context.seed, "cnn_gru"):
            fitted = FittedCnnGru(self, context.task.classes, self._network(context), context.device, task=context.task)
            optimizer = uncompiled(torch.optim.RMSprop)(
                fitted.network.parameters(), lr=self.learning_rate, alpha=0.9, eps=1e-7
            )
            schedule = Schedule(self.batch_size, self.max_epochs, self.patience)
            enrolled, learnt, heard = fitted.prepared(train, valid, context)
            again = renewal(context, enrolled, lambda said: enrolled.learnt(said, enrolled.frames(said), context))
            fit_network(fitted.network, optimizer, learnt, heard, schedule, context, renew=again)
            known = enrolled.statistics
        return replace(fitted, everybody=torch.stack([known[name] for name in sorted(known)]).mean(dim=0))

    def load(self, folder: Path, context: FitContext) -> FittedCnnGru:
        """Load the fitted victim from its folder."""
        tensors, _ = load_weights(folder, context.device)
        with seeded("cnn_gru"):
            network = self._network(context)
        everybody = tensors.pop(_EVERYBODY, None)
        if everybody is not None and tuple(everybody.shape) != (2, _MEL.n_mels):
            found = f"{_EVERYBODY} of shape {tuple(everybody.shape)}"
            raise DataError(folder, found, f"shape {(2, _MEL.n_mels)}", "delete the folder, and it is trained anew")
        load_into(network, tensors, folder)
        return FittedCnnGru(self, context.task.classes, network.eval(), context.device, everybody, task=context.task)

    def _network(self, context: FitContext) -> CnnGruNetwork:
        return CnnGruNetwork(self, outputs_of(context.task)).to(context.device)


class CnnGruNetwork(nn.Module):
    """Feature sequences to logits; what lies beyond an utterance's end is zero at every layer.

    Args:
        size: of its layers.
        classes: how many the output layer has.
    """

    def __init__(self, size: CnnGru, classes: int) -> None:
        super().__init__()
        width, step = size.kernel, size.stride
        self.first = nn.Conv1d(_MEL.n_mels, size.channels, width, step, padding=width // 2)
        self.second = nn.Conv1d(size.channels, size.channels, width, step, padding=width // 2)
        self.gru = nn.GRU(size.channels, size.hidden, batch_first=True)
        self.dense = nn.Sequential(
            nn.Dropout(size.dropout),
            nn.Linear(size.hidden, size.dense),
            nn.ReLU(),
            nn.Dropout(size.dropout),
            nn.Linear(size.dense, classes),
        )
        self.stride = size.stride

    def forward(self, features: Tensor, counts: Tensor) -> Tensor:
        """Compute the logits of feature sequences, shape (b, c).

        Args:
            features: normalised, shape (b, frames, 40), zero after each utterance's end.
            counts: shape (b,), the true numbers of frames.
        """
        logits: Tensor = self.dense[_OUTPUT:](self.hidden(features, counts))
        return logits

    def hidden(self, features: Tensor, counts: Tensor) -> Tensor:
        """Compute the dense layer before the output, shape (b, dense).

        Args:
            features: normalised, shape (b, frames, 40), zero after each utterance's end.
            counts: shape (b,), the true numbers of frames.
        """
        hidden = features.transpose(1, 2)
        for convolution in (self.first, self.second):
            hidden = torch.relu(convolution(hidden))
            counts = torch.div(counts - 1, self.stride, rounding_mode="floor") + 1
            real = torch.arange(hidden.shape[-1], device=hidden.device) < counts[:, None]
            hidden = hidden * real[:, None, :]
        states, _ = self.gru(hidden.transpose(1, 2))  # one direction: real steps never see the padding after them
        pooled = (states * real[:, :, None]).sum(dim=1) / counts[:, None]
        vector: Tensor = self.dense[:_OUTPUT](pooled)
        return vector


@dataclass(frozen=True)
class FittedCnnGru:
    """A trained `CnnGru`.

    Args:
        recipe: what it was trained as.
        classes: the output columns.
        network: the trained network, in evaluation mode.
        device: where it is.
        everybody: mean and standard deviation of each mel band, shape (2, 40), averaged over the training speakers:
            for a speaker who is not enrolled. None for one that was saved without.
        statistics: by enrolled speaker, the same over the clean frames.
        task: what it was trained for; numbers need its scale.
    """

    recipe: CnnGru
    classes: tuple[str, ...]
    network: CnnGruNetwork
    device: torch.device
    everybody: Tensor | None = None
    statistics: Mapping[str, Tensor] = field(default_factory=lambda: MappingProxyType({}))
    task: Task | None = None
    traits: ClassVar[Traits] = Traits(concurrent=True)

    def enroll(self, clean: Sequence[Utterance]) -> FittedCnnGru:
        """Take each speaker's normalisation from their clean utterances; others have the training speakers'."""
        return self.knowing(clean, self.frames(clean))

    def knowing(self, clean: Sequence[Utterance], frames: Sequence[Tensor]) -> FittedCnnGru:
        """Enrol speakers whose features are known, see `enroll`.

        Args:
            clean: utterances.
            frames: of each, as `frames` gives them.
        """
        voices: dict[str, list[Tensor]] = defaultdict(list)
        for utterance, features in zip(clean, frames, strict=True):
            voices[utterance.speaker].append(features)
        return replace(self, statistics={speaker: _statistics(torch.cat(found)) for speaker, found in voices.items()})

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c)."""
        return self.log_probs_of(*self.sequence(batch))

    def values(self, batch: Batch) -> Tensor:
        """Estimate ratings on the task's scale, shape (b,)."""
        return values_from(self.task, self.network(*self.sequence(batch)))

    def log_probs_of(self, features: Tensor, counts: Tensor) -> Tensor:
        """Estimate class log-probabilities, shape (b, c), from features as `sequence` gives them."""
        return torch.log_softmax(self.network(features, counts), dim=-1)

    def hidden(self, batch: Batch) -> Tensor:
        """Compute the vector before the output, shape (b, dense)."""
        return self.network.hidden(*self.sequence(batch))

    def sequence(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Compute normalised features (b, frames, 40), zero after an utterance's end, and true frame counts (b,)."""
        counts = frame_counts(batch.lengths, _MEL)
        features = log_mel(batch.waveforms, _MEL)
        mean, deviation = self._statistics_of(batch.utterances).unbind(dim=1)
        features = (features - mean[:, None]) / deviation[:, None]
        real = torch.arange(features.shape[1], device=features.device) < counts[:, None]
        return features * real[:, :, None], counts

    def save(self, folder: Path) -> None:
        """Write weights as safetensors, what they are as JSON."""
        config = {"victim": "cnn_gru", "recipe": asdict(self.recipe), "classes": self.classes}
        everybody = {} if self.everybody is None else {_EVERYBODY: self.everybody}
        save_weights(folder, self.network.state_dict() | everybody, config)

    def prepared(
        self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> tuple[FittedCnnGru, Sequences, Sequences]:
        """Compute what is learnt from and what chooses the epoch, each utterance's features once.

        Args:
            train: to learn from; a speaker's statistics come from the context's clean utterances, where it has some.
            valid: of other speakers, with their own statistics.
            context: its task labels both.

        Returns:
            The victim that knows the training speakers, and the two.
        """
        frames, heard = self.frames(train), self.frames(valid)
        clean = context.clean or train
        enrolled = self.knowing(clean, frames if clean is train else self.frames(clean))
        learnt = enrolled.learnt(train, frames, context)
        return enrolled, learnt, self.knowing(valid, heard).learnt(valid, heard, context)

    def learnt(self, utterances: Sequence[Utterance], frames: Sequence[Tensor], context: FitContext) -> Sequences:
        """Normalise features, and label them.

        Args:
            utterances: those to learn from, of speakers who are enrolled.
            frames: of each, as `frames` gives them; they are overwritten, since a corpus has as many again.
            context: its task labels them.
        """
        for features, (mean, deviation) in zip(frames, map(self._statistics_for, utterances), strict=True):
            features.sub_(mean).div_(deviation)
        return Sequences(frames, targets_of(context.task, utterances, self.device))

    def frames(self, utterances: Sequence[Utterance]) -> list[Tensor]:
        """Compute log mel features, not normalised, each of shape (frames, 40)."""
        return mel_frames(utterances, _MEL, self.device)

    def _statistics_of(self, utterances: Sequence[Utterance]) -> Tensor:
        return torch.stack([self._statistics_for(utterance) for utterance in utterances])

    def _statistics_for(self, utterance: Utterance) -> Tensor:
        found = self.statistics.get(utterance.speaker, self.everybody)
        if found is None:
            what = "a speaker who is not enrolled, and no statistics of the training speakers"
            raise ComponentError(_WHERE, what, "one of the two", "train the victim anew, or enrol the speaker")
        return found


def _statistics(frames: Tensor) -> Tensor:
    return torch.stack([frames.mean(dim=0), frames.std(dim=0, correction=0).clamp(min=1e-3)])
