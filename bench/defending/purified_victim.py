"""A victim with a purifier of sound before it: what RNNoise, a resynthesising GAN and their like have in common.

A defence of this kind is one call of [`fit_purified`][bench.defending.purified_victim.fit_purified] and one of
[`load_purified`][bench.defending.purified_victim.load_purified].
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench.contracts.capabilities import Purifying, Refusing, forward_capabilities
from bench.contracts.pipeline import modalities_of
from bench.contracts.protocols import FitContext, TrainableVictim, Victim
from bench.contracts.traits import Traits, traits_of
from bench.core.batch import Batch
from bench.core.errors import DataError, UsageError
from bench.core.types import Utterance
from bench.defending.inner_victim import load_inner, read_note, save_inner, write_note
from bench.defending.purification import Purifier, purified_batch, purified_utterances

_CONFIG = "config.json"
_THROUGH = ("answer_or_refuse", "hidden", "values")
"""Methods that not every victim has; each takes a batch."""


@dataclass(frozen=True)
class Purified:
    """A fitted victim that hears only what a purifier leaves: of enrolled speech, and of what it is asked about.

    It has the methods `answer_or_refuse` (of a detector), `hidden` and `values` (of one that answers numbers), and the
    attribute `network`, where the victim behind has them. Utterances without sound pass through as they are.

    Args:
        victim: what stands behind.
        purifier: what stands before it.
        device: where enrolled speech is purified.
        note: what the purifier is, as JSON can hold it; a folder saved with another one is refused.
    """

    victim: Victim
    purifier: Purifier
    device: torch.device
    note: Mapping[str, Any]

    def __post_init__(self) -> None:
        forward_capabilities(self, self.victim, _THROUGH, partial(partial, _through, self.purifier))
        forward_capabilities(self, self.victim, ("network",))

    @property
    def traits(self) -> Traits:
        """Declare whether the victim behind may be asked by several threads at once."""
        return Traits(concurrent=traits_of(self.victim).concurrent)

    def enroll(self, clean: Sequence[Utterance]) -> Purified:
        """Return this victim with knowledge of some speakers: the victim behind gets to know them as it will hear
        them."""
        heard = purified_utterances(self.purifier, clean, self.device)
        return replace(self, victim=self.victim.enroll(heard))

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c), from what the purifier leaves."""
        return self.victim.log_probs(self.purified(batch))

    def purified(self, batch: Batch) -> Batch:
        """Return what the victim behind hears of these utterances: all else about them as it was."""
        return purified_batch(self.purifier, batch)

    def trace(self, batch: Batch) -> list[Tensor]:
        """Show what is left of each utterance, b tensors of shape (t, 1): its samples; where the victim behind purifies
        too, what that leaves."""
        heard = self.purified(batch)
        if isinstance(self.victim, Purifying):
            return self.victim.trace(heard)
        return [utterance.waveform[:, None] for utterance in heard.utterances]

    def save(self, folder: Path) -> None:
        """Write the victim into a folder of its own, and a note of what stands before it."""
        save_inner(self.victim, folder)
        write_note(folder / _CONFIG, self.note)


def fit_purified(
    where: str,
    purifier: Purifier,
    note: Mapping[str, Any],
    victim: TrainableVictim,
    train: Sequence[Utterance],
    valid: Sequence[Utterance],
    context: FitContext,
) -> Purified:
    """Train a victim on what a purifier leaves of its data, and put the purifier before it.

    Args:
        where: the defence, for messages: "defense 'rnnoise'".
        purifier: fitted, where it has to be.
        note: what the purifier is, as JSON can hold it.
        victim: what is defended.
        train: labelled utterances to learn from; purified, as are `context.clean` and `valid`.
        valid: labelled utterances of other speakers.
        context: its device is where it is purified.

    Raises:
        UsageError: the victim does not hear.
    """
    refuse_deaf(where, victim)
    everything = [*train, *valid, *context.clean]
    heard = purified_utterances(purifier, everything, context.device, context.progress, f"{where}: purifying speech")
    middle, end = len(train), len(train) + len(valid)
    context = replace(context, clean=tuple(heard[end:]))
    return Purified(victim.fit(heard[:middle], heard[middle:end], context), purifier, context.device, note)


def load_purified(
    where: str,
    purifier: Purifier,
    note: Mapping[str, Any],
    victim: TrainableVictim,
    folder: Path,
    context: FitContext,
) -> Purified:
    """Load a purified victim: it predicts what the one that `fit_purified` gave did.

    Args:
        where: the defence, for messages: "defense 'rnnoise'".
        purifier: fitted, where it has to be.
        note: what the purifier is; a folder saved with another note is refused.
        victim: the recipe that was defended.
        folder: what the fitted victim's `save` wrote.
        context: the one that it was fitted with.

    Raises:
        DataError: its note is missing, damaged, or another one.
        UsageError: the victim does not hear.
    """
    refuse_deaf(where, victim)
    file = folder / _CONFIG
    kept = read_note(file)
    if kept != json.loads(json.dumps(dict(note))):
        raise DataError(file, f"{kept}", f"{dict(note)}", "delete the folder, and it is trained anew")
    return Purified(load_inner(victim, folder, context), purifier, context.device, note)


class AudioDefense:
    """A defence that does something to sound: it refuses a victim that reads text alone."""

    where: ClassVar[str]
    """The defence, for messages: "defense 'rnnoise'"."""

    def check(self, victim: TrainableVictim) -> None:
        """Refuse a victim that this defence would not defend.

        Raises:
            UsageError: it is such a one.
        """
        refuse_deaf(self.where, victim)


def answered_or_refused(victim: Victim, batch: Batch, refused: Tensor) -> tuple[Tensor, Tensor]:
    """Ask a victim behind a defence that refuses, and pass its own refusals on.

    Args:
        victim: what stands behind the defence.
        batch: b utterances.
        refused: what the defence refuses, shape (b,), bool.

    Returns:
        The victim's log-probabilities, shape (b, c), and what either of both refuses, shape (b,), bool.
    """
    if isinstance(victim, Refusing):
        log_probs, also = victim.answer_or_refuse(batch)
        return log_probs, refused | also
    return victim.log_probs(batch), refused


def refuse_deaf(where: str, victim: TrainableVictim) -> None:
    """Refuse a victim that reads text alone: a purifier of sound would defend nothing.

    Args:
        where: the defence, for the message: "defense 'rnnoise'".
        victim: the recipe to be defended.

    Raises:
        UsageError: it does not hear.
    """
    modalities = modalities_of(victim, None)
    if "sound" not in modalities:
        found = f"a victim that perceives {' and '.join(modalities)} alone ({type(victim).__name__})"
        raise UsageError(where, found, "one that hears", "leave this defence out, or take a victim such as cnn_gru")


def _through(purifier: Purifier, ask: Callable[[Batch], Any], batch: Batch) -> Any:
    """A method of the victim behind, asked about what the purifier leaves."""
    return ask(purified_batch(purifier, batch))
