"""Victims with a GAN's generator before them, and how that is kept on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bench.contracts.capabilities import Refusing, Sequential
from bench.contracts.protocols import Victim
from bench.contracts.traits import Traits, traits_of
from bench.core.batch import Batch
from bench.core.errors import DataError
from bench.core.types import Utterance
from bench.defending.gan.networks import Generator
from bench.defending.gan.sound import BINS, SoundPurifier, Spectra
from bench.defending.inner_victim import save_inner
from bench.defending.purified_victim import Purified
from bench.modelling.seeding import seeded
from bench.modelling.weights import load_into, load_weights, save_weights

GAN = "gan"
"""The folders within a fitted victim's."""
_STATISTICS = "statistics"


@dataclass(frozen=True)
class CleanedFeatures:
    """A fitted victim whose features a generator cleans. It has the method `answer_or_refuse` where the victim behind
    has it: that one's refusals, of the sound as it is.

    Args:
        victim: what stands behind.
        generator: what stands between its features and its network.
        note: what this is, as JSON can hold it.
    """

    victim: Sequential
    generator: Generator
    note: Mapping[str, Any]

    def __post_init__(self) -> None:
        # On the instance: a class that had this method would promise it for every victim.
        behind: Victim = self.victim
        if isinstance(behind, Refusing):
            object.__setattr__(self, "answer_or_refuse", partial(_answers, self, behind))

    @property
    def traits(self) -> Traits:
        """Declare whether the victim behind may be asked by several threads at once."""
        return Traits(concurrent=traits_of(self.victim).concurrent)

    def enroll(self, clean: Sequence[Utterance]) -> CleanedFeatures:
        """Return this victim with knowledge of some speakers: the victim behind takes its statistics from their speech
        as it is, since the generator works on what comes of it."""
        return replace(self, victim=self.victim.enroll(clean))

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c), from the features that the generator leaves."""
        features, counts = self.victim.sequence(batch)
        return self.victim.log_probs_of(self.generator(features, counts), counts)

    def trace(self, batch: Batch) -> list[Tensor]:
        """Show what is left of each utterance behind the generator: b tensors of shape (frames, d)."""
        return [after for _, after in self.before_after(batch)]

    def before_after(self, batch: Batch) -> list[tuple[Tensor, Tensor]]:
        """Return each utterance's features before and after the generator, each of shape (frames, d)."""
        return _before_after(self.generator, *self.victim.sequence(batch))

    def save(self, folder: Path) -> None:
        """Write the victim and the generator, each in a folder of its own, and the note."""
        save_inner(self.victim, folder)
        save_generator(folder, self.generator, self.note)


@dataclass(frozen=True)
class CleanedSound(Purified):
    """A fitted victim whose sound a generator cleans: a `Purified` that keeps its purifier, which was trained."""

    purifier: SoundPurifier

    def before_after(self, batch: Batch) -> list[tuple[Tensor, Tensor]]:
        """Return each utterance's standardised log magnitudes before and after the generator, each of shape (frames,
        257)."""
        return _before_after(self.purifier.generator, *self.purifier.spectra.sequence(batch))

    def save(self, folder: Path) -> None:
        """Write the victim and the generator, each in a folder of its own, and the note."""
        super().save(folder)
        save_generator(folder, self.purifier.generator, self.note, self.purifier.spectra)


def save_generator(folder: Path, generator: Generator, note: Mapping[str, Any], spectra: Spectra | None = None) -> None:
    """Write a generator into a new folder within another: weights as safetensors, the note and the number of features
    as JSON.

    Args:
        folder: a fitted victim's, in which there is none yet.
        generator: trained.
        note: as JSON can hold it.
        spectra: what the generator works on, where that is sound.
    """
    (folder / GAN).mkdir()
    statistics = {} if spectra is None else {_STATISTICS: spectra.statistics}
    save_weights(folder / GAN, generator.state_dict() | statistics, dict(note) | {"width": generator.width})


def load_generator(
    folder: Path, hidden: int, residual: bool, device: torch.device
) -> tuple[Generator, Spectra | None, dict[str, Any]]:
    """Load what `save_generator` wrote.

    Args:
        folder: the fitted victim's.
        hidden: units of each LSTM layer, as it was trained.
        residual: whether its output is added to its input, as it was trained.
        device: where it goes.

    Returns:
        The generator, in evaluation mode; what it works on where that is sound, else None; and the note.

    Raises:
        DataError: a file is missing or damaged, or it is another generator.
    """
    tensors, note = load_weights(folder / GAN, device)
    width, statistics = note.pop("width", None), tensors.pop(_STATISTICS, None)
    shape = None if statistics is None else tuple(statistics.shape)
    if not isinstance(width, int) or width < 1 or shape not in (None, (2, BINS)):
        found, expected = f"width {width!r}, statistics of shape {shape}", f"a width, and shape {(2, BINS)} if any"
        raise DataError(folder / GAN, found, expected, "delete the folder, and it is trained anew")
    with seeded("gan"):
        generator = Generator(width, hidden, residual).to(device)
    load_into(generator, tensors, folder / GAN)
    return generator.eval(), None if statistics is None else Spectra(statistics), note


def _before_after(generator: Generator, features: Tensor, counts: Tensor) -> list[tuple[Tensor, Tensor]]:
    rows = zip(features, generator(features, counts), counts.tolist(), strict=True)
    return [(before[:count], after[:count]) for before, after, count in rows]


def _answers(cleaned: CleanedFeatures, refusing: Refusing, batch: Batch) -> tuple[Tensor, Tensor]:
    return cleaned.log_probs(batch), refusing.answer_or_refuse(batch)[1]
