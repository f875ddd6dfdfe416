"""A fitted victim under examination: fitted twice, saved, had again from its folder, asked as the referee asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from bench.contracts.protocols import Victim
from bench.core.batch import Batch
from bench.core.rng import key_of
from bench.core.types import Utterance
from bench.referee.blinding import Blinding, Instance
from bench.referee.prediction import predictions_of

TOLERANCE = 1e-4
"""Largest difference in log-probability that another batch may make."""


class Replies(NamedTuple):
    """What a victim said of n utterances.

    Args:
        log_probs: shape (n, c).
        refused: shape (n,), bool; all false of a victim that never refuses.
    """

    log_probs: Tensor
    refused: Tensor

    @classmethod
    def by(cls, victim: Victim, batch: Batch) -> Replies:
        """Ask a victim as the referee does: for refusals too, where it has `answer_or_refuse`.

        Args:
            victim: fitted, and enrolled.
            batch: n utterances.
        """
        with torch.no_grad():
            log_probs, refused = predictions_of(victim, batch)
        return cls(log_probs.cpu(), torch.zeros(len(batch), dtype=torch.bool) if refused is None else refused.cpu())

    @classmethod
    def joined(cls, some: Sequence[Replies]) -> Replies:
        """Put what was said of some utterances behind what was said of those before.

        Args:
            some: at least one.
        """
        return cls(*map(torch.cat, zip(*some, strict=True)))

    def at(self, places: slice) -> Replies:
        """Return what was said of some of them.

        Args:
            places: which.
        """
        return Replies(self.log_probs[places], self.refused[places])

    def backwards(self) -> Replies:
        """Return what was said, of the last utterance first."""
        return Replies(self.log_probs.flip(0), self.refused.flip(0))

    def is_exactly(self, other: Replies) -> bool:
        """Tell whether the same was said, to the last bit.

        Args:
            other: of the same utterances.
        """
        return torch.equal(self.log_probs, other.log_probs) and torch.equal(self.refused, other.refused)


@dataclass(frozen=True)
class ExaminedVictim:
    """A victim that is fitted, saved and asked when a check first needs it, and then kept.

    Args:
        fit: fits it with one seed, each time anew.
        read: gives the victim that was saved into a folder.
        folder: an empty one, to save it into.
        said: utterances of speakers whom it was not trained with.
        classes: how many it tells apart.
        sessions: whether it remembers within a session, as its trait says.
        words: whether it is shown transcripts: whether its trait says that it perceives text.
    """

    fit: Callable[[], Victim]
    read: Callable[[Path], Victim]
    folder: Path
    said: Sequence[Utterance]
    classes: int
    sessions: bool = False
    words: bool = True

    @cached_property
    def fitted(self) -> Victim:
        """Fit it."""
        return self.fit()

    @cached_property
    def again(self) -> Victim:
        """Fit it a second time, with the same seed."""
        return self.fit()

    @cached_property
    def generator(self) -> Tensor:
        """Note the state of torch's generator, before anything is asked."""
        return torch.random.get_rng_state()

    @cached_property
    def instance(self) -> Instance:
        """Enrol the fitted victim as the referee does."""
        return self.shown(self.fitted)

    @cached_property
    def alone(self) -> Replies:
        """Ask about each utterance by itself."""
        return one_by_one(self.instance, self.said)

    def copy(self) -> Victim:
        """Read it as it was saved, another object every time.

        Layers that are made to hold weights draw weights of their own first, from torch's generator: its state stays.
        """
        with torch.random.fork_rng(devices=[]):
            return self.read(self.folder)

    def shown(self, victim: Victim, key: str = "check") -> Instance:
        """Enrol a victim as the referee does: the speakers are numbers, and nothing is said of the utterances.

        Args:
            victim: fitted.
            key: another one gives the speakers other numbers.
        """
        return Instance.enrolled(victim, self.said, Blinding.of(key, self.said, self.words))


def one_by_one(instance: Instance, said: Sequence[Utterance]) -> Replies:
    """Ask about utterances one at a time.

    Args:
        instance: who is asked.
        said: n utterances.
    """
    return Replies.joined([asked(instance, [one]) for one in said])


def asked(instance: Instance, said: Sequence[Utterance], sessions: Sequence[str] = ()) -> Replies:
    """Ask about utterances at once.

    Args:
        instance: who is asked.
        said: n utterances.
        sessions: in which session each is asked; empty for none.
    """
    return Replies.by(instance.victim, instance.blinding.batch(said, None, sample_keys(said), sessions))


def sample_keys(said: Sequence[Utterance]) -> list[str]:
    """Give the draws of a randomised victim: the same whenever the same is asked."""
    return [f"{key_of('check', one.id):016x}" for one in said]
