"""Defences that change what a victim learns from: what they have in common.

Such a defence checks its victim, makes changed utterances from those that are as they were recorded, and has the victim
fitted on them. The speakers' statistics still come from clean speech.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from bench.contracts.capabilities import forward_capabilities
from bench.contracts.pipeline import Defended
from bench.contracts.protocols import FitContext, TrainableVictim, Victim
from bench.contracts.traits import traits_of
from bench.core.batch import Batch
from bench.core.errors import UsageError
from bench.core.types import Utterance
from bench.defending.inner_victim import load_inner, read_note, save_inner, write_note

_NOTE = "retrained.json"


def check_trains(where: str, victim: TrainableVictim) -> None:
    """Refuse a victim that no training changes: a model that was trained elsewhere, and is used as it is.

    Such a recipe says so with the trait `trains`. Of a victim under another defence it is the one
    inside that counts.

    Args:
        where: the defence, for the message: "defense 'random_noise'".
        victim: what is defended.

    Raises:
        UsageError: it is not trained.
    """
    inside = victim
    while isinstance(inside, Defended):
        inside = inside.victim
    if not traits_of(inside).trains:
        found = f"a victim that cannot be trained again ({type(inside).__name__})"
        remedy = "leave this defence out, or take one that stands before the victim, such as rnnoise"
        raise UsageError(where, found, "one that learns from the training data", remedy)


def check_renews(where: str, victim: TrainableVictim) -> None:
    """Refuse a victim that does not ask for other utterances in every epoch, or that stands under another defence.

    Args:
        where: the defence and its parameter, for the message.
        victim: what is defended.

    Raises:
        UsageError: its recipe does not declare the trait `renews`.
    """
    if not traits_of(victim).renews:
        stacked = isinstance(victim, Defended)
        found = "a victim under another defence" if stacked else f"{type(victim).__name__}, which learns from one set"
        remedy = "make them once, or take a victim such as cnn_gru, under this defence alone"
        raise UsageError(where, found, "a victim that asks for other utterances in every epoch", remedy)


def as_recorded(utterances: Sequence[Utterance]) -> list[Utterance]:
    """Select the utterances that nothing was done to.

    What another defence has changed is left as it is, and is not changed again: two of one pipeline would else put
    noise upon noise.
    """
    return [utterance for utterance in utterances if utterance.perturbation is None]


def with_clean(context: FitContext, train: Sequence[Utterance]) -> FitContext:
    """Note in a context which utterances were clean before this defence, or one around it, changed any.

    Args:
        context: as given to the defence.
        train: the utterances that the defence was given to train on.

    Returns:
        The context with `clean` set; as it was, where a defence around this one has set it.
    """
    return replace(context, clean=context.clean or tuple(train))


@dataclass(frozen=True)
class Retrained:
    """A fitted victim with a note of what it was trained on. It has all that the victim has.

    Args:
        victim: fitted.
        note: as JSON can hold it.
    """

    victim: Victim
    note: Mapping[str, Any]

    def __post_init__(self) -> None:
        own = {*dir(type(self)), "victim", "note"}
        forward_capabilities(
            self, self.victim, (name for name in dir(self.victim) if not name.startswith("_") and name not in own)
        )

    def enroll(self, clean: Sequence[Utterance]) -> Retrained:
        """Return this victim with knowledge of some speakers, from their clean, unlabelled utterances."""
        return replace(self, victim=self.victim.enroll(clean))

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c): the victim's."""
        return self.victim.log_probs(batch)

    def save(self, folder: Path) -> None:
        """Write the victim into a folder of its own, and the note."""
        save_inner(self.victim, folder)
        write_note(folder / _NOTE, self.note)


def load_retrained(victim: TrainableVictim, folder: Path, context: FitContext) -> Retrained:
    """Load a retrained victim from what `Retrained.save` wrote.

    Args:
        victim: the recipe that was trained.
        folder: what was written.
        context: the one that it was fitted with.

    Raises:
        DataError: the note is missing or damaged.
    """
    note = read_note(folder / _NOTE)
    return Retrained(load_inner(victim, folder, context), note)
