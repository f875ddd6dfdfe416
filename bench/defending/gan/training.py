"""How P2's generative adversarial network learns: noisy feature sequences in, clean ones out (section 5.3)."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils.rnn import pad_sequence

from bench.contracts.protocols import FitContext
from bench.core.errors import ComponentError
from bench.core.rng import keyed
from bench.core.showing.progress import Progress
from bench.core.types import Rng
from bench.defending.gan.networks import Autoencoder, Generator
from bench.modelling.optimizers import uncompiled
from bench.modelling.seeding import seeded
from bench.modelling.sequences import shuffled_batches

DISCRIMINATOR_STEPS = 2
"""P2: "For each G step, the discriminator was updated twice"."""


@dataclass(frozen=True)
class Pairs:
    """Feature sequences with noise, and the same without.

    Args:
        noisy: n tensors of shape (frames, d), on the networks' device; n of at least 1.
        clean: likewise, each of the shape of its noisy one.
    """

    noisy: Sequence[Tensor]
    clean: Sequence[Tensor]

    def batch(self, indices: Sequence[int], rng: Rng | None = None, chunk: int = 0) -> tuple[Tensor, Tensor, Tensor]:
        """Pad the noisy and clean features of some pairs into tensors.

        Args:
            indices: which pairs.
            rng: where given, draws a stretch of each.
            chunk: frames of such a stretch, at most.

        Returns:
            Noisy and clean features, each of shape (b, frames, d), and true frame counts, shape (b,).

        >>> pairs = Pairs([torch.ones(2, 1), torch.ones(1, 1)], [torch.zeros(2, 1), torch.zeros(1, 1)])
        >>> pairs.batch([0, 1])[0][..., 0], pairs.batch([0, 1])[2]
        (tensor([[1., 1.],
                [1., 0.]]), tensor([2, 1]))
        """
        starts = [0 if rng is None else int(rng.integers(max(len(self.noisy[i]) - chunk, 0) + 1)) for i in indices]
        stretches = [slice(start, None if rng is None else start + chunk) for start in starts]
        noisy, clean = (
            [side[index][stretch] for index, stretch in zip(indices, stretches, strict=True)]
            for side in (self.noisy, self.clean)
        )
        counts = torch.tensor([len(frames) for frames in noisy], device=noisy[0].device)
        return pad_sequence(noisy, batch_first=True), pad_sequence(clean, batch_first=True), counts


@dataclass(frozen=True)
class GanSettings:
    """How the two networks are made and trained.

    Args:
        hidden: units of each LSTM layer.
        residual: whether the generator says what to add to its input, in place of the features themselves.
        pretrain_epochs: of the generator alone, by reconstruction; at most.
        pretrain_rate: RMSProp's learning rate meanwhile.
        max_epochs: of the two networks against each other; at most.
        patience: epochs without a lower reconstruction error on the validation data before either phase ends.
        learning_rate: RMSProp's, of both networks.
        reconstruction: what the reconstruction error weighs in the generator's loss, where the discriminator weighs 1.
        batch_size: pairs a step.
        chunk: frames of each pair that a step sees, at most; another stretch in every epoch.
    """

    hidden: int
    residual: bool
    pretrain_epochs: int
    pretrain_rate: float
    max_epochs: int
    patience: int
    learning_rate: float
    reconstruction: float
    batch_size: int
    chunk: int


def difference(found: Tensor, clean: Tensor, counts: Tensor) -> Tensor:
    """Compute the mean absolute difference of features over the true frames, a scalar.

    Args:
        found: shape (b, frames, d), zero after each sequence's end.
        clean: the same shape, zero likewise.
        counts: true frames of each sequence, shape (b,).

    >>> difference(torch.tensor([[[1.0], [3.0], [0.0]]]), torch.zeros(1, 3, 1), torch.tensor([2]))
    tensor(2.)
    """
    return (found - clean).abs().sum() / (counts.sum() * clean.shape[-1])


def verdict(discriminator: Autoencoder, features: Tensor, counts: Tensor) -> Tensor:
    """Estimate how sure the discriminator is that features are of clean speech: the mean of its frames' logits.

    Args:
        discriminator: gives a logit for each frame.
        features: shape (b, frames, d), zero after each sequence's end.
        counts: true frames of each sequence, shape (b,).

    Returns:
        Shape (b,).
    """
    logits: Tensor = discriminator(features, counts)
    return logits[:, :, 0].sum(dim=1) / counts


@torch.no_grad()
def reconstruction_error(generator: Generator, pairs: Pairs, batch_size: int = 64) -> float:
    """Compute the mean absolute difference between what the generator makes of noisy features and the clean ones.

    Args:
        generator: is put into evaluation mode.
        pairs: on the generator's device.
        batch_size: pairs at a time.
    """
    generator.eval()
    order = sorted(range(len(pairs.noisy)), key=lambda index: len(pairs.noisy[index]))
    total, frames = 0.0, 0
    for start in range(0, len(order), batch_size):
        noisy, clean, counts = pairs.batch(order[start : start + batch_size])
        count = int(counts.sum())
        total += float(difference(generator(noisy, counts), clean, counts)) * count
        frames += count
    return total / frames


def fit_gan(train: Pairs, valid: Pairs, settings: GanSettings, context: FitContext, name: str) -> Generator:
    """Train a generator, first alone and then against a discriminator; the best adversarial epoch's weights are kept.

    Args:
        train: what is learnt from.
        valid: of other speakers; the reconstruction error on these chooses the epoch.
        settings: sizes, rates, when to stop.
        context: seed, device, progress.
        name: whose it is, for the key of what is drawn and for messages: "defense 'gan_purification'".

    Returns:
        The generator, in evaluation mode.

    Raises:
        ComponentError: no epoch has a finite error.
    """
    width = train.noisy[0].shape[-1]
    with seeded(context.seed, name):
        generator = Generator(width, settings.hidden, settings.residual).to(context.device)
        discriminator = Autoencoder(width, settings.hidden, 1).to(context.device)
        rng = keyed(context.seed, name, "epochs")
        training = _Training(name, generator, discriminator, train, valid, settings, context.progress, rng)
        before = reconstruction_error(generator, valid) if settings.residual else math.nan
        alone = training.pretrain()
        both = training.play()
    unpurified = "" if math.isnan(before) else f" from {before:.3f}"
    context.progress.say(
        f"{name}: mean difference to clean features on the validation speakers{unpurified} to {alone:.3f} after "
        f"pre-training, {both:.3f} after adversarial training"
    )
    return generator.eval()


@dataclass(frozen=True)
class _Training:
    """The two phases of a GAN's training."""

    name: str
    generator: Generator
    discriminator: Autoencoder
    train: Pairs
    valid: Pairs
    settings: GanSettings
    progress: Progress
    rng: Rng

    def pretrain(self) -> float:
        """The generator alone; gives its lowest validation error."""
        optimizer = uncompiled(torch.optim.RMSprop)(self.generator.parameters(), lr=self.settings.pretrain_rate)

        def step(noisy: Tensor, clean: Tensor, counts: Tensor) -> None:
            optimizer.zero_grad()
            torch.autograd.backward(difference(self.generator(noisy, counts), clean, counts))
            optimizer.step()

        return self._descend("pre-training the generator", self.settings.pretrain_epochs, step)

    def play(self) -> float:
        """Generator and discriminator against each other; gives the generator's lowest validation error."""
        networks, rate = (self.generator, self.discriminator), self.settings.learning_rate
        makes, judges = (uncompiled(torch.optim.RMSprop)(network.parameters(), lr=rate) for network in networks)

        def step(noisy: Tensor, clean: Tensor, counts: Tensor) -> None:
            cleaned = self.generator(noisy, counts)
            both, twice = torch.cat([clean, cleaned.detach()]), counts.repeat(2)
            truth = torch.ones(len(both), device=both.device)
            truth[len(clean) :] = 0.0
            for _ in range(DISCRIMINATOR_STEPS):
                judges.zero_grad()
                judged = verdict(self.discriminator, both, twice)
                torch.autograd.backward(binary_cross_entropy_with_logits(judged, truth))
                judges.step()
            makes.zero_grad()
            judged = verdict(self.discriminator, cleaned, counts)
            fooling = binary_cross_entropy_with_logits(judged, torch.ones_like(judged))
            error = difference(cleaned, clean, counts)
            torch.autograd.backward(fooling + self.settings.reconstruction * error)
            makes.step()

        return self._descend("training the GAN", self.settings.max_epochs, step)

    def _descend(self, phase: str, most: int, step: Callable[[Tensor, Tensor, Tensor], None]) -> float:
        """Epochs until the validation error falls no more; the best one's weights are restored."""
        best, best_state, since = math.inf, copy.deepcopy(self.generator.state_dict()), 0
        with self.progress.task(f"{self.name}: {phase}", most) as advance:
            for _ in range(most):
                self.generator.train()
                for batch in self._batches():
                    step(*batch)
                error = reconstruction_error(self.generator, self.valid)
                advance(1)
                since = 0 if error < best else since + 1
                if since == 0:
                    best, best_state = error, copy.deepcopy(self.generator.state_dict())
                elif since >= self.settings.patience:
                    break
        if not math.isfinite(best):
            found = f"no finite error in any epoch of {phase}"
            raise ComponentError(self.name, found, "an error that falls", "try lower learning rates")
        self.generator.load_state_dict(best_state)
        return best

    def _batches(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        lengths = [min(len(frames), self.settings.chunk) for frames in self.train.noisy]
        for indices in shuffled_batches(lengths, self.settings.batch_size, self.rng):
            yield self.train.batch(indices, self.rng, self.settings.chunk)
