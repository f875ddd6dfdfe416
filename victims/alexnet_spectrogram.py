"""P4's victim: AlexNet, looking at coloured spectrograms of one-second blocks (sections 3 and 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from bench import (
    SAMPLE_RATE,
    SEGMENT_S,
    Batch,
    FitContext,
    Traits,
    UsageError,
    Utterance,
    batches,
    check_fields,
    values_of,
)
from bench.audio.reading import SILENCE_PEAK
from bench.audio.signal.spectrogram_image import ImageSettings, spectrogram_image
from bench.modelling.optimizers import uncompiled
from bench.modelling.pretrained.borrowed import digest_of
from bench.modelling.pretrained.statefile import load_published
from bench.modelling.schedule import Schedule
from bench.modelling.seeding import seeded
from bench.modelling.sequences import Sequences
from bench.modelling.training import fit_network, renewal
from bench.modelling.weights import load_into, load_weights, save_weights

_WHERE = "victim 'alexnet_spectrogram'"
_BLOCK = SEGMENT_S * SAMPLE_RATE
_AT_A_TIME = 64
_SMALLEST = 63
_ROOM = 2 << 30
"""Bytes of pictures that are kept for training; of more blocks, pictures are made anew in every step."""
_OUTPUT = ("classifier.6.weight", "classifier.6.bias")
_FROZEN = ("features.0", "features.3", "features.6", "features.8")


@dataclass(frozen=True)
class Plan:
    """What the parameters stand for that a recipe leaves open.

    Args:
        image_size: of the pictures, in pixels.
        width: channels and units, relative to AlexNet's.
        learning_rate: SGD's, at first.
        batch_size: blocks a training step.
        max_epochs: so many are trained.
        dropout: before the first two dense layers.
    """

    image_size: int
    width: float
    learning_rate: float
    batch_size: int
    max_epochs: int
    dropout: float


P4 = Plan(image_size=256, width=1.0, learning_rate=4e-4, batch_size=128, max_epochs=6, dropout=0.5)
"""With published weights: the paper's."""
FROM_SCRATCH = Plan(image_size=128, width=0.25, learning_rate=0.01, batch_size=16, max_epochs=24, dropout=0.0)
"""Without: ours. A network that has seen no photographs needs more steps; a smaller one takes them on a CPU."""


@dataclass(frozen=True)
class AlexnetSpectrogram:
    """AlexNet on spectrograms of one-second blocks, as pictures in the "jet" colours (P4).

    16 ms Hamming windows every 62 samples, a transform of 512; pictures of 256 × 256; SGD with momentum, whose rate
    falls by `gamma` when half of the epochs have gone; the weights of the epoch with the lowest validation loss.

    With `weights`, AlexNet's of ImageNet, the last convolution and the dense layers are fine-tuned and the others stay
    as they are, by P4's settings. Without, everything is learnt from nothing, which those settings cannot do: a
    parameter that is None then stands for a value of ours (P4's / ours): image_size 256 / 128, width 1 / 0.25,
    learning_rate 4e-4 / 0.01, batch_size 128 / 16, max_epochs 6 / 24, dropout 0.5 / 0.

    Args:
        weights: a file with torchvision's AlexNet: its own `alexnet-owt-....pth`, or the same tensors as
            `.safetensors`. The output layer in it is replaced by one for the task's classes.
        image_size: height and width of the pictures, at least 63.
        width: channels and units relative to AlexNet's, above 0. Published weights have 1.
        learning_rate: SGD's, at first.
        batch_size: blocks a training step.
        max_epochs: how many are trained.
        dropout: before the first two dense layers, in [0, 1).
        momentum: SGD's, in [0, 1).
        weight_decay: SGD's.
        gamma: what the learning rate is multiplied by at half time, above 0.
        normalise: divide each block by its largest absolute value (equation 2), and let its colours run from its own
            lowest to its own highest level. Otherwise they run from 80 dB below full scale to full scale: loudness is
            seen.

    Differences to the original: see above for training without `weights`. The loss weighs classes alike. Readings: the
    best epoch is chosen on other speakers; gamma acts once; an utterance's probabilities are the mean of its blocks'.
    """

    weights: Path | None = None
    image_size: int | None = None
    width: float | None = None
    learning_rate: float | None = None
    batch_size: int | None = None
    max_epochs: int | None = None
    dropout: float | None = None
    momentum: float = 0.9
    weight_decay: float = 4e-4
    gamma: float = 0.2
    normalise: bool = True
    traits: ClassVar[Traits] = Traits(renews=True)

    def __post_init__(self) -> None:
        plan, p4 = self.plan, values_of(P4)
        for name, least in (("image_size", _SMALLEST), ("batch_size", 1), ("max_epochs", 1)):
            check_fields(plan, _WHERE, (name,), f"P4 takes {p4[name]}", at_least=least)
        for name in ("width", "learning_rate"):
            check_fields(plan, _WHERE, (name,), f"P4 takes {p4[name]}", above=0)
        check_fields(self, _WHERE, ("momentum",), "P4 takes 0.9", at_least=0, at_most=0.999)
        check_fields(self, _WHERE, ("weight_decay",), "P4 takes 4e-4", at_least=0)
        check_fields(self, _WHERE, ("gamma",), "P4 takes 0.2", above=0, at_most=1)
        check_fields(plan, _WHERE, ("dropout",), "AlexNet's is 0.5", at_least=0, at_most=0.99)
        if self.weights is not None and plan.width != 1:
            found, remedy = f"{self.width:g} with weights", "leave one of the two out"
            raise UsageError(f"{_WHERE}, parameter 'width'", found, "1, AlexNet's own width", remedy)

    @property
    def plan(self) -> Plan:
        """Return what is given, and what stands for the rest."""
        rest = asdict(FROM_SCRATCH if self.weights is None else P4)
        given = {name: value for name, value in values_of(self).items() if name in rest and value is not None}
        return Plan(**{**rest, **given})

    def fingerprint(self) -> str:
        """Digest the published weights; empty without any."""
        return "" if self.weights is None else digest_of(_WHERE, [self.weights.expanduser()])

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedAlexnet:
        """Train on the blocks of `train`, choose the epoch on those of `valid`."""
        plan = self.plan
        with seeded(context.seed, "alexnet_spectrogram"):
            network = AlexNet(self, len(context.task.classes))
            if self.weights is not None:
                self.fingerprint()  # says so where the file is not there
                load_published(network, self.weights.expanduser(), _OUTPUT)
                for name in _FROZEN:
                    network.get_submodule(name).requires_grad_(False)
            network.to(context.device)
            learning = [weight for weight in network.parameters() if weight.requires_grad]
            optimizer = uncompiled(torch.optim.SGD)(
                learning, plan.learning_rate, self.momentum, weight_decay=self.weight_decay
            )
            rate = torch.optim.lr_scheduler.StepLR(optimizer, (plan.max_epochs + 1) // 2, self.gamma)
            data = (_training_data(train, context, network), _training_data(valid, context, network))
            schedule = Schedule(plan.batch_size, plan.max_epochs, patience=plan.max_epochs)
            fitted = FittedAlexnet(self, context.task.classes, network, context.device)
            again = renewal(context, fitted, lambda said: _training_data(said, context, network))
            fit_network(network, optimizer, *data, schedule, context, lambda _epoch, _loss: rate.step(), again)
        return fitted

    def load(self, folder: Path, context: FitContext) -> FittedAlexnet:
        """Load the fitted victim from its folder."""
        tensors, _ = load_weights(folder, context.device)
        with seeded("alexnet_spectrogram"):
            network = AlexNet(self, len(context.task.classes)).to(context.device)
        load_into(network, tensors, folder)
        return FittedAlexnet(self, context.task.classes, network.eval(), context.device)


class AlexNet(nn.Module):
    """Krizhevsky's second network ("One weird trick", 2014), its tensors named and shaped as torchvision's.

    Args:
        recipe: its plan and how its pictures are made.
        classes: how many the output layer has.
    """

    def __init__(self, recipe: AlexnetSpectrogram, classes: int) -> None:
        super().__init__()
        plan = recipe.plan
        a, b, c, d, dense = (max(1, round(plan.width * size)) for size in (64, 192, 384, 256, 4096))
        self.pictures = ImageSettings(size=plan.image_size, own_scale=recipe.normalise)
        self.features = nn.Sequential(
            *(nn.Conv2d(3, a, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2)),
            *(nn.Conv2d(a, b, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2)),
            *(nn.Conv2d(b, c, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(c, d, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(d, d, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, stride=2)),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            *(nn.Dropout(plan.dropout), nn.Linear(d * 36, dense), nn.ReLU()),
            *(nn.Dropout(plan.dropout), nn.Linear(dense, dense), nn.ReLU()),
            nn.Linear(dense, classes),
        )

    def forward(self, seen: Tensor, _counts: Tensor | None = None) -> Tensor:
        """Compute the logits of blocks, shape (n, c).

        Args:
            seen: blocks, shape (n, 16000), or their pictures as `look` makes them, shape (n, 3, size, size).
            _counts: not needed, since all blocks are as long.
        """
        pictures = self.look(seen) if seen.shape[1:] == (_BLOCK,) else seen
        hidden = self.avgpool(self.features(pictures))
        logits: Tensor = self.classifier(hidden.flatten(1))
        return logits

    def look(self, blocks: Tensor) -> Tensor:
        """Draw pictures (n, 3, size, size) of blocks (n, 16000); nothing in them is learnt."""
        if self.pictures.own_scale:
            peak = blocks.abs().amax(dim=1, keepdim=True)
            blocks = blocks / peak.where(peak > 0, 1.0)
        return spectrogram_image(blocks, self.pictures)


@dataclass(frozen=True)
class FittedAlexnet:
    """A trained `AlexnetSpectrogram`.

    Args:
        recipe: what it was trained as.
        classes: the output columns.
        network: the trained network, in evaluation mode.
        device: where it is.
    """

    recipe: AlexnetSpectrogram
    classes: tuple[str, ...]
    network: AlexNet
    device: torch.device
    traits: ClassVar[Traits] = Traits(concurrent=True)

    def enroll(self, clean: Sequence[Utterance]) -> FittedAlexnet:
        """Return itself: it needs to know nobody."""
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c): those of the mean of the blocks' probabilities."""
        blocks, owners = segments_in(batch)
        scores = [torch.softmax(self.network(part).double(), dim=-1) for part in torch.split(blocks, _AT_A_TIME)]
        total = torch.zeros(len(batch), len(self.classes), dtype=torch.float64, device=blocks.device)
        counts = torch.zeros(len(batch), dtype=torch.int64, device=owners.device)
        counts = counts.index_add(0, owners, torch.ones_like(owners))  # bincount would wait for the device
        return (total.index_add(0, owners, torch.cat(scores)) / counts[:, None]).log().float()

    def save(self, folder: Path) -> None:
        """Write weights as safetensors, what they are as JSON."""
        weights = self.recipe.weights
        recipe = {**asdict(self.recipe), "weights": None if weights is None else str(weights)}
        config = {"victim": "alexnet_spectrogram", "recipe": recipe, "classes": self.classes}
        save_weights(folder, self.network.state_dict(), config)


def segments_in(batch: Batch) -> tuple[Tensor, Tensor]:
    """Cut every utterance into whole seconds, as [`bench.data.segments.segments_of`][] does, and leave out silence.

    What is left at the end is not heard; an utterance shorter than a second is one block, with zeros after it; silent
    blocks are left out, unless there are no others.

    Returns:
        Blocks, shape (n, 16000), and the row of the batch that each comes from, shape (n,).
    """
    length = batch.waveforms.shape[-1]
    width = max(length // _BLOCK, 1)
    cut = torch.nn.functional.pad(batch.waveforms, (0, width * _BLOCK - length)).view(len(batch), width, _BLOCK)
    counts = torch.div(batch.lengths, _BLOCK, rounding_mode="floor").clamp(min=1)
    real = torch.arange(width, device=cut.device) < counts[:, None]
    heard = real & (cut.abs().amax(dim=-1) > SILENCE_PEAK)
    kept = torch.where(heard.any(dim=1, keepdim=True), heard, real)
    rows, places = kept.nonzero(as_tuple=True)  # the device is waited for once
    return cut[rows, places], rows


def _training_data(utterances: Sequence[Utterance], context: FitContext, network: AlexNet) -> Sequences:
    """Pictures of blocks, or where there is no room for so many, blocks; each labelled as its utterance."""
    blocks, labels = [], []
    for group in batches(utterances, _AT_A_TIME):
        chosen = [utterances[index] for index in group]
        found, owners = segments_in(Batch.of(chosen, context.device))
        labels += [context.task.index_of(chosen[owner]) for owner in owners.tolist()]
        blocks += list(found)
    pixels = 3 * network.pictures.size**2
    if len(blocks) * pixels * blocks[0].element_size() <= _ROOM:
        parts = [torch.stack(blocks[at : at + _AT_A_TIME]) for at in range(0, len(blocks), _AT_A_TIME)]
        blocks = [picture for part in parts for picture in network.look(part)]
    return Sequences(blocks, torch.tensor(labels, device=context.device))
