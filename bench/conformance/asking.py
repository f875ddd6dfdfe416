"""A fitted victim under examination: fitted twice, saved, had again from its folder, asked as the referee asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from bench.contracts.protocols import Victim
from bench.core.rng import key_of
from bench.core.types import Utterance
from bench.referee.blinding import Blinding, Instance

TOLERANCE = 1e-4
"""Largest difference in log-probability that another batch may make."""


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
    """

    fit: Callable[[], Victim]
    read: Callable[[Path], Victim]
    folder: Path
    said: Sequence[Utterance]
    classes: int
    sessions: bool = False

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
    def alone(self) -> Tensor:
        """Ask about each utterance by itself: log-probabilities, shape (n, c)."""
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
        return Instance.enrolled(victim, self.said, Blinding.of(key, self.said))


def one_by_one(instance: Instance, said: Sequence[Utterance]) -> Tensor:
    """Ask about utterances one at a time: log-probabilities, shape (n, c).

    Args:
        instance: who is asked.
        said: utterances.
    """
    return torch.cat([asked(instance, [one]) for one in said])


@torch.no_grad()
def asked(instance: Instance, said: Sequence[Utterance]) -> Tensor:
    """Ask about utterances at once: log-probabilities, shape (n, c).

    Args:
        instance: who is asked.
        said: utterances.
    """
    return instance.victim.log_probs(instance.blinding.batch(said, None, sample_keys(said))).cpu()


def sample_keys(said: Sequence[Utterance]) -> list[str]:
    """Give the draws of a randomised victim: the same whenever the same is asked."""
    return [f"{key_of('check', one.id):016x}" for one in said]
