"""P2's victim: eGeMAPS, two LSTM layers, a dense layer, softmax (section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from bench import Batch, FitContext, Task, Traits, Utterance, check_fields, chosen
from bench.modelling.features.egemaps import WIDTHS, Level, version
from bench.modelling.features.frontend import FrontEnd, Scope
from bench.modelling.optimizers import uncompiled
from bench.modelling.schedule import Schedule
from bench.modelling.seeding import seeded
from bench.modelling.sequences import Sequences
from bench.modelling.targets import outputs_of, targets_of, values_from
from bench.modelling.training import fit_network, renewal
from bench.modelling.weights import load_into, load_weights, save_weights

_WHERE = "victim 'lstm_egemaps'"


@dataclass(frozen=True)
class LstmEgemaps:
    """Two LSTM layers over openSMILE's eGeMAPS descriptors, one vector every 50 ms (P2, Latif et al. 2018).

    Learning rate 0.002, halved after 5 epochs without a gain, stopped once it is below 0.00001; the best epoch's
    weights are restored. Needs the extra `opensmile`, whose licence forbids commercial use.

    Differences to the original:

    - P2 watches the test set for its learning rate; this watches the validation speakers, by their unweighted average
      recall, the measure that P2 reports.
    - P2 does not say which eGeMAPS features, nor at which rate. Reading: the 25 low-level descriptors of eGeMAPS v02,
      a sequence for an LSTM, 10 ms apart and averaged by fives: a vector every 50 ms trains five times as fast.
      `functionals=true` takes the 88 functionals of the utterance instead, as a sequence of length 1.
    - P2 says nothing of normalisation. Reading: the training set's mean and deviation.
    - P2 prints no layer sizes, optimizer, batch size, loss or dropout: those below are ours (Adam; cross-entropy that
      weighs classes the same; the mean of the second layer's outputs goes to the dense layer).

    Args:
        functionals: 88 functionals of the whole utterance, in place of the sequence of 25 descriptors.
        average: frames of 10 ms whose mean is one vector of the sequence; without effect on functionals.
        statistics: whose mean and deviation standardise the features: the "training" set's, or each "speaker"'s own,
            taken from clean utterances before any attack.
        hidden: units of each LSTM layer, one direction.
        dense: units of the dense layer.
        dropout: after each of the three layers, in [0, 1).
        learning_rate: the first; P2: 0.002.
        lowest_rate: training stops below it; P2: 0.00001.
        patience: epochs without a gain before the learning rate is halved; P2: 5.
        batch_size: utterances a training step.
        max_epochs: at most so many.
    """

    functionals: bool = False
    average: int = 5
    statistics: Scope = "training"
    hidden: int = 64
    dense: int = 64
    dropout: float = 0.3
    learning_rate: float = 0.002
    lowest_rate: float = 0.00001
    patience: int = 5
    batch_size: int = 32
    max_epochs: int = 150
    traits: ClassVar[Traits] = Traits(renews=True, dimensional=True)

    def __post_init__(self) -> None:
        chosen(_WHERE, "statistics", [self.statistics], ("training", "speaker"))
        counts = ("average", "hidden", "dense", "patience", "batch_size", "max_epochs")
        check_fields(self, _WHERE, counts, at_least=1)
        check_fields(self, _WHERE, ("dropout",), at_least=0, at_most=0.99)
        check_fields(self, _WHERE, ("lowest_rate",), above=0)
        check_fields(self, _WHERE, ("learning_rate",), at_least=self.lowest_rate)

    def fingerprint(self) -> str:
        """Return openSMILE's version: other versions give other features."""
        return version(_WHERE)

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedLstmEgemaps:
        """Train on `train`, choose the epoch on `valid`."""
        front = self._front().fitted(train, context.progress, context.clean)
        known = front.enrolled(context.clean or train)
        data = (_sequences(front, train, context, context.clean), _sequences(front, valid, context))
        with seeded(context.seed, "lstm_egemaps"):
            network = self._network(context)
            optimizer = uncompiled(torch.optim.Adam)(network.parameters(), lr=self.learning_rate)
            schedule = Schedule(self.batch_size, self.max_epochs, self.patience, "uar", self.lowest_rate)
            fitted = FittedLstmEgemaps(self, context.task.classes, front, network, context.device, context.task)
            again = renewal(context, replace(fitted, front=known), lambda said: _anew(known, said, context))
            fit_network(network, optimizer, *data, schedule, context, renew=again)
        return fitted

    def load(self, folder: Path, context: FitContext) -> FittedLstmEgemaps:
        """Load the fitted victim from its folder."""
        tensors, _ = load_weights(folder, context.device)
        front = self._front().loaded(tensors, folder)
        with seeded("lstm_egemaps"):
            network = self._network(context)
        load_into(network, tensors, folder)
        return FittedLstmEgemaps(self, context.task.classes, front, network.eval(), context.device, context.task)

    def _front(self) -> FrontEnd:
        level: Level = "functionals" if self.functionals else "lld"
        return FrontEnd(_WHERE, level, self.statistics, self.average)

    def _network(self, context: FitContext) -> LstmNetwork:
        return LstmNetwork(self, outputs_of(context.task)).to(context.device)


class LstmNetwork(nn.Module):
    """Feature sequences to logits; frames beyond an utterance's end are never seen.

    Args:
        size: of its layers, and which features.
        classes: how many the output layer has.
    """

    def __init__(self, size: LstmEgemaps, classes: int) -> None:
        super().__init__()
        level: Level = "functionals" if size.functionals else "lld"
        self.lstm = nn.LSTM(WIDTHS[level], size.hidden, num_layers=2, batch_first=True, dropout=size.dropout)
        self.dense = nn.Sequential(
            nn.Dropout(size.dropout),
            nn.Linear(size.hidden, size.dense),
            nn.ReLU(),
            nn.Dropout(size.dropout),
            nn.Linear(size.dense, classes),
        )

    def forward(self, features: Tensor, counts: Tensor) -> Tensor:
        """Compute the logits of feature sequences, shape (b, c).

        Args:
            features: standardised, shape (b, frames, d).
            counts: shape (b,), how many frames of each, from the first, are real.
        """
        packed = pack_padded_sequence(features, counts.cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)  # zero beyond the end
        logits: Tensor = self.dense(states.sum(dim=1) / counts[:, None])
        return logits


@dataclass(frozen=True)
class FittedLstmEgemaps:
    """A trained `LstmEgemaps`.

    Args:
        recipe: what it was trained as.
        classes: the output columns.
        front: its features, with their statistics.
        network: the trained network, in evaluation mode.
        device: where it is; features are computed on the CPU.
        task: what it was trained for; numbers need its scale.
    """

    recipe: LstmEgemaps
    classes: tuple[str, ...]
    front: FrontEnd
    network: LstmNetwork
    device: torch.device
    task: Task | None = None
    traits: ClassVar[Traits] = Traits(concurrent=True)

    def enroll(self, clean: Sequence[Utterance]) -> FittedLstmEgemaps:
        """Take each speaker's statistics from their clean utterances, where those are asked for."""
        return replace(self, front=self.front.enrolled(clean))

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c)."""
        return self.log_probs_of(*self.sequence(batch))

    def values(self, batch: Batch) -> Tensor:
        """Estimate ratings on the task's scale, shape (b,)."""
        return values_from(self.task, self.network(*self.sequence(batch)))

    def sequence(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Compute standardised features (b, frames, d), zero after an utterance's end, and true frame counts (b,)."""
        features = self.front.heard(batch)
        counts = torch.tensor([len(frames) for frames in features], device=self.device)
        return pad_sequence(features, batch_first=True).to(self.device), counts

    def log_probs_of(self, features: Tensor, counts: Tensor) -> Tensor:
        """Estimate class log-probabilities, shape (b, c), from features as `sequence` gives them."""
        return torch.log_softmax(self.network(features, counts), dim=-1)

    def save(self, folder: Path) -> None:
        """Write weights and statistics as safetensors, what they are as JSON."""
        config = {"victim": "lstm_egemaps", "recipe": asdict(self.recipe), "classes": self.classes}
        save_weights(folder, self.network.state_dict() | self.front.tensors(), config)


def _sequences(
    front: FrontEnd, utterances: Sequence[Utterance], context: FitContext, clean: Sequence[Utterance] = ()
) -> Sequences:
    return _labelled(front.clean(utterances, context.progress, clean), utterances, context)


def _anew(front: FrontEnd, utterances: Sequence[Utterance], context: FitContext) -> Sequences:
    """Of utterances that are learnt from once: their features are not kept."""
    return _labelled(front.heard(Batch.of(utterances)), utterances, context)


def _labelled(features: Sequence[Tensor], utterances: Sequence[Utterance], context: FitContext) -> Sequences:
    placed = [frames.to(context.device) for frames in features]
    return Sequences(placed, targets_of(context.task, utterances, context.device))
