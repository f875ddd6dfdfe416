"""Defences whose victims also learn from noisy copies: all that is left to write is the copies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from bench.contracts.protocols import FitContext, TrainableVictim, Victim
from bench.core.errors import UsageError
from bench.core.types import Utterance
from bench.defending.purified_victim import AudioDefense
from bench.defending.retraining import check_trains, with_clean


class TrainingDefense(AudioDefense):
    """A defence that changes what a victim that hears is trained on, and nothing else.

    Nothing is left to do when the victim is asked. What is left to write is `fit`.
    """

    def check(self, victim: TrainableVictim) -> None:
        """Refuse a victim that does not hear or cannot be trained.

        Raises:
            UsageError: it is such a one.
        """
        super().check(victim)
        check_trains(self.where, victim)

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Victim:
        """Load the victim as it was trained: this defence leaves nothing else behind."""
        return victim.load(folder, context)


class NoisyCopies(TrainingDefense, ABC):
    """A defence that trains the victim on its training utterances and on noisy copies of them.

    The speakers' statistics come from the clean ones, and the validation part stays clean.
    """

    @abstractmethod
    def noisy_copies(self, train: Sequence[Utterance], context: FitContext) -> list[Utterance]:
        """Make the noisy copies, their `perturbation` set.

        Args:
            train: labelled utterances; only [`as_recorded`][bench.defending.retraining.as_recorded] ones are to be
                copied.
            context: seed, noises, device.
        """

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Victim:
        """Train the victim on clean and noisy utterances.

        Args:
            victim: the recipe.
            train: labelled utterances, which are learnt from too.
            valid: labelled utterances of other speakers, which stay clean.
            context: the task, the seed, the device, the noises.

        Raises:
            UsageError: the victim does not hear or cannot be trained, the noise bank lacks a category, or there are no
                copies: nothing would be defended.
        """
        self.check(victim)
        copies = self.noisy_copies(train, context)
        if not copies:
            found = f"none of the {len(train)} training utterances changed"
            remedy = "raise its share, or give it speech that is not silent"
            raise UsageError(self.where, found, "at least one noisy copy", remedy)
        context.progress.say(f"{self.where}: {len(copies)} noisy copies beside {len(train)} training utterances")
        return victim.fit([*train, *copies], valid, with_clean(context, train))
