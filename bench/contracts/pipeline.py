"""Defences on top of each other, as one: `--defense "rnnoise+noise_augmentation"`.

The first stands nearest to the victim, and each further one defends what those before it have made. So in training the
last has the utterances first: here the augmentation adds its noise, then RNNoise cleans what there is, then the victim
learns. When the victim is asked, the last has the question first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from bench.contracts.composition import composed
from bench.contracts.protocols import Defense, FitContext, TrainableVictim, Victim
from bench.core.errors import UsageError
from bench.core.noises import NoiseSet
from bench.core.types import SIGNAL, Modality, Utterance


@dataclass(frozen=True)
class Defended:
    """A victim's recipe under a defence, as a recipe: what the next defence defends.

    Args:
        victim: the recipe below.
        defense: what defends it.
    """

    victim: TrainableVictim
    defense: Defense
    renews: ClassVar[bool] = False  # the defence between may change what `FitContext.renew` gives

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What it perceives: all that its victim or its defence does."""
        return modalities_of(self.victim, self.defense)

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Victim:
        """Fit the victim under the defence."""
        return self.defense.fit(self.victim, train, valid, context)

    def load(self, folder: Path, context: FitContext) -> Victim:
        """What `fit` gave, from its folder."""
        return self.defense.load(self.victim, folder, context)


@dataclass(frozen=True)
class DefensePipeline:
    """Defences, each around what those before it have made.

    Args:
        parts: the defences, the one nearest to the victim first.
        names: their specs.
    """

    parts: tuple[Any, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        for part, name in zip(self.parts, self.names, strict=True):
            if not isinstance(part, Defense):
                where = f"--defense {composed(self.names)!r}"
                raise UsageError(where, f"{name!r}, without methods fit and load", "a defence", "add them")

    @property
    def randomised(self) -> bool:
        """Whether any of them draws anew for every query."""
        return any(getattr(part, "randomised", False) for part in self.parts)

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What any of them perceives."""
        return tuple(dict.fromkeys(modality for part in self.parts for modality in getattr(part, "modalities", ())))

    def seen(self, noises: NoiseSet) -> frozenset[str]:
        """The noise categories that any of them was trained against."""
        return frozenset(category for part in self.parts for category in seen_by(part, noises))

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
        fitted: Victim = self.parts[-1].fit(self._below(victim), train, valid, context)
        return fitted

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Victim:
        """What `fit` gave, from its folder."""
        loaded: Victim = self.parts[-1].load(self._below(victim), folder, context)
        return loaded

    def _below(self, victim: TrainableVictim) -> TrainableVictim:
        """What the last one defends."""
        for part in self.parts[:-1]:
            victim = Defended(victim, part)
        return victim


def check_defends(defense: Defense, victim: TrainableVictim) -> None:
    """Let a defence refuse a victim that it cannot defend; one that does not say refuses none here.

    Raises:
        UsageError: it refuses this one.
    """
    if check := getattr(defense, "check", None):
        check(victim)


def seen_by(defense: Defense, noises: NoiseSet) -> frozenset[str]:
    """The noise categories that a defence was trained against, and "signal" for manipulations; none where it does not
    say."""
    seen = getattr(defense, "seen", None)
    return frozenset() if seen is None else frozenset(seen(noises))


def drawn_by(attack: Any, noises: NoiseSet) -> tuple[str, ...]:
    """The noise categories that an attack, or a composition's parts, draw from; "signal" for what draws from none."""
    found: list[str] = []
    for part in getattr(attack, "parts", (attack,)):
        if hasattr(part, "categories"):
            found += part.categories
        elif not hasattr(part, "category"):
            found.append(SIGNAL)
        else:
            found += noises.categories if part.category is None else (part.category,)
    return tuple(dict.fromkeys(found))


def modalities_of(victim: TrainableVictim, defense: Defense | None) -> tuple[Modality, ...]:
    """What a victim under a defence perceives: sound, where neither says."""
    own: tuple[Modality, ...] = getattr(victim, "modalities", ("sound",))
    return tuple(dict.fromkeys((*own, *getattr(defense, "modalities", ()))))
