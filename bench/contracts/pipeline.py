"""Defences on top of each other, as one: `--defense "rnnoise+noise_augmentation"`.

The first stands nearest to the victim, and each further one defends what those before it have made. So in training the
last has the utterances first: here the augmentation adds its noise, then RNNoise cleans what there is, then the victim
learns. When the victim is asked, the last has the question first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.contracts.protocols import ChecksVictim, Defense, FitContext, TrainableVictim, Victim
from bench.contracts.traits import Traits, traits_of
from bench.core.types import Modality, Utterance


@dataclass(frozen=True)
class Defended:
    """A victim's recipe under a defence, as a recipe: what the next defence defends.

    Args:
        victim: the recipe below.
        defense: what defends it.
    """

    victim: TrainableVictim
    defense: Defense

    @property
    def traits(self) -> Traits:
        """Declare what the victim does, but for what the defence changes.

        It asks for no other utterances in later epochs: the defence between may change what `FitContext.renew` gives.
        """
        own = traits_of(self.victim)
        return replace(own, modalities=modalities_of(self.victim, self.defense), renews=False)

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Victim:
        """Fit the victim under the defence."""
        return self.defense.fit(self.victim, train, valid, context)

    def load(self, folder: Path, context: FitContext) -> Victim:
        """Load what `fit` gave, from its folder."""
        return self.defense.load(self.victim, folder, context)


@dataclass(frozen=True)
class DefensePipeline:
    """Defences, each around what those before it have made.

    Args:
        parts: the defences, the one nearest to the victim first.
        names: their specs.
    """

    parts: tuple[Defense, ...]
    names: tuple[str, ...]

    @property
    def traits(self) -> Traits:
        """Declare what any of them does; what is proven is proven by the last."""
        own = [traits_of(part) for part in self.parts]
        return Traits(
            modalities=tuple(dict.fromkeys(modality for one in own for modality in one.modalities)),
            randomised=any(one.randomised for one in own),
            sessions=any(one.sessions for one in own),
            certifies=own[-1].certifies,
            dimensional=all(one.dimensional for one in own),
        )

    def check(self, victim: TrainableVictim) -> None:
        """Ask each whether it can defend what lies below it.

        Raises:
            UsageError: one cannot.
        """
        for part in self.parts:
            check_defends(part, victim)
            victim = Defended(victim, part)

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Victim:
        """Fit the victim under all of them."""
        return self.parts[-1].fit(self._below(victim), train, valid, context)

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Victim:
        """Load what `fit` gave, from its folder."""
        return self.parts[-1].load(self._below(victim), folder, context)

    def _below(self, victim: TrainableVictim) -> TrainableVictim:
        """What the last one defends."""
        for part in self.parts[:-1]:
            victim = Defended(victim, part)
        return victim


def check_defends(defense: Defense, victim: TrainableVictim) -> None:
    """Ask a defence whether it can defend a victim; one that does not say refuses none here.

    Args:
        defense: the one that is asked.
        victim: the recipe to be defended.

    Raises:
        UsageError: it refuses this one.
    """
    if isinstance(defense, ChecksVictim):
        defense.check(victim)


def modalities_of(victim: TrainableVictim, defense: Defense | None) -> tuple[Modality, ...]:
    """Tell what a victim under a defence perceives: sound, where the victim does not say.

    Args:
        victim: the recipe.
        defense: what stands around it; None for the bare victim.
    """
    added = traits_of(defense).modalities
    return tuple(dict.fromkeys((*(traits_of(victim).modalities or ("sound",)), *added)))
